"""The policy's answers, as tables and as properties."""

import json
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

import pytest

from app.policies.decide import LineDecision, Outcome, decide
from app.policies.document import PolicyDocument
from app.policies.facts import LineFacts, OrderFacts
from app.policies.from_settings import document_of
from app.policies.window import Basis
from app.stores.settings import StoreSettings

SETTINGS = StoreSettings(window_days=30, grace_days=3, non_returnable_categories=(66,), review_above=Decimal("100.00"))
POLICY = document_of(SETTINGS)
NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)


def a_line(**changes: object) -> LineFacts:
    base = LineFacts(1, "physical", frozenset({5}), Decimal("20.00"), "damaged", NOON)
    return replace(base, **changes)  # type: ignore[arg-type]


def an_order(*lines: LineFacts, **changes: object) -> OrderFacts:
    base = OrderFacts(
        timezone="Europe/Warsaw",
        currency="EUR",
        ordered_at=NOON - timedelta(days=10),
        shipped_at=None,
        delivered_at=None,
        shipments_known=True,
        lines=lines or (a_line(),),
    )
    return replace(base, **changes)  # type: ignore[arg-type]


def one(order: OrderFacts, policy: PolicyDocument = POLICY, today: date = date(2026, 3, 2)) -> LineDecision:
    (decision,) = decide(order, policy, today)
    return decision


@pytest.mark.parametrize(
    ("_case", "line", "order", "policy", "outcome", "rule"),
    [
        ("nothing speaks against it", {}, {}, {}, Outcome.AUTHORIZE, "otherwise"),
        ("a gift certificate", {"kind": "giftcertificate"}, {}, {}, Outcome.REFUSE, "gift_certificate"),
        ("a download", {"kind": "digital"}, {}, {}, Outcome.REFUSE, "digital_goods"),
        ("a download where they may", {"kind": "digital"}, {}, {"digital_returnable": True},
         Outcome.AUTHORIZE, "otherwise"),
        ("a category that never comes back", {"bc_category_ids": frozenset({5, 66})}, {}, {},
         Outcome.REFUSE, "excluded_category"),
        ("categories unknown", {"bc_category_ids": None}, {}, {}, Outcome.REVIEW, "fact_unknown"),
        ("categories unknown, none excluded", {"bc_category_ids": None}, {}, {"non_returnable_categories": ()},
         Outcome.AUTHORIZE, "otherwise"),
        ("too late", {"last_shipped_at": NOON - timedelta(days=40)}, {}, {}, Outcome.REFUSE, "outside_window"),
        ("too late only as far as we know", {"last_shipped_at": None},
         {"shipments_known": False, "ordered_at": NOON - timedelta(days=40)}, {}, Outcome.REVIEW, "window_unsure"),
        ("in time even from the order, parcels unknown", {"last_shipped_at": None}, {"shipments_known": False}, {},
         Outcome.AUTHORIZE, "otherwise"),
        ("a reason nobody listed", {"reason": "made_up"}, {}, {}, Outcome.REVIEW, "reason_not_listed"),
        ("no reason asked yet", {"reason": None}, {}, {}, Outcome.AUTHORIZE, "otherwise"),
        ("exactly the amount", {"value": Decimal("100.00")}, {}, {}, Outcome.AUTHORIZE, "otherwise"),
        ("a cent above the amount", {"value": Decimal("100.01")}, {}, {}, Outcome.REVIEW, "above_amount"),
        ("any amount where there is no limit", {"value": Decimal("9999")}, {}, {"review_above": None},
         Outcome.AUTHORIZE, "otherwise"),
        ("refused before it is looked at", {"kind": "digital", "value": Decimal(999)}, {}, {},
         Outcome.REFUSE, "digital_goods"),
    ],
)  # fmt: skip
def test_a_line_is_decided_by_the_first_rule_that_matches(
    _case: str, line: dict, order: dict, policy: dict, outcome: Outcome, rule: str
) -> None:
    decision = one(an_order(a_line(**line), **order), document_of(SETTINGS.model_copy(update=policy)))
    assert (decision.outcome, decision.rule) == (outcome, rule)


@pytest.mark.parametrize(
    ("_case", "order", "shipment", "basis", "last_day", "fallbacks"),
    [
        ("delivered", {"delivered_at": NOON, "shipped_at": NOON - timedelta(days=3)}, None,
         Basis.DELIVERED, date(2026, 3, 31), ()),
        ("the last parcel", {"shipped_at": NOON - timedelta(days=3)}, NOON,
         Basis.LAST_SHIPMENT, date(2026, 4, 3), ("no_delivery_date",)),
        ("shipped, no parcel of this line", {"shipped_at": NOON}, None,
         Basis.SHIPPED, date(2026, 4, 3), ("no_delivery_date", "no_shipment")),
        ("shipped, the store silent about parcels", {"shipped_at": NOON, "shipments_known": False}, None,
         Basis.SHIPPED, date(2026, 4, 3), ("no_delivery_date", "shipments_unavailable")),
        ("the order only", {"ordered_at": NOON}, None,
         Basis.ORDERED, date(2026, 4, 3), ("no_delivery_date", "no_shipment", "not_all_shipped")),
        ("a time zone nobody knows", {"delivered_at": NOON, "timezone": "Mars/Olympus"}, None,
         Basis.DELIVERED, date(2026, 3, 31), ("unknown_timezone",)),
    ],
)  # fmt: skip
def test_the_window_starts_from_the_best_known_date_and_names_what_was_missing(
    _case: str, order: dict, shipment: datetime | None, basis: Basis, last_day: date, fallbacks: tuple[str, ...]
) -> None:
    window = one(an_order(a_line(last_shipped_at=shipment), **order)).window
    assert (window.basis, window.last_day, window.fallbacks) == (basis, last_day, fallbacks)


