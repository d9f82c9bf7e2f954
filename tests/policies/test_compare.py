"""Two policies side by side, in words."""

from typing import Any

from hypothesis import HealthCheck, given, settings

from app.policies.compare import compare
from app.policies.document import PolicyDocument
from app.policies.starters import STARTERS, get_starter
from app.policies.wording import Names
from tests.policies import test_lint as rules
from tests.policies.strategies import policies
from tests.policies.test_lint import ALLOW, REFUSE, SHOES, TOYS, a_policy, days

SHOE = rules.compare("product.category", "has", SHOES)
TOY = rules.compare("product.category", "has", TOYS)
NAMES = Names(categories={SHOES: "Shoes", TOYS: "Toys"})


def told(before: PolicyDocument, after: PolicyDocument) -> list[tuple[str, str, str, str, str]]:
    return [(one.kind, one.where, one.what, one.before, one.after) for one in compare(before, after, NAMES)]


def test_equal_policies_have_no_difference() -> None:
    assert told(a_policy(("Shoes", SHOE, days(60))), a_policy(("Shoes", SHOE, days(60)))) == []


def test_a_changed_rule_says_what_it_said_before() -> None:
    before = a_policy(("Shoes", SHOE, days(30)))
    after = a_policy(
        (
            "Shoes",
            rules.both(SHOE, rules.compare("line.unit_paid", "above", "100")),
            {**days(60), "returnless_below": "5"},
        )
    )
    assert told(before, after) == [
        (
            "changed",
            "Shoes",
            "When",
            "the category is Shoes",
            "the category is Shoes and what was paid for one unit is above 100",
        ),
        ("changed", "Shoes", "Days to return", "30 days from the delivery", "60 days from the delivery"),
        ("added", "Shoes", "Keep instead of sending back", "", "the shopper keeps what was paid with less than 5"),
    ]


def test_rules_come_go_and_move() -> None:
    a, b, c = ("A", SHOE, ALLOW), ("B", TOY, REFUSE), ("C", rules.both(), ALLOW)
    assert told(a_policy(a, b, c), a_policy(c, a, b)) == [("moved", "C", "Place among the rules that stay", "3", "1")]
    assert told(a_policy(a), a_policy(b)) == [
        ("added", "B", "New rule", "", "If the category is Toys: refuse."),
        ("removed", "A", "Rule removed", "If the category is Shoes: allow the return.", ""),
    ]


def test_defaults_reasons_places_and_texts_are_compared() -> None:
    reasons = [{"code": "fit", "label": {"en": "Wrong size"}}, {"code": "late", "label": {"en": "Came late"}}]
    place = {"code": "outlet", "name": {"en": "Outlet"}, "address": "1 Example Street"}
    after = a_policy(reasons=reasons, places=[place], page={"intro": {"en": "Hello."}}, defaults=days(14), name="New")
    assert told(a_policy(), after) == [
        ("changed", "The policy", "Name", "Any", "New"),
        (
            "changed",
            "Where no rule says otherwise",
            "Days to return",
            "30 days from the delivery",
            "14 days from the delivery",
        ),
        ("changed", "Reasons", "Wrong size", "Does not fit", "Wrong size"),
        ("added", "Reasons", "New reason", "", "Came late"),
        ("removed", "Reasons", "Reason removed", "Broken", ""),
        ("added", "Places", "Where to send", "", "Outlet, 1 Example Street"),
        ("changed", "Policy page", "Opening words", "", "Hello."),
    ]


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large])
@given(policies(), policies())
def test_different_policies_have_a_difference_and_equal_ones_none(one: PolicyDocument, other: PolicyDocument) -> None:
    assert compare(one, one) == ()
    changes: Any = compare(one, other)
    assert bool(changes) == (one != other)


def test_the_starting_policies_can_be_told_apart_in_words() -> None:
    general, fashion = get_starter("general").document, get_starter("fashion").document
    sentences = [" ".join((one.where, one.what, one.before, one.after)) for one in compare(general, fashion)]
    assert any("60 days from the delivery" in sentence for sentence in sentences)
    assert len(STARTERS) == 4
