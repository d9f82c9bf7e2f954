"""The merchant's lists of shoppers."""

from typing import Any

import pytest

from app.extensions import as_store
from app.lib.errors import UserError
from app.policies.people import list_shoppers, lists_of, put_on_list, take_off_list
from tests.factories import a_store

ADDRESS = {"street_1": "Demo Street 1", "zip": "10115", "country_iso2": "DE"}


@pytest.mark.parametrize(
    ("kind", "entry"),
    [
        ("mail", " Demo@Shop.example "),
        ("mail", "@shop.example"),
        ("phone", "0170 / 123 45 67"),
        ("address", "demo street 1, 10115 de"),
    ],
)
def test_a_shopper_is_found_however_it_was_written(db: Any, store: Any, kind: str, entry: str) -> None:
    put_on_list("block", kind, entry, by="owner")
    put_on_list("block", kind, entry, by="owner")
    assert len(list_shoppers("block")) == 1
    assert lists_of("demo@shop.example", "+49 170 1234567", [ADDRESS, {}]) == {"block"}
    assert lists_of("demo@other.example", "", [{**ADDRESS, "zip": "10999"}]) == frozenset()
    take_off_list(list_shoppers("block")[0].id)
    assert lists_of("demo@shop.example", "+49 170 1234567", [ADDRESS]) == frozenset()


@pytest.mark.parametrize(
    ("list_name", "kind", "entry", "code"),
    [
        ("grey", "mail", "a@shop.example", "unknown_list"),
        ("block", "shoe", "44", "unknown_list"),
        ("block", "mail", "nobody", "unreadable_entry"),
        ("block", "phone", "12", "unreadable_entry"),
        ("block", "address", " ,; ", "unreadable_entry"),
    ],
)
def test_what_cannot_be_compared_is_refused(
    db: Any, store: Any, list_name: str, kind: str, entry: str, code: str
) -> None:
    with pytest.raises(UserError) as refused:
        put_on_list(list_name, kind, entry, by="owner")
    assert refused.value.code == code
    assert list_shoppers("block") == []


def test_another_stores_list_is_not_ours(db: Any, store: Any) -> None:
    put_on_list("block", "mail", "demo@shop.example", by="owner")
    db.session.commit()
    with as_store(a_store(store_hash="xyz").id):
        assert lists_of("demo@shop.example", "", []) == frozenset()


def test_an_order_without_mail_or_phone_is_on_no_list(db: Any, store: Any) -> None:
    put_on_list("block", "mail", "@shop.example", by="owner")
    assert lists_of("", "", []) == frozenset()
