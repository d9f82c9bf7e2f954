"""Four traps of returns systems that are documented elsewhere, and how rules stay clear of them."""

from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

from app.policies.decide import LineDecision, Outcome, decide
from app.policies.document import PolicyDocument, parse_document
from app.policies.facts import LineFacts, OrderFacts

SHIPPED = datetime(2026, 3, 1, 12, tzinfo=UTC)


def a_policy(*rules: dict[str, Any], days: int = 30) -> PolicyDocument:
    return parse_document(
        {
            "name": "Shop", "reasons": [{"code": "damaged", "label": {"en": "Damaged"}}],
            "rules": list(rules), "defaults": {"window": {"days": days}},
        }
    )  # fmt: skip


def in_category(number: int) -> dict[str, Any]:
    return {"test": "in", "fact": "product.category", "values": [number]}


def refused(name: str, when: dict[str, Any]) -> dict[str, Any]:
    return {"name": name, "when": when, "effects": {"outcome": {"decision": "refuse"}}}


def a_line(number: int, *categories: int, **changes: Any) -> LineFacts:
    return LineFacts(number, "physical", frozenset(categories), Decimal("20"), "damaged", SHIPPED, **changes)


def decided(policy: PolicyDocument, *lines: LineFacts, today: date, **order: Any) -> list[LineDecision]:
    facts = OrderFacts("Europe/Berlin", "EUR", SHIPPED, SHIPPED, SHIPPED, True, lines, **order)
    return list(decide(facts, policy, today))


def test_a_categorys_longer_window_is_not_cut_by_the_general_one() -> None:
    longer = {"name": "Beds", "when": in_category(7), "effects": {"window": {"days": 100}}}
    bed, cup = decided(a_policy(longer), a_line(1, 7), a_line(2, 8), today=date(2026, 5, 15))
    assert (bed.outcome, bed.window.last_day) == (Outcome.AUTHORIZE, date(2026, 6, 9))
    assert (cup.outcome, cup.rule, cup.window.last_day) == (Outcome.REFUSE, "outside_window", date(2026, 3, 31))


def test_as_many_rules_refuse_as_there_are_reasons_to() -> None:
    sale = {"test": "compare", "fact": "line.discount_percent", "op": "at_least", "value": 50}
    policy = a_policy(refused("Underwear", in_category(1)), refused("Food", in_category(2)), refused("Sale", sale))
    lines = [a_line(1, 1), a_line(2, 2), a_line(3, 3, discount_percent=Decimal(60)), a_line(4, 3)]
    answers = decided(policy, *lines, today=date(2026, 3, 2))
    assert [(one.outcome, one.rule) for one in answers] == [
        (Outcome.REFUSE, "underwear"), (Outcome.REFUSE, "food"), (Outcome.REFUSE, "sale"),
        (Outcome.REVIEW, "fact_unknown"),
    ]  # fmt: skip


def test_what_was_refused_once_is_returnable_again_as_soon_as_the_rule_is_gone() -> None:
    lines = [a_line(1, 1)]
    (before,) = decided(a_policy(refused("Underwear", in_category(1))), *lines, today=date(2026, 3, 2))
    (after,) = decided(a_policy(), *lines, today=date(2026, 3, 2))
    assert (before.outcome, after.outcome) == (Outcome.REFUSE, Outcome.AUTHORIZE)


def test_one_order_is_decided_line_by_line_not_by_a_mark_on_the_whole_order() -> None:
    answers = decided(a_policy(refused("Food", in_category(2))), a_line(1, 2), a_line(2, 3), today=date(2026, 3, 2))
    assert [one.outcome for one in answers] == [Outcome.REFUSE, Outcome.AUTHORIZE]


def test_a_season_moves_the_last_day_out_and_never_in() -> None:
    policy = parse_document(
        {
            "name": "Shop", "reasons": [{"code": "damaged", "label": {"en": "Damaged"}}],
            "defaults": {"seasons": [
                {"ordered_from": "2026-02-20", "ordered_to": "2026-03-05", "until": "2026-04-30"},
            ]},
        }
    )  # fmt: skip
    (line,) = decided(policy, a_line(1, 3), today=date(2026, 4, 30))
    assert (line.outcome, line.window.last_day, line.window.is_extended) == (
        Outcome.AUTHORIZE, date(2026, 4, 30), True,
    )  # fmt: skip


def test_fees_are_taken_on_what_was_paid_and_waived_for_the_reason_named() -> None:
    fees = {"restocking": {"percent": "15"}, "label": "4.90", "waived_for_reasons": ["damaged"]}
    policy = a_policy({"name": "Lamps", "when": in_category(3), "effects": {"fees": fees}})
    (line,) = decided(policy, a_line(1, 3), today=date(2026, 3, 2))
    assert [(fee.kind, fee.amount, fee.waived) for fee in line.terms.fees] == [
        ("restocking", Decimal("3.00"), True), ("label", Decimal("4.90"), True),
    ]  # fmt: skip
    assert line.terms.fee_total == 0
