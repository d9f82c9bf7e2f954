"""What the page says and what the engine does are the same: read back from the page's own words and compared."""

import re
from datetime import date, datetime, timedelta
from decimal import ROUND_HALF_UP, Decimal
from typing import Any

from babel.numbers import parse_decimal
from hypothesis import HealthCheck, assume, given, settings

from app.policies.decide import Outcome, decide
from app.policies.document import PolicyDocument
from app.policies.explanation import LineDecision
from app.policies.fact_names import RESOLUTIONS
from app.policies.facts import LineFacts, OrderFacts
from app.policies.page import Shop, page_of
from app.policies.page_parts import Point, PolicyPage
from app.policies.window import day_of
from app.policies.words import TEXTS
from tests.policies.strategies import DAYS, ORDERS, policies

calm = settings(
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large], max_examples=60, deadline=None
)
SHOP = Shop(currency="EUR", timezone="UTC", portal="https://app.example/r/abc")
SAID = TEXTS["en"]
NUMBER = r"\d+(?:[.,\u202f\xa0]\d+)*"


def numbers(text: str, locale: str) -> list[Decimal]:
    """Every number written in `text`, sorted."""
    return sorted(parse_decimal(found, locale=locale) for found in re.findall(NUMBER, text))


def after(pattern: str, text: str) -> Decimal | None:
    """The number that `pattern` (with # for it) finds in an English text."""
    found = re.search(pattern.replace("#", f"({NUMBER})"), text)
    return Decimal(found[1].replace(",", "")) if found else None


def word_of(page: PolicyPage, effect: str, decision: LineDecision) -> Point | None:
    """What the page says about `effect` to the shopper of this line; None: it has nothing to say on the matter."""
    points = page.points(effect)
    decided = dict(decision.decided_by)[effect]
    return next((point for point in points if point.rule == decided), points[-1] if points else None)


def seasons_in(text: str) -> list[tuple[date, date, date]]:
    pattern = r"Ordered from (.+?) to (.+?): you have until (.+?),"
    return [tuple(datetime.strptime(day, "%d %B %Y").date() for day in days) for days in re.findall(pattern, text)]  # type: ignore[misc]  # noqa: DTZ007


def last_day_said(page: PolicyPage, decision: LineDecision, ordered_on: date) -> date | None:
    """The last day as a shopper works it out from the page."""
    window, seasons = word_of(page, "window", decision), word_of(page, "seasons", decision)
    assert window is not None
    notes = " ".join(note for section in page.sections for topic in section.topics for note in topic.notes)
    days = after(r"^# days?\.", window.text) or Decimal(0)
    assert days or window.text.startswith("Only on the day")
    guessed = {"no_delivery_date", "no_shipment", "shipments_unavailable"} & set(decision.window.fallbacks)
    more = (after("you get # days? more", f"{window.text} {notes}") or Decimal(0)) if guessed else Decimal(0)
    try:
        last = decision.window.first_day + timedelta(days=int(days + more))
    except OverflowError:
        return None
    told = seasons_in(seasons.text) if seasons is not None else []
    return max([last, *(until for start, end, until in told if start <= ordered_on <= end)])


@calm
@given(ORDERS, policies(), DAYS)
def test_the_last_day_worked_out_from_the_page_is_the_engines(
    order: OrderFacts, policy: PolicyDocument, today: date
) -> None:
    page = page_of(policy, SHOP, "en", today)
    for decision in decide(order, policy, today):
        # Where it is not known which window holds, the engine takes the longest and a person looks.
        if any(flag.startswith("fact_unknown") for flag in decision.fallbacks):
            continue
        said = last_day_said(page, decision, day_of(order.ordered_at, order.timezone))
        if said is not None and said != decision.window.last_day:
            # Seasons that are over are not told: both ways it is too late.
            assert max(said, decision.window.last_day) < today
            assert decision.window.is_extended


