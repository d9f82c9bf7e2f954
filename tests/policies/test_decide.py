"""The policy's answers, as tables and as properties."""

import json
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.policies.decide import RULE_NAMES, LineDecision, Outcome, decide
from app.policies.facts import LineFacts, OrderFacts
from app.policies.rules import Policy
from app.policies.window import Basis

POLICY = Policy(
    window_days=30,
    grace_days=3,
    excluded_category_ids=frozenset({66}),
    digital_returnable=False,
    review_above=Decimal("100.00"),
    reasons=(("damaged", "Damaged or defective"), ("no_longer_wanted", "No longer wanted")),
)
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


def one(order: OrderFacts, policy: Policy = POLICY, today: date = date(2026, 3, 2)) -> LineDecision:
    (decision,) = decide(order, policy, today)
    return decision


@pytest.mark.parametrize(
    ("_case", "line", "order", "policy", "outcome", "rule"),
    [
        ("nothing speaks against it", {}, {}, {}, Outcome.AUTHORIZE, "within_policy"),
        ("a gift certificate", {"kind": "giftcertificate"}, {}, {}, Outcome.REFUSE, "gift_certificate"),
        ("a download", {"kind": "digital"}, {}, {}, Outcome.REFUSE, "digital_goods"),
        ("a download where they may", {"kind": "digital"}, {}, {"digital_returnable": True},
         Outcome.AUTHORIZE, "within_policy"),
        ("a category that never comes back", {"bc_category_ids": frozenset({5, 66})}, {}, {},
         Outcome.REFUSE, "excluded_category"),
        ("categories unknown", {"bc_category_ids": None}, {}, {}, Outcome.REVIEW, "category_unknown"),
        ("categories unknown, none excluded", {"bc_category_ids": None}, {}, {"excluded_category_ids": frozenset()},
         Outcome.AUTHORIZE, "within_policy"),
        ("too late", {"last_shipped_at": NOON - timedelta(days=40)}, {}, {}, Outcome.REFUSE, "outside_window"),
        ("too late only as far as we know", {"last_shipped_at": None},
         {"shipments_known": False, "ordered_at": NOON - timedelta(days=40)}, {}, Outcome.REVIEW, "window_unsure"),
        ("in time even from the order, parcels unknown", {"last_shipped_at": None}, {"shipments_known": False}, {},
         Outcome.AUTHORIZE, "within_policy"),
        ("a reason nobody listed", {"reason": "made_up"}, {}, {}, Outcome.REVIEW, "reason_not_listed"),
        ("no reason asked yet", {"reason": None}, {}, {}, Outcome.AUTHORIZE, "within_policy"),
        ("exactly the amount", {"value": Decimal("100.00")}, {}, {}, Outcome.AUTHORIZE, "within_policy"),
        ("a cent above the amount", {"value": Decimal("100.01")}, {}, {}, Outcome.REVIEW, "above_amount"),
        ("any amount where there is no limit", {"value": Decimal("9999")}, {}, {"review_above": None},
         Outcome.AUTHORIZE, "within_policy"),
        ("refused before it is looked at", {"kind": "digital", "value": Decimal(999)}, {}, {},
         Outcome.REFUSE, "digital_goods"),
    ],
)  # fmt: skip
def test_a_line_is_decided_by_the_first_rule_that_matches(
    _case: str, line: dict, order: dict, policy: dict, outcome: Outcome, rule: str
) -> None:
    decision = one(an_order(a_line(**line), **order), replace(POLICY, **policy))
    assert (decision.outcome, decision.rule) == (outcome, rule)
    assert [seen.rule for seen in decision.considered] == list(RULE_NAMES[: RULE_NAMES.index(rule) + 1])
    assert [seen.matched for seen in decision.considered] == [False] * (len(decision.considered) - 1) + [True]


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
    assert [decision.rule for decision in decide(order, POLICY, NOON.date())] == ["within_policy", "digital_goods"]


def test_the_explanation_shows_the_values_that_were_compared() -> None:
    document = one(an_order(a_line(value=Decimal("150.00")))).to_json()
    assert document == json.loads(json.dumps(document))
    assert document["considered"][-1] == {
        "rule": "above_amount", "matched": True, "compared": {"request": "150.00 EUR", "limit": "100.00 EUR"},
    }  # fmt: skip
    assert document["window"] == {
        "first_day": "2026-03-01", "last_day": "2026-04-03", "basis": "last_shipment", "grace_days": 3,
        "fallbacks": ["no_delivery_date"],
    }  # fmt: skip
    assert document["sentence"] == "We look at this request ourselves and answer by mail."


moments = st.datetimes(timezones=st.just(UTC))
policies = st.builds(
    Policy,
    window_days=st.integers(0, 3650),
    grace_days=st.integers(0, 60),
    excluded_category_ids=st.frozensets(st.integers(1, 5)),
    digital_returnable=st.booleans(),
    review_above=st.none() | st.decimals(0, 10**6, places=2),
    reasons=st.just((("damaged", "Damaged"),)),
)
orders = st.builds(
    OrderFacts,
    timezone=st.sampled_from(["UTC", "Europe/Warsaw", "Pacific/Kiritimati", "America/Adak", "", "../etc", "Nowhere"]),
    currency=st.sampled_from(["USD", "JPY", "KWD"]),
    ordered_at=moments,
    shipped_at=st.none() | moments,
    delivered_at=st.none() | moments,
    shipments_known=st.booleans(),
    lines=st.lists(
        st.builds(
            LineFacts,
            order_line_id=st.integers(1),
            kind=st.sampled_from(["physical", "digital", "giftcertificate", "new_kind"]),
            bc_category_ids=st.none() | st.frozensets(st.integers(1, 5)),
            value=st.decimals(0, 10**6, places=3),
            reason=st.none() | st.text(max_size=20),
            last_shipped_at=st.none() | moments,
        ),
        max_size=4,
    ).map(tuple),
)


@given(orders, policies, st.dates())
def test_every_request_gets_an_answer_that_names_its_rule(order: OrderFacts, policy: Policy, today: date) -> None:
    decisions = decide(order, policy, today)
    assert [decision.order_line_id for decision in decisions] == [line.order_line_id for line in order.lines]
    for decision in decisions:
        assert decision.considered[-1].rule == decision.rule
        assert decision.considered[-1].matched
        assert decision.window.first_day <= decision.window.last_day
        assert json.loads(json.dumps(decision.to_json())) == decision.to_json()
    assert decisions == decide(order, policy, today)


@given(policies)
def test_a_policy_survives_being_kept(policy: Policy) -> None:
    assert Policy.from_json(json.loads(json.dumps(policy.to_json()))) == policy
