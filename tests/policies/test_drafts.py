"""Drafts: begun once, changed by one person at a time, never left unreadable."""

from dataclasses import replace
from typing import Any

import pytest
from sqlalchemy import select

from app.extensions import as_store
from app.lib.errors import Conflict, NotFound
from app.policies import drafts
from app.policies.document import PolicyInvalid, dump_document, parse_document
from app.policies.drafts import Draft
from app.policies.golden import parse_cases
from app.policies.models import PolicyDraft
from app.stores.models import Store
from tests.factories import a_store
from tests.policies.test_golden import CASE
from tests.policies.test_lint import REFUSE, SHOES, a_policy, compare

SHOE_RULE = ("Shoes", compare("product.category", "has", SHOES), REFUSE)


def a_draft(**more: Any) -> int:
    return drafts.open_draft(None, a_policy(), parse_cases([CASE]), based_on=None, by="clerk@shop.example", **more)


def test_a_draft_is_read_as_it_was_written(store: Store) -> None:
    draft = drafts.get_draft(a_draft())
    assert (draft.document, draft.cases, draft.version) == (a_policy(), parse_cases([CASE]), 1)
    assert drafts.find_draft(None) == draft
    assert drafts.find_draft(7) is None


def test_beginning_again_keeps_what_is_there_unless_told_otherwise(store: Store) -> None:
    draft_id = a_draft()
    assert drafts.open_draft(None, a_policy(SHOE_RULE), (), based_on=3, by="x") == draft_id
    assert drafts.get_draft(draft_id).document == a_policy()
    assert drafts.open_draft(None, a_policy(SHOE_RULE), (), based_on=3, by="x", replace=True) == draft_id
    now = drafts.get_draft(draft_id)
    assert (now.document, now.cases, now.version, now.based_on) == (a_policy(SHOE_RULE), (), 2, 3)


def test_a_channel_has_a_draft_of_its_own(store: Store) -> None:
    assert drafts.open_draft(2, a_policy(), (), based_on=None, by="x") != a_draft()
    assert [row.channel_id for row in drafts.list_drafts()] == [None, 2]


def add_shoes(draft: Draft) -> tuple[Any, Any]:
    return a_policy(SHOE_RULE), draft.cases


def test_a_change_counts_and_nothing_changed_does_not(store: Store, db: Any) -> None:
    draft_id = a_draft()
    changed = drafts.change_draft(draft_id, add_shoes, by="other@shop.example")
    assert (changed.version, changed.document) == (2, a_policy(SHOE_RULE))
    assert drafts.change_draft(draft_id, add_shoes, by="third@shop.example").version == 2
    assert db.session.scalar(select(PolicyDraft.updated_by)) == "other@shop.example"


def test_what_does_not_parse_replaces_nothing(store: Store) -> None:
    draft_id = a_draft()

    def broken(draft: Draft) -> Any:
        return parse_document({**dump_document(draft.document), "rules": [{"name": "", "effects": {}}]}), ()

    with pytest.raises(PolicyInvalid) as invalid:
        drafts.change_draft(draft_id, broken, by="x")
    assert "rules[0].name" in str(invalid.value)
    assert drafts.get_draft(draft_id).version == 1


def test_a_part_that_looks_different_by_now_is_not_overwritten(store: Store) -> None:
    seen = drafts.fingerprint({"name": "Shoes"})
    drafts.still({"name": "Shoes"}, seen)
    with pytest.raises(Conflict) as refused:
        drafts.still({"name": "Boots"}, seen)
    assert refused.value.code == "draft_changed"


def test_a_stranger_finds_no_draft(store: Store) -> None:
    draft_id = a_draft()
    with as_store(a_store(store_hash="xyz").id):
        for deed in (drafts.get_draft, drafts.discard_draft, drafts.lock_draft):
            with pytest.raises(NotFound):
                deed(draft_id)
    assert drafts.get_draft(draft_id).version == 1


def test_golden_cases_stay_with_their_version(store: Store) -> None:
    [case] = parse_cases([CASE])
    drafts.keep_cases(4, [case])
    drafts.keep_cases(4, [replace(case, name="Another")])
    assert [one.name for one in drafts.cases_of(4)] == ["Another"]
    assert drafts.cases_of(5) == ()


@pytest.mark.parametrize("draft_id", [0, -1, 2**70])
def test_a_number_that_is_nobodys_is_not_found(store: Store, draft_id: int) -> None:
    with pytest.raises(NotFound):
        drafts.get_draft(draft_id)