def taken(text: str, line: LineFacts, currency: str) -> list[Decimal]:
    """The fees that the page's sentence takes off this line."""
    digits = {"JPY": 0, "KWD": 3}.get(currency, 2)
    percent, flat, label = (
        after(pattern, text) or Decimal(0) for pattern in ("keep #%", "keep #\xa0EUR for each", "keep #\xa0EUR for the")
    )
    left, due = max(line.value, Decimal(0)), []
    for amount in (line.value * percent / 100 + flat * line.quantity, label):
        if amount:
            due.append(min(amount.quantize(Decimal(1).scaleb(-digits), ROUND_HALF_UP), left))
            left -= due[-1]
    return due


@calm
@given(ORDERS, policies(), DAYS)
def test_the_terms_on_the_page_are_the_engines(order: OrderFacts, policy: PolicyDocument, today: date) -> None:
    page = page_of(policy, SHOP, "en", today)
    for line, decision in zip(order.lines, decide(order, policy, today), strict=True):
        terms = decision.terms

        def said(effect: str, one: LineDecision = decision) -> str:
            point = word_of(page, effect, one)
            return point.text if point is not None else ""

        assert said("shipping_paid_by") == SAID[f"shipping.{terms.shipping_paid_by}"]
        assert said("refund_at") == SAID[f"refund_at.{terms.refund_at}"]
        offered = {name for name in RESOLUTIONS if SAID[f"v.{name}"] in said("resolutions")}
        assert offered == set(terms.resolutions)
        below = after("less than #", said("returnless_below"))
        assert terms.keeps_item == (line.value < (below or Decimal(0)))
        assert taken(said("fees"), line, order.currency) == [fee.amount for fee in terms.fees]
        for reason, label in (("fit", "Does not fit"), ("damaged", "Damaged")):
            anyhow = after("(?:^|Any other reason: )# or more", said("evidence"))
            least = after(f"{label}: # or more", said("evidence")) or anyhow or Decimal(0)
            assert least == terms.photos_for(reason)
            allowed = label in said("reasons") if said("reasons") else True
            assert allowed == (reason in terms.reasons)


@calm
@given(ORDERS, policies(), DAYS)
def test_the_outcome_on_the_page_is_the_engines(order: OrderFacts, policy: PolicyDocument, today: date) -> None:
    page = page_of(policy, SHOP, "en", today)
    for decision in decide(order, policy, today):
        decided = dict(decision.decided_by)["outcome"]
        point = word_of(page, "outcome", decision)
        assert point is not None
        if decision.rule == decided:
            kind = {Outcome.REFUSE: "Cannot", Outcome.REVIEW: "one of us looks", Outcome.AUTHORIZE: "Can come back"}
            assert kind[decision.outcome].casefold() in point.text.casefold()
        if decision.outcome is Outcome.AUTHORIZE and decision.window.last_day < today:
            assert "even when your time is over" in point.text


@calm
@given(policies(), DAYS)
def test_rules_stand_on_the_page_in_the_engines_order(policy: PolicyDocument, today: date) -> None:
    page = page_of(policy, SHOP, "en", today)
    order = [*(rule.code for rule in policy.rules), "otherwise"]
    for effect in ("window", "seasons", "outcome", "fees", "reasons", "send_to", "refund_at", "resolutions"):
        places = [order.index(point.rule) for point in page.points(effect)]
        assert places == sorted(set(places))
        assert all(point.lead for point in page.points(effect)[:-1])


@calm
@given(policies(), DAYS)
def test_every_language_tells_the_same_numbers(policy: PolicyDocument, today: date) -> None:
    pages = {locale: page_of(policy, SHOP, locale, today) for locale in TEXTS}
    effects: list[Any] = [section.code for section in pages["en"].sections]
    for locale, page in pages.items():
        assert [section.code for section in page.sections] == effects
        ours = [point for section in page.sections for topic in section.topics for point in topic.points]
        english = [point for section in pages["en"].sections for topic in section.topics for point in topic.points]
        assume(len(ours) == len(english))
        for one, other in zip(ours, english, strict=True):
            assert (one.effect, one.rule) == (other.effect, other.rule)
            assert numbers(f"{one.lead} {one.text}", locale) == numbers(f"{other.lead} {other.text}", "en")
