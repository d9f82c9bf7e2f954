"""From draft to in force: checked, published, rolled back."""

from typing import Any

import pytest
from sqlalchemy import func, select

from app.catalog.models import Category
from app.extensions import as_store
from app.flows import publish_policy
from app.lib import clock
from app.lib.errors import Conflict, NotFound, UserError
from app.policies import drafts, versions
from app.policies.document import PolicyDocument
from app.policies.golden import parse_cases
from app.policies.models import PolicyVersion
from app.returns.actor import Actor
from app.stores.models import Store
from tests.factories import a_line, a_store, an_order
from tests.policies.test_golden import CASE
from tests.policies.test_lint import REFUSE, SHOES, TOYS, a_policy, compare, days

CLERK = Actor("staff", 1, "clerk@shop.example")
SHOE_RULE = ("Shoes", compare("product.category", "has", SHOES), days(60))


@pytest.fixture(autouse=True)
def _offline(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(publish_policy, "learn_names", lambda store: None)


def a_draft(document: PolicyDocument, cases: Any = (), channel_id: int | None = None) -> drafts.Draft:
    draft_id = drafts.open_draft(channel_id, document, parse_cases(list(cases)), based_on=None, by="x", replace=True)
    return drafts.get_draft(draft_id)


def count(db: Any) -> int:
    return int(db.session.scalar(select(func.count()).select_from(PolicyVersion)))


def test_a_draft_goes_in_force_with_its_cases_and_is_gone(store: Store, db: Any) -> None:
    document = a_policy(("Downloads", compare("line.kind", "is", "digital"), days(60)))
    draft = a_draft(document, [CASE])
    version = publish_policy.publish_draft(store, draft.id, seen=draft.version, actor=CLERK)
    assert versions.current_policy(store) == (version, document)
    assert drafts.cases_of(version) == draft.cases
    assert drafts.find_draft(None) is None
    row = versions.get_version(version)
    assert (row.published_by, row.source) == (CLERK.name, "merchant")


def test_an_error_keeps_it_from_going_in_force(store: Store, db: Any) -> None:
    document = a_policy(("All", {"test": "all", "of": []}, REFUSE), ("Shoes", SHOE_RULE[1], REFUSE))
    draft = a_draft(document)
    with pytest.raises(UserError) as refused:
        publish_policy.publish_draft(store, draft.id, seen=draft.version, actor=CLERK)
    assert refused.value.code == "policy_not_ready"
    assert count(db) == 0
    assert not publish_policy.check(store, document, ()).is_ready


def test_a_warning_does_not(store: Store, db: Any) -> None:
    draft = a_draft(a_policy(defaults=days(7)))
    assert [one.level for one in publish_policy.check(store, draft.document, ()).findings] == ["warning", "warning"]
    publish_policy.publish_draft(store, draft.id, seen=draft.version, actor=CLERK)
    assert count(db) == 1


def test_a_red_golden_case_keeps_it_from_going_in_force(store: Store, db: Any) -> None:
    draft = a_draft(a_policy(("Broken", compare("line.reason", "is", "broken"), REFUSE)), [CASE])
    checked = publish_policy.check(store, draft.document, draft.cases)
    assert [one.case.name for one in checked.red] == [CASE["name"]]
    with pytest.raises(UserError):
        publish_policy.publish_draft(store, draft.id, seen=draft.version, actor=CLERK)
    assert count(db) == 0
    assert drafts.get_draft(draft.id).version == draft.version


def test_what_was_changed_since_it_was_looked_at_is_not_published(store: Store, db: Any) -> None:
    draft = a_draft(a_policy())
    publish_policy.change(draft.id, lambda now: (a_policy(SHOE_RULE), now.cases), CLERK)
    with pytest.raises(Conflict):
        publish_policy.publish_draft(store, draft.id, seen=draft.version, actor=CLERK)
    assert count(db) == 0


def test_rolling_back_is_a_new_version_with_the_old_cases(store: Store, db: Any) -> None:
    first = a_draft(a_policy(), [CASE])
    one = publish_policy.publish_draft(store, first.id, seen=first.version, actor=CLERK)
    second = a_draft(a_policy(SHOE_RULE))
    two = publish_policy.publish_draft(store, second.id, seen=second.version, actor=CLERK)
    three = publish_policy.roll_back(one, Actor("staff", 2, "other@shop.example"))
    assert (one, two, three) == (1, 2, 3)
    assert versions.current_policy(store) == (3, a_policy())
    assert drafts.cases_of(3) == first.cases
    assert [(row.version, row.published_by) for row in versions.list_versions()] == [
        (3, "other@shop.example"),
        (2, CLERK.name),
        (1, CLERK.name),
    ]
    assert publish_policy.roll_back(3, CLERK) == 3, "what is in force already gets no new version"


def test_a_channel_has_a_policy_of_its_own(store: Store, db: Any) -> None:
    draft = a_draft(a_policy(SHOE_RULE), channel_id=2)
    publish_policy.publish_draft(store, draft.id, seen=draft.version, actor=CLERK)
    assert versions.current_policy(store, 2)[1] == a_policy(SHOE_RULE)
    assert versions.current_policy(store)[1] != a_policy(SHOE_RULE)


def test_a_draft_begins_with_what_is_in_force_or_what_was_chosen(store: Store, db: Any) -> None:
    begun = drafts.get_draft(publish_policy.begin(store, None, CLERK))
    assert begun.document == versions.current_policy(store)[1]
    assert begun.based_on == 1
    publish_policy.begin(store, None, CLERK, starter="fashion")
    fashion = drafts.get_draft(begun.id)
    assert (fashion.document.name, len(fashion.cases), fashion.based_on) == ("Fashion", 3, None)
    assert publish_policy.begin(store, None, CLERK) == begun.id
    assert drafts.get_draft(begun.id).document.name == "Fashion", "a draft that is there is not overwritten"
    with pytest.raises(NotFound):
        publish_policy.begin(store, None, CLERK, starter="nothing")
    with pytest.raises(NotFound):
        publish_policy.begin(store, None, CLERK, version=99)


def test_what_the_store_has_is_read_from_its_copy(store: Store, db: Any) -> None:
    tree = [(0, 0, ""), (SHOES, 0, "Shoes"), (11, SHOES, "Boots"), (TOYS, 0, "Toys")]
    db.session.add_all(
        Category(store_id=store.id, bc_category_id=one, bc_parent_id=parent, name=name, fetched_at=clock.now())
        for one, parent, name in tree
    )
    an_order([a_line(sku="SH-1", brand="Acme")], shipping_address={"country_iso2": "FR"})
    document = a_policy(
        ("Shoes", SHOE_RULE[1], {"shipping_paid_by": "merchant"}),
        ("Boots", compare("product.category", "has", 11), {"refund_at": "inspected", **days(7)}),
        ("Gone", compare("product.category", "has", 99), {"send_to": "store"}),
        ("Brand", compare("product.brand", "is", "ACME"), {"evidence": {"any": 1}}),
        ("SKU", compare("product.sku", "is", "No-1"), {"returnless_below": "4"}),
    )
    found = publish_policy.check(store, document, ()).findings
    assert [(one.level, one.code, one.name) for one in found] == [
        ("error", "shorter_than_law", "Boots"),
        ("error", "no_such_category", "Gone"),
        ("warning", "empty_category", "Shoes"),
        ("warning", "empty_category", "Boots"),
        ("warning", "no_such_sku", "SKU"),
        ("warning", "no_address", ""),
    ]
    assert "Shoes" in found[2].what


def test_a_stranger_publishes_and_rolls_back_nothing(store: Store, db: Any) -> None:
    draft = a_draft(a_policy())
    version = publish_policy.publish_draft(store, draft.id, seen=draft.version, actor=CLERK)
    again = a_draft(replace_name(a_policy(), "Again"))
    db.session.commit()
    stranger = a_store(store_hash="xyz")
    with as_store(stranger.id):
        for deed in (
            lambda: publish_policy.publish_draft(stranger, again.id, seen=again.version, actor=CLERK),
            lambda: publish_policy.roll_back(version, CLERK),
            lambda: publish_policy.discard(again.id),
        ):
            with pytest.raises(NotFound):
                deed()
    assert count(db) == 1


def replace_name(document: PolicyDocument, name: str) -> PolicyDocument:
    return document.model_copy(update={"name": name})
