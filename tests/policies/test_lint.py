"""What is found before a policy is published, and that nothing is claimed that is not so."""

from collections import Counter
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings

from app.policies.conditions import All, AnyOf, Compare, Not
from app.policies.decide import decide
from app.policies.document import PolicyDocument, parse_document
from app.policies.findings import Finding, Shop
from app.policies.lint import blocks, lint
from app.policies.satisfy import Search, Want
from app.policies.wording import Names
from tests.policies.strategies import CONDITIONS, ORDERS, TODAYS, policies


def compare(fact: str, op: str, value: Any, **more: Any) -> dict[str, Any]:
    return {"test": "compare", "fact": fact, "op": op, "value": value, **more}


def within(fact: str, *values: Any) -> dict[str, Any]:
    return {"test": "in", "fact": fact, "values": list(values)}


def both(*conditions: Any) -> dict[str, Any]:
    return {"test": "all", "of": list(conditions)}


def either(*conditions: Any) -> dict[str, Any]:
    return {"test": "any", "of": list(conditions)}


def opposite(condition: Any) -> dict[str, Any]:
    return {"test": "not", "of": condition}


REFUSE = {"outcome": {"decision": "refuse"}}
ALLOW = {"outcome": {"decision": "authorize"}}
SHOES, BOOTS, TOYS = 10, 11, 20
BELOW = {SHOES: frozenset({BOOTS})}
MONEY, CATEGORY = "line.unit_paid", "product.category"


def a_policy(*rules: tuple[str, Any, Any], **more: Any) -> PolicyDocument:
    return parse_document(
        {
            "format": 1,
            "name": "Any",
            "reasons": [
                {"code": "fit", "label": {"en": "Does not fit"}},
                {"code": "broken", "label": {"en": "Broken"}},
            ],
            "rules": [{"name": name, "when": when, "effects": effects} for name, when, effects in rules],
            **more,
        }
    )


def found(document: PolicyDocument, shop: Shop | None = None) -> list[Finding]:
    return list(lint(document, shop or Shop(below=BELOW)))


def codes(document: PolicyDocument, shop: Shop | None = None) -> list[tuple[str, str, str]]:
    return [(one.level, one.code, one.name) for one in found(document, shop)]


UNREACHABLE = [
    ("the same condition", compare(CATEGORY, "has", SHOES), compare(CATEGORY, "has", SHOES)),
    ("a category below it", compare(CATEGORY, "has", SHOES), compare(CATEGORY, "has", BOOTS)),
    ("a wider amount", compare(MONEY, "above", "50"), compare(MONEY, "above", "100")),
    ("a closed edge", compare(MONEY, "at_least", "50"), compare(MONEY, "above", "50")),
    (
        "fewer conditions",
        compare(MONEY, "above", "50"),
        both(compare(MONEY, "above", "50"), compare(CATEGORY, "has", 1)),
    ),
    ("a longer list", within("destination.country", "DE", "FR"), compare("destination.country", "is", "FR")),
    ("the Union", compare("destination.in_eu", "is", True), compare("destination.country", "is", "FR")),
    ("outside the Union", compare("destination.in_eu", "is", False), compare("destination.country", "is", "US")),
    (
        "either of two",
        either(compare(CATEGORY, "has", TOYS), compare(MONEY, "above", "5")),
        compare(CATEGORY, "has", TOYS),
    ),
    (
        "two halves",
        either(compare(MONEY, "below", "5"), compare(MONEY, "at_least", "5")),
        compare(CATEGORY, "has", TOYS),
    ),
    (
        "neighbouring days",
        compare("order.date", "above", "2026-05-01"),
        compare("order.date", "at_least", "2026-05-02"),
    ),
    ("a beginning", compare("product.sku", "starts_with", "SH"), compare("product.sku", "is", "sh-1")),
    ("a part", compare("product.sku", "contains", "h-"), compare("product.sku", "starts_with", "SH-")),
    ("not something else", opposite(compare("line.kind", "is", "digital")), compare("line.kind", "is", "physical")),
    ("always", both(), compare(MONEY, "above", "5")),
]


