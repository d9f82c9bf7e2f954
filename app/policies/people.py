"""The merchant's lists of shoppers: whom to allow more, whom less. Rules name a list, never a person."""

import re
from collections.abc import Iterable, Mapping

from sqlalchemy import delete, select, tuple_
from sqlalchemy.dialects.postgresql import insert

from ..extensions import current_store_id, db
from ..lib import clock
from ..lib.errors import UserError
from .fact_names import LISTS
from .models import ListedShopper

KINDS = ("mail", "phone", "address")
_PHONE_DIGITS = 9
"""The last ones: with and without the country's prefix it is the same phone."""


def normal(kind: str, text: str) -> str:
    """`text` as it is compared; "" where nothing is left to compare.

    mail: "ann@shop.example", or "@shop.example" for everybody there. address: "street, postal code, country".
    """
    if kind == "phone":
        digits = re.sub(r"\D", "", text)
        return digits[-_PHONE_DIGITS:] if len(digits) >= 6 else ""
    if kind == "address":
        return " ".join(re.findall(r"\w+", text.casefold()))
    text = text.strip().casefold()
    return text if "@" in text and "." in text.partition("@")[2] else ""


def address_text(address: Mapping[str, str]) -> str:
    """An order's address as the lists write it."""
    return ", ".join(address.get(part, "") for part in ("street_1", "zip", "country_iso2"))


def put_on_list(list_name: str, kind: str, text: str, *, by: str, note: str = "") -> None:
    """Put a mail, phone or address on a list; twice changes nothing.

    Raises UserError("unknown_list"), or ("unreadable_entry") where `text` is no such thing.
    """
    if list_name not in LISTS or kind not in KINDS:
        raise UserError("unknown_list")
    value = normal(kind, text)[:300]
    if not value:
        raise UserError("unreadable_entry")
    db.session.execute(
        insert(ListedShopper)
        .values(
            store_id=current_store_id(),
            list_name=list_name,
            kind=kind,
            value=value,
            note=note[:200],
            added_at=clock.now(),
            added_by=by,
        )
        .on_conflict_do_nothing()
    )


def take_off_list(listed_id: int) -> None:
    """Nobody there is no harm."""
    db.session.execute(delete(ListedShopper).where(ListedShopper.id == listed_id))


def list_shoppers(list_name: str) -> list[ListedShopper]:
    """Everything on one list, the newest first."""
    query = select(ListedShopper).where(ListedShopper.list_name == list_name).order_by(ListedShopper.id.desc())
    return list(db.session.scalars(query))


def lists_of(mail: str, phone: str, addresses: Iterable[Mapping[str, str]]) -> frozenset[str]:
    """The lists a shopper is on by any of these."""
    marks = marks_of(mail, phone, addresses)
    if not marks:
        return frozenset()
    on = tuple_(ListedShopper.kind, ListedShopper.value).in_(sorted(marks))
    return frozenset(db.session.scalars(select(ListedShopper.list_name).where(on)))


def marks_of(mail: str, phone: str, addresses: Iterable[Mapping[str, str]]) -> set[tuple[str, str]]:
    """Every (kind, value) by which a shopper may be listed."""
    own = normal("mail", mail)
    marks = {("mail", own), ("mail", f"@{own.partition('@')[2]}"), ("phone", normal("phone", phone))}
    marks |= {("address", normal("address", address_text(address))) for address in addresses if address}
    return {(kind, value) for kind, value in marks if value.strip("@")}


def everybody_listed() -> dict[tuple[str, str], frozenset[str]]:
    """The lists by (kind, value) of everything on them: for whoever looks at thousands of shoppers."""
    found: dict[tuple[str, str], frozenset[str]] = {}
    for name, kind, value in db.session.execute(
        select(ListedShopper.list_name, ListedShopper.kind, ListedShopper.value)
    ):
        found[kind, value] = found.get((kind, value), frozenset()) | {name}
    return found
