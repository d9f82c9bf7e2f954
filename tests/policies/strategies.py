"""Any policy and any request, as far as the grammar goes."""

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any

from hypothesis import strategies as st

from app.policies.conditions import All, AnyOf, Between, Compare, In, Not
from app.policies.document import PolicyDocument, Reason, Rule, SubReason
from app.policies.effects import (
    Defaults,
    Effects,
    Fees,
    Outcome,
    OutcomeEffect,
    Restocking,
    Season,
    WindowEffect,
)
from app.policies.fact_names import FACTS, LISTED, LISTS, OPS, RANGED, RESOLUTIONS, Fact, Kind
from app.policies.facts import LineFacts, OrderFacts

REASONS = (
    Reason(code="fit", label={"en": "Does not fit"}, sub=(SubReason(code="small", label={"en": "Too small"}),)),
    Reason(code="damaged", label={"en": "Damaged"}),
)
CODES = {"line.reason": ["fit", "damaged"], "line.sub_reason": ["small"], "order.currency": ["EUR", "JPY", "KWD"],
         "destination.country": ["DE", "US", "PL"]}  # fmt: skip
# Few values, close together: otherwise nothing ever meets.
DAYS = st.dates(date(2026, 1, 1), date(2026, 4, 30))
MOMENTS = st.integers(0, 120 * 24).map(
    lambda hours: datetime(2026, 1, 1, tzinfo=UTC) + timedelta(hours=hours)
) | st.datetimes(timezones=st.just(UTC))
AMOUNTS = st.sampled_from([Decimal(text) for text in ("0", "0.01", "19.99", "20", "100", "100.005", "5000")])
WORDS = st.sampled_from(["silk", "Silk ", "wool", "SKU-1", "sku-1x"])
IDS = st.integers(0, 5)


def values(fact: Fact) -> st.SearchStrategy[Any]:
    """What `fact` can be compared with."""
    if fact.choices:
        return st.sampled_from(fact.choices)
    of_kind: dict[Kind, st.SearchStrategy[Any]] = {
        Kind.MONEY: AMOUNTS,
        Kind.NUMBER: st.integers(0, 4).map(Decimal),
        Kind.PERCENT: st.sampled_from([Decimal(0), Decimal("12.5"), Decimal(50), Decimal(100)]),
        Kind.FLAG: st.booleans(),
        Kind.DATE: DAYS,
        Kind.CODE: st.sampled_from(CODES.get(fact.name, ["x"])),
        Kind.ID: IDS,
        Kind.IDS: IDS,
    }
    return of_kind.get(fact.kind, WORDS)


@st.composite
def leaves(draw: st.DrawFn) -> Any:
    fact = draw(st.sampled_from(list(FACTS.values())))
    base: dict[str, Any] = {
        "fact": fact.name,
        "field": draw(st.sampled_from(["Material", "size"])) if fact.needs_field else "",
        "unknown": draw(st.sampled_from(["ask", "ask", "yes", "no"])),
    }
    kinds = ["compare"] + ["in"] * (fact.kind in LISTED) + ["between"] * (fact.kind in RANGED)
    kind = draw(st.sampled_from(kinds))
    if kind == "compare":
        return Compare(**base, op=draw(st.sampled_from(OPS[fact.kind])), value=draw(values(fact)))
    if kind == "in":
        return In(**base, values=tuple(draw(st.lists(values(fact), min_size=1, max_size=3))))
    low, high = sorted(draw(st.tuples(values(fact), values(fact))))
    return Between(**base, low=low, high=high)