@pytest.mark.parametrize(
    ("_case", "moment", "zone", "first_day"),
    [
        # Warsaw: summer time begins 2026-03-29 02:00 (UTC+1 -> UTC+2) and ends 2026-10-25 03:00.
        ("the last minute before midnight, winter", datetime(2026, 3, 28, 22, 59, tzinfo=UTC), "Europe/Warsaw",
         date(2026, 3, 28)),
        ("midnight of the night clocks go forward", datetime(2026, 3, 28, 23, 0, tzinfo=UTC), "Europe/Warsaw",
         date(2026, 3, 29)),
        ("the day of 23 hours ends an hour earlier", datetime(2026, 3, 29, 22, 0, tzinfo=UTC), "Europe/Warsaw",
         date(2026, 3, 30)),
        ("the day of 25 hours is still on", datetime(2026, 10, 25, 22, 59, tzinfo=UTC), "Europe/Warsaw",
         date(2026, 10, 25)),
        ("and over", datetime(2026, 10, 25, 23, 0, tzinfo=UTC), "Europe/Warsaw", date(2026, 10, 26)),
        ("still yesterday in New York", datetime(2026, 3, 1, 4, 59, tzinfo=UTC), "America/New_York",
         date(2026, 2, 28)),
    ],
)  # fmt: skip
def test_days_begin_and_end_in_the_stores_time_zone(_case: str, moment: datetime, zone: str, first_day: date) -> None:
    window = one(an_order(delivered_at=moment, timezone=zone)).window
    assert (window.first_day, window.last_day) == (first_day, first_day + timedelta(days=30))


def test_the_last_day_still_counts_and_the_next_does_not() -> None:
    order = an_order(delivered_at=NOON)
    assert one(order, today=date(2026, 3, 31)).outcome == Outcome.AUTHORIZE
    late = one(order, today=date(2026, 4, 1))
    assert (late.outcome, late.sentence) == (Outcome.REFUSE, "This item could be returned until 31 March 2026.")


def test_the_amount_counts_the_whole_request_so_that_asking_apart_does_not_slip_below() -> None:
    halves = an_order(a_line(order_line_id=1, value=Decimal("60")), a_line(order_line_id=2, value=Decimal("60")))
    assert [decision.rule for decision in decide(halves, POLICY, NOON.date())] == ["above_amount"] * 2


def test_what_is_refused_does_not_count_towards_the_amount() -> None:
    order = an_order(a_line(value=Decimal("60")), a_line(order_line_id=2, value=Decimal("60"), kind="digital"))
    assert [decision.rule for decision in decide(order, POLICY, NOON.date())] == ["otherwise", "digital_goods"]


def test_the_explanation_shows_every_rule_with_the_values_that_were_compared() -> None:
    document = one(an_order(a_line(value=Decimal("150.00")))).to_json()
    assert document == json.loads(json.dumps(document))
    assert [(one["rule"], one["matched"]) for one in document["considered"]] == [
        ("gift_certificate", False), ("digital_goods", False), ("excluded_category", False), ("above_amount", True),
        ("outside_window", False),
    ]  # fmt: skip
    assert document["considered"][2:4] == [
        {
            "rule": "excluded_category", "name": "Excluded categories", "matched": False, "compared": {},
            "tests": [
                {"fact": "product.category", "test": "in", "wanted": "66", "actual": "5", "held": False},
            ],
        },
        {
            "rule": "above_amount", "name": "Above the amount you look at", "matched": True, "compared": {},
            "tests": [
                {"fact": "request.paid", "test": "above", "wanted": "100.00 EUR", "actual": "150.00 EUR", "held": True},
            ],
            "gives": ["outcome"],
        },
    ]  # fmt: skip
    assert document["window"] == {
        "first_day": "2026-03-01", "last_day": "2026-04-03", "basis": "last_shipment", "days": 30, "grace_days": 3,
        "is_extended": False, "fallbacks": ["no_delivery_date"],
    }  # fmt: skip
    assert (document["rule"], document["name"]) == ("above_amount", "Above the amount you look at")
    assert document["decided_by"]["window"] == "otherwise"
    assert document["fallbacks"] == ["no_delivery_date"]
    assert document["sentence"] == "We look at this request ourselves and answer by mail."
