"""The four starting policies: valid, clean, and their golden cases come out."""

import json
from decimal import Decimal

import pytest

from app.lib.errors import NotFound
from app.policies.document import dump_document, parse_document
from app.policies.findings import Shop
from app.policies.golden import try_cases
from app.policies.lint import lint
from app.policies.sentences import LOCALES
from app.policies.starters import FOLDER, STARTERS, get_starter


@pytest.mark.parametrize("code", STARTERS)
def test_a_starting_policy_is_clean_and_does_what_its_cases_say(code: str) -> None:
    starter = get_starter(code)
    assert starter.document.name == STARTERS[code][0]
    for shop in (Shop(), Shop(sells_to_eu=True)):
        assert lint(starter.document, shop) == ()
    assert len(starter.cases) >= 3
    assert [tried.case.name for tried in try_cases(starter.document, starter.cases) if not tried.is_met] == []


@pytest.mark.parametrize("code", STARTERS)
def test_a_starting_policy_speaks_every_language(code: str) -> None:
    document = get_starter(code).document
    texts = [reason.label for reason in document.reasons] + [document.page.condition]
    texts += [
        rule.effects.outcome.sentence
        for rule in document.rules
        if rule.effects.outcome is not None and rule.effects.outcome.sentence
    ]
    for text in texts:
        assert set(text) == set(LOCALES)


@pytest.mark.parametrize("code", STARTERS)
def test_a_starting_policy_survives_export_and_import(code: str) -> None:
    document = get_starter(code).document
    text = json.dumps(dump_document(document))
    assert parse_document(json.loads(text, parse_float=Decimal)) == document


def test_there_are_no_others() -> None:
    assert {path.stem for path in FOLDER.glob("*.json")} == set(STARTERS)
    with pytest.raises(NotFound):
        get_starter("../versions")
