"""Whatever a return refuses has a sentence that says what to do."""

import ast
from collections.abc import Iterator
from pathlib import Path

import app
from app.lib.errors import UserError
from app.returns.guards import reasons_against
from app.returns.states import Custody, Decision, LineState, MoneyState
from app.web.errors import SENTENCES, sentence

HOUSE = Path(app.__file__).parent
ROOMS = [
    *sorted((HOUSE / "returns").glob("*.py")),
    *sorted((HOUSE / "policies").glob("*.py")),
    *(
        HOUSE / "flows" / f"{name}.py"
        for name in ("request_return", "decide_return", "receive_parcel", "cancel_return", "chosen_lines")
    ),
]


def refusals() -> Iterator[tuple[str, set[str]]]:
    """Every code raised by name, with the facts it carries."""
    for path in ROOMS:
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.Call) and getattr(node.func, "id", "") in {"UserError", "Conflict"}:
                code = node.args[0] if node.args else None
                if isinstance(code, ast.Constant):
                    yield code.value, {keyword.arg or "" for keyword in node.keywords}


def test_every_refusal_has_its_sentence_and_brings_the_facts_it_names() -> None:
    found = list(refusals())
    assert len(found) > 12
    for code, facts in found:
        assert code in SENTENCES, code
        SENTENCES[code].format_map(dict.fromkeys(facts, "x"))


def test_every_guards_reason_has_its_sentence() -> None:
    states = [LineState(d, c, m, 1) for d in Decision for c in Custody for m in MoneyState]
    reasons = {reason for state in states for event in ("cancel", "promise", "receive", "give_up")
               for reason in reasons_against(event, state)}  # fmt: skip
    assert reasons == {"handed_over", "money_promised", "not_authorized", "not_returned"}
    assert reasons <= SENTENCES.keys()


def test_the_sentence_shows_what_is_left() -> None:
    error = UserError("over_returnable", name="Cup", left=2)
    assert sentence(error) == "Of Cup, 2 can still be returned. Choose no more than that."