@pytest.mark.parametrize(("first", "second"), [case[1:] for case in UNREACHABLE], ids=[case[0] for case in UNREACHABLE])
def test_a_rule_that_an_earlier_one_shadows_is_an_error(first: Any, second: Any) -> None:
    document = a_policy(("Wide", first, ALLOW), ("Narrow", second, REFUSE))
    assert codes(document) == [("error", "unreachable", "Narrow")]
    [finding] = found(document)
    assert finding.what == (
        "It never decides: “Wide”, further up, takes everything it could match. Move it up or remove it."
    )
    assert finding.rule == "narrow"
    assert blocks([finding])


REACHABLE = [
    ("the other way round", compare(CATEGORY, "has", BOOTS), compare(CATEGORY, "has", SHOES)),
    ("an open edge", compare(MONEY, "above", "50"), compare(MONEY, "at_least", "50")),
    ("another category beside it", compare(CATEGORY, "has", SHOES), compare(CATEGORY, "has", TOYS)),
    ("an unknown fact counts", compare("shopper.group", "is", 3), compare("shopper.group", "is", 3, unknown="yes")),
    (
        "nobody knows the group",
        either(compare("shopper.group", "is", 3), compare("shopper.group", "is_not", 3)),
        both(),
    ),
    ("another part", compare("product.sku", "contains", "sh-1"), compare("product.sku", "starts_with", "SH-")),
    (
        "another option",
        compare("line.option", "is", "S", field="Size"),
        compare("line.option", "is", "S", field="Width"),
    ),
]


@pytest.mark.parametrize(("first", "second"), [case[1:] for case in REACHABLE], ids=[case[0] for case in REACHABLE])
def test_a_rule_with_something_left_to_decide_is_fine(first: Any, second: Any) -> None:
    assert codes(a_policy(("One", first, ALLOW), ("Other", second, REFUSE))) == []


def test_several_rules_together_shadow_one() -> None:
    document = a_policy(
        ("Cheap", compare(MONEY, "at_most", "20"), ALLOW),
        ("Dear", compare(MONEY, "above", "10"), REFUSE),
        ("Toys", compare(CATEGORY, "has", TOYS), REFUSE),
    )
    [finding] = found(document)
    assert (finding.level, finding.name) == ("error", "Toys")
    assert "“Cheap” and “Dear”, further up, take everything" in finding.what


def test_only_what_is_shadowed_is_said_to_be() -> None:
    document = a_policy(
        ("Toys", compare(CATEGORY, "has", TOYS), {"shipping_paid_by": "merchant"}),
        (
            "Dear toys",
            both(compare(CATEGORY, "has", TOYS), compare(MONEY, "above", "9")),
            {"shipping_paid_by": "shopper", **REFUSE},
        ),
    )
    [finding] = found(document)
    assert (finding.level, finding.code) == ("warning", "partly_unreachable")
    assert finding.what.startswith("What it says about Return shipping never counts: “Toys”")


@pytest.mark.parametrize(
    "when",
    [
        both(compare(MONEY, "above", "9"), compare(MONEY, "below", "9")),
        both(compare("line.kind", "is", "digital"), compare("line.kind", "is", "physical")),
        both(compare(CATEGORY, "has_not", SHOES), compare(CATEGORY, "has", BOOTS)),
        both(compare("destination.in_eu", "is", True), compare("destination.country", "is", "US")),
        both(compare("line.quantity", "above", 1), compare("line.quantity", "below", 2)),
        either(),
    ],
)
def test_conditions_that_contradict_each_other_match_nothing(when: Any) -> None:
    assert codes(a_policy(("Never", when, REFUSE))) == [("error", "never_matches", "Never")]


def test_what_is_too_involved_is_not_guessed() -> None:
    """A pigeonhole puzzle: eleven options, ten values, no two alike."""
    pigeons = [
        compare("line.option", "is", str(hole), field=f"Pigeon {pigeon}") for pigeon in range(11) for hole in range(10)
    ]
    homes = [either(*pigeons[start : start + 10]) for start in range(0, 110, 10)]
    alike = [
        opposite(both(pigeons[one * 10 + hole], pigeons[other * 10 + hole]))
        for hole in range(10) for one in range(11) for other in range(one)
    ]  # fmt: skip
    groups = [both(*alike[start : start + 50]) for start in range(0, len(alike), 50)]
    document = a_policy(("Puzzle", both(*homes, *groups), REFUSE))
    [finding] = found(document)
    assert (finding.level, finding.code) == ("unsure", "too_involved")
    assert "cannot tell" in finding.what
    assert not blocks([finding])


