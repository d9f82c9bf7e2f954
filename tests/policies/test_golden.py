"""Golden cases: written down, read back, tried."""

from dataclasses import replace
from datetime import date
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings

from app.policies.decide import decide
from app.policies.document import PolicyDocument, PolicyInvalid
from app.policies.golden import case_of, dump_cases, parse_cases, try_cases
from tests.policies.strategies import ORDERS, TODAYS, policies
from tests.policies.test_lint import a_policy, compare

CASE = {
    "name": "A lamp after three weeks",
    "on": "2026-03-26",
    "order": {
        "timezone": "Europe/Warsaw",
        "currency": "EUR",
        "ordered_at": "2026-03-01T10:00:00Z",
        "delivered_at": "2026-03-05T10:00:00+01:00",
    },
    "lines": [
        {
            "kind": "physical",
            "value": "59.00",
            "reason": "broken",
            "expect": {"outcome": "authorize", "last_day": "2026-04-04"},
        }
    ],
}


def changed(**more: Any) -> dict[str, Any]:
    return {**CASE, **more}


def test_a_case_that_is_met_and_one_that_is_not() -> None:
    [lamp] = parse_cases([CASE])
    [met] = try_cases(a_policy(), [lamp])
    assert met.is_met
    [red] = try_cases(
        a_policy(("Broken", compare("line.reason", "is", "broken"), {"outcome": {"decision": "review"}})), [lamp]
    )
    assert not red.is_met
    [(line, expect, decision)] = red.lines
    assert (str(line.value), expect.outcome, decision.outcome, decision.rule) == (
        "59.00",
        "authorize",
        "review",
        "broken",
    )
    assert [one.rule for one in decision.considered] == ["broken", "outside_window"]


@pytest.mark.parametrize(
    ("expect", "is_met"),
    [
        ({"outcome": "authorize"}, True),
        ({"outcome": "authorize", "rule": "otherwise"}, True),
        ({"outcome": "authorize", "rule": "another"}, False),
        ({"outcome": "authorize", "last_day": "2026-04-05"}, False),
        ({"outcome": "refuse"}, False),
    ],
)
def test_what_is_left_open_does_not_matter(expect: dict[str, str], is_met: bool) -> None:
    [case] = parse_cases([changed(lines=[{**CASE["lines"][0], "expect": expect}])])  # type: ignore[index, dict-item]
    assert try_cases(a_policy(), [case])[0].is_met is is_met


WRONG = [
    ({}, "cases", "a list of at most 200 cases is needed"),
    ([{"name": "x"}], "cases[0].on", "is missing"),
    ([changed(on="tomorrow")], "cases[0].on", "Input should be a valid date"),
    ([changed(lines=[])], "cases[0].lines", "at least 1 item"),
    ([changed(extra=1)], "cases[0].extra", "there is no such field"),
    ([changed(order={})], "cases[0].order.ordered_at", "is missing"),
    ([changed(order={"ordered_at": "2026-03-01T10:00:00"})], "cases[0].order.ordered_at", "needs its time zone"),
    ([changed(order={"ordered_at": "2026-03-01T10:00:00Z", "moon": 1})], "cases[0].order.moon", "allowed: channel_id"),
    ([changed(lines=[{"value": "1"}])], "cases[0].lines[0].expect", "valid dictionary"),
    ([changed(lines=[{"value": "a lot", "expect": {"outcome": "refuse"}}])], "cases[0].lines[0].value", "decimal"),
    (
        [changed(lines=[{"value": "1", "expect": {"outcome": "maybe"}}])],
        "cases[0].lines[0].expect.outcome",
        "cannot be 'maybe'; allowed: 'authorize', 'review' or 'refuse'",
    ),
    (
        [changed(lines=[{"value": "1", "quantity": 0, "expect": {"outcome": "refuse"}}])],
        "cases[0].lines[0].quantity",
        "is at least 1",
    ),
    ([CASE, CASE], "cases", "two cases are called “A lamp after three weeks”"),
]


@pytest.mark.parametrize(("data", "path", "what"), WRONG, ids=[case[1] + case[2][:12] for case in WRONG])
def test_what_is_wrong_with_a_case_is_said_with_its_place(data: Any, path: str, what: str) -> None:
    with pytest.raises(PolicyInvalid) as invalid:
        parse_cases(data)
    assert path in [problem.path for problem in invalid.value.problems]
    assert what in str(invalid.value)


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large])
@given(policies(), ORDERS, TODAYS)
def test_a_case_made_from_any_request_is_met_and_survives_being_written_down(
    policy: PolicyDocument, facts: Any, today: date
) -> None:
    lines = tuple(
        replace(line, quantity=max(line.quantity, 1), order_line_id=index + 1) for index, line in enumerate(facts.lines)
    )
    facts = replace(facts, lines=lines)
    if not lines:
        return
    case = case_of("Any", today, facts, decide(facts, policy, today))
    assert try_cases(policy, [case])[0].is_met
    assert parse_cases(dump_cases([case])) == (case,)