CONDITIONS = st.recursive(
    leaves(),
    lambda inner: st.one_of(
        st.lists(inner, max_size=3).map(lambda parts: All(of=tuple(parts))),
        st.lists(inner, max_size=3).map(lambda parts: AnyOf(of=tuple(parts))),
        inner.map(lambda part: Not(of=part)),
    ),
    max_leaves=4,
)
WINDOWS = st.builds(
    WindowEffect,
    days=st.sampled_from([0, 1, 14, 30, 60, 3650]),
    counted_from=st.sampled_from(["order", "shipment", "delivery"]),
    grace_days=st.integers(0, 5),
)
SEASONS = st.lists(
    st.tuples(DAYS, DAYS, DAYS).map(sorted).map(
        lambda days: Season(ordered_from=days[0], ordered_to=days[1], until=days[2])
    ),
    max_size=2,
).map(tuple)  # fmt: skip
OUTCOMES = st.builds(
    OutcomeEffect,
    decision=st.sampled_from(Outcome),
    even_late=st.booleans(),
    sentence=st.sampled_from([{}, {"en": "Until {last_day}, {days} days."}, {"de": "Nein."}]),
)
REASON_CODES = st.lists(st.sampled_from(["fit", "damaged"]), unique=True).map(tuple)
FEES = st.builds(
    Fees,
    restocking=st.none()
    | st.builds(Restocking, flat=AMOUNTS.map(lambda one: one.quantize(Decimal("0.01"))))
    | st.builds(Restocking, percent=st.sampled_from([Decimal("12.5"), Decimal(100)])),
    label=st.none() | st.just(Decimal("4.90")),
    waived_for_reasons=REASON_CODES,
    waived_for_resolutions=st.lists(st.sampled_from(RESOLUTIONS), max_size=2).map(tuple),
)
PARTS: dict[str, st.SearchStrategy[Any]] = {
    "window": WINDOWS,
    "seasons": SEASONS,
    "outcome": OUTCOMES,
    "reasons": REASON_CODES,
    "evidence": st.dictionaries(st.sampled_from(["any", "fit", "damaged"]), st.integers(1, 3)),
    "resolutions": st.lists(st.sampled_from(RESOLUTIONS), unique=True).map(tuple),
    "fees": FEES,
    "shipping_paid_by": st.sampled_from(["shopper", "merchant"]),
    "refund_at": st.sampled_from(["authorized", "first_scan", "received", "inspected"]),
    "returnless_below": st.sampled_from([Decimal(0), Decimal(20)]),
    "send_to": st.just("store"),
}
EFFECTS = st.fixed_dictionaries({}, optional=PARTS).map(lambda parts: Effects(**parts))
DEFAULTS = st.fixed_dictionaries({}, optional=PARTS).map(lambda parts: Defaults(**parts))


@st.composite
def policies(draw: st.DrawFn) -> PolicyDocument:
    parts = draw(st.lists(st.tuples(CONDITIONS, EFFECTS), max_size=5))
    rules = tuple(Rule(name=f"Rule {index}", when=when, effects=said) for index, (when, said) in enumerate(parts))
    return PolicyDocument(name="Any", reasons=REASONS, rules=rules, defaults=draw(DEFAULTS))


PAIRS = st.lists(st.tuples(st.sampled_from(["Material", "SIZE", "other"]), WORDS), max_size=2).map(tuple)
LINES = st.builds(
    LineFacts,
    order_line_id=st.integers(1, 99),
    kind=st.sampled_from(["physical", "digital", "giftcertificate", "new_kind"]),
    bc_category_ids=st.none() | st.frozensets(IDS, max_size=3),
    value=AMOUNTS | st.just(Decimal("-5")),
    reason=st.sampled_from([None, "fit", "fit.small", "fit.huge", "damaged", "", "made_up"]),
    last_shipped_at=st.none() | MOMENTS,
    quantity=st.integers(0, 4),
    discount_percent=st.none() | st.sampled_from([Decimal(0), Decimal("12.5"), Decimal(100)]),
    options=PAIRS,
    resolution=st.none() | st.sampled_from(RESOLUTIONS),
    bundle=st.sampled_from(["none", "whole", "part"]),
    bc_product_id=IDS,
    brand=st.none() | WORDS,
    sku=WORDS,
    custom_fields=st.none() | PAIRS,
)
ORDERS = st.builds(
    OrderFacts,
    timezone=st.sampled_from(["UTC", "Europe/Warsaw", "Pacific/Kiritimati", "America/Adak", "", "../etc", "Nowhere"]),
    currency=st.sampled_from(["EUR", "JPY", "KWD"]),
    ordered_at=MOMENTS,
    shipped_at=st.none() | MOMENTS,
    delivered_at=st.none() | MOMENTS,
    shipments_known=st.booleans(),
    lines=st.lists(LINES, max_size=3).map(tuple),
    total=st.none() | AMOUNTS,
    status_id=st.none() | IDS,
    channel_id=IDS,
    payment_method=st.none() | WORDS,
    coupons=st.none() | st.lists(WORDS, max_size=2).map(tuple),
    is_guest=st.booleans(),
    group_id=st.none() | IDS,
    returns_count=st.none() | st.integers(0, 4),
    return_rate=st.none() | st.sampled_from([Decimal(0), Decimal(50)]),
    lists=st.frozensets(st.sampled_from(LISTS)),
    country=st.none() | st.sampled_from(CODES["destination.country"]),
    region=st.none() | WORDS,
    locale=st.sampled_from(["en", "de", "fr-CA", "es", "pl", ""]),
)
TODAYS = DAYS | st.dates()