def days(count: int, counted_from: str = "delivery") -> dict[str, Any]:
    return {"window": {"days": count, "counted_from": counted_from}}


def test_windows_at_odds_are_named_and_exceptions_are_not() -> None:
    shoes, sale = compare(CATEGORY, "has", SHOES), compare("line.discount_percent", "above", "50")
    [finding] = found(a_policy(("Sale", sale, days(14)), ("Shoes", shoes, days(60))))
    assert (finding.level, finding.code, finding.name) == ("warning", "overlapping_windows", "Shoes")
    assert finding.what == (
        "An item can match “Sale” too, which comes first: then 14 days from the delivery count, "
        "not 60 days from the delivery."
    )
    assert found(a_policy(("Sale", sale, days(60)), ("Shoes", shoes, days(60)))) == []
    assert found(a_policy(("Sale shoes", both(shoes, sale), days(20)), ("Shoes", shoes, days(60)))) == []
    assert (
        found(
            a_policy(
                ("Toys", within("line.kind", "digital"), days(20)), ("Goods", within("line.kind", "physical"), days(60))
            )
        )
        == []
    )


def test_a_rule_that_refuses_has_no_use_for_a_window() -> None:
    document = a_policy(("Never", compare(CATEGORY, "has", SHOES), {**REFUSE, **days(30)}))
    assert codes(document) == [("error", "contradictory_window", "Never")]


def test_seasons_that_do_nothing_or_share_days_are_shown() -> None:
    seasons = [
        {"ordered_from": "2026-11-01", "ordered_to": "2026-11-20", "until": "2026-11-25"},
        {"ordered_from": "2026-11-15", "ordered_to": "2026-12-25", "until": "2027-01-31"},
    ]
    document = a_policy(defaults={"seasons": seasons})
    assert codes(document) == [("warning", "pointless_season", ""), ("warning", "overlapping_seasons", "")]


@pytest.mark.parametrize(("sells", "level"), [(True, "error"), (False, "warning")])
def test_less_than_fourteen_days_for_a_consumer_in_the_union(sells: bool, level: str) -> None:
    shop = Shop(below=BELOW, sells_to_eu=sells)
    outside = compare("destination.in_eu", "is", False)
    short = a_policy(("Shoes", compare(CATEGORY, "has", SHOES), days(7)), defaults=days(30))
    assert codes(short, shop) == [(level, "shorter_than_law", "Shoes")]
    assert codes(a_policy(defaults=days(13)), shop) == [(level, "shorter_than_law", "")]
    assert codes(a_policy(("World", outside, days(7)), defaults=days(30)), shop) == []
    covered = a_policy(("Union", compare("destination.in_eu", "is", True, unknown="yes"), days(14)), defaults=days(7))
    assert codes(covered, shop) == []
    never = a_policy(
        ("Shoes", compare(CATEGORY, "has", SHOES), REFUSE),
        ("Boots", compare(CATEGORY, "has", BOOTS), days(7)),
        defaults=days(30),
    )
    assert codes(never, shop) == []
    assert codes(a_policy(defaults=days(14, "order")), shop) == [("warning", "shorter_than_law", "")]


def test_guests_are_offered_what_they_can_get() -> None:
    guest = compare("shopper.is_guest", "is", True)
    only = a_policy(("Guests", guest, {"resolutions": ["store_credit", "refund"]}))
    assert codes(only) == [("error", "guests_cannot", "Guests")]
    assert codes(a_policy(defaults={"resolutions": ["store_credit"]})) == [("error", "nothing_for_guests", "")]
    assert codes(a_policy(defaults={"resolutions": ["store_credit", "gift_certificate"]})) == []
    known = a_policy(("Customers", compare("shopper.is_guest", "is", False), {"resolutions": ["store_credit"]}))
    assert codes(known) == []
    apart = a_policy(("Guests", guest, {"resolutions": ["refund"]}), defaults={"resolutions": ["store_credit"]})
    assert codes(apart) == []


def test_a_reason_for_which_nothing_is_offered() -> None:
    broken = a_policy(("Broken", compare("line.reason", "is", "broken"), {"resolutions": []}))
    [finding] = found(broken)
    assert (finding.level, finding.code) == ("error", "reason_without_resolution")
    assert finding.what == "Nothing is offered to the shopper for: Broken. Offer a refund at least."
    refused = a_policy(("Broken", compare("line.reason", "is", "broken"), {"resolutions": [], **REFUSE}))
    assert found(refused) == []


def test_names_of_nothing_are_errors_where_we_know_and_warnings_where_we_do_not() -> None:
    document = a_policy(
        ("Gone", compare(CATEGORY, "has", 99), {"shipping_paid_by": "merchant"}),
        ("Empty", compare(CATEGORY, "has", TOYS), {"refund_at": "inspected"}),
        ("SKU", within("product.sku", "SH-1", "No-1"), {"send_to": "store"}),
        ("Brand", compare("product.brand", "is", "Nobody"), {"returnless_below": "5"}),
        ("Field", compare("product.custom_field", "is", "Silk", field="Stuff"), {"evidence": {"any": 1}}),
    )
    shop = Shop(
        frozenset({SHOES, BOOTS, TOYS}),
        BELOW,
        frozenset({SHOES}),
        frozenset({"sh-1"}),
        frozenset({"acme"}),
        frozenset({"material"}),
    )
    assert codes(document, shop) == [
        ("error", "no_such_category", "Gone"),
        ("warning", "empty_category", "Empty"),
        ("warning", "no_such_sku", "SKU"),
        ("warning", "no_such_brand", "Brand"),
        ("warning", "no_such_custom_field", "Field"),
    ]
    whole = Shop(shop.category_ids, BELOW, shop.used_category_ids, shop.skus, shop.brands, shop.custom_fields, True)
    assert Counter(level for level, _, _ in codes(document, whole)) == {"error": 5}
    names = Names(categories={TOYS: "Toys"})
    assert "No product that we know of is in the category Toys." in [one.what for one in lint(document, shop, names)]
    assert codes(document, Shop()) == []


def test_places_are_there_and_used() -> None:
    places = [{"code": "outlet", "name": {"en": "Outlet"}, "address": "1 Example Street"}]
    assert codes(a_policy(places=places)) == [("warning", "place_unused", "")]
    assert codes(a_policy(places=places, defaults={"send_to": "outlet"})) == []
    assert codes(a_policy(), Shop(has_address=False)) == [("warning", "no_address", "")]


# Sound: whatever the rules are


def test_the_largest_policy_is_checked_in_good_time() -> None:
    rules = [
        (f"Rule {n}", both(compare(CATEGORY, "has", n), compare(MONEY, "above", str(n))), days(15 + n % 3))
        for n in range(1, 61)
    ]
    assert all(one.code == "overlapping_windows" for one in found(a_policy(*rules), Shop()))


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(policies(), ORDERS, TODAYS)
def test_a_rule_said_never_to_decide_never_does(document: PolicyDocument, facts: Any, today: Any) -> None:
    never = {one.rule for one in lint(document, Shop()) if one.code in {"unreachable", "never_matches"}}
    silent = {rule.code for rule in document.rules if not rule.effects.spoken()}
    for decision in decide(facts, document, today):
        deciding = {rule for _, rule in decision.decided_by}
        assert not deciding & (never - silent)


@settings(max_examples=200, deadline=None)
@given(CONDITIONS)
def test_a_condition_and_its_opposite_never_hold_together(condition: Any) -> None:
    search = Search()
    assert not search.is_possible([(condition, Want.TRUE), (condition, Want.NOT_TRUE)])
    assert not search.is_possible([(condition, Want.TRUE), (Not(of=condition), Want.TRUE)])
    assert not search.is_possible([(All(of=(condition,)), Want.TRUE), (AnyOf(of=(condition,)), Want.NOT_TRUE)])


def test_a_fact_that_is_gone_does_not_break_the_check() -> None:
    gone = Compare.model_validate(
        {"test": "compare", "fact": "moon.phase", "op": "is", "value": 1}, context={"stored": True}
    )
    assert not Search().is_possible([(gone, Want.TRUE)])
    assert Search().is_possible([(gone, Want.NOT_TRUE)])
