"""What holds of any policy and any request."""

import json
from datetime import date, timedelta
from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from app.policies.decide import Outcome, decide
from app.policies.document import RESERVED, PolicyDocument, Rule, dump_document, load_document, parse_document
from app.policies.effects import Effects
from app.policies.facts import OrderFacts
from app.policies.replay import compile_policy
from app.policies.window import day_of, ends_at
from tests.policies.strategies import ORDERS, TODAYS, policies

calm = settings(
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large], max_examples=100, deadline=None
)


@calm
@given(ORDERS, policies(), TODAYS)
def test_every_line_gets_an_answer_that_names_what_decided(
    order: OrderFacts, policy: PolicyDocument, today: date
) -> None:
    decisions = decide(order, policy, today)
    assert [decision.order_line_id for decision in decisions] == [line.order_line_id for line in order.lines]
    codes = {rule.code for rule in policy.rules}
    for decision in decisions:
        assert decision.rule in codes | set(RESERVED)
        assert decision.sentence
        assert decision.window.first_day <= decision.window.last_day
        assert [one.rule for one in decision.considered][: len(policy.rules)] == [rule.code for rule in policy.rules]
        assert decision.rule in {one.rule for one in decision.considered}
        assert {who for _, who in decision.decided_by} <= codes | {"otherwise"}
        assert json.loads(json.dumps(decision.to_json())) == decision.to_json()
    assert decisions == decide(order, policy, today)


@calm
@given(ORDERS, policies(), TODAYS)
def test_the_fast_path_answers_as_decide_does(order: OrderFacts, policy: PolicyDocument, today: date) -> None:
    verdicts = compile_policy(policy).replay(order, today)
    assert [tuple(verdict) for verdict in verdicts] == [
        (one.order_line_id, one.outcome, one.rule, one.window, one.terms) for one in decide(order, policy, today)
    ]


def widened(policy: PolicyDocument, days: int, grace: int) -> PolicyDocument:
    """Every window of `policy` longer by `days` and `grace`, wherever it is given."""

    def longer(effects: Any) -> Any:
        window = effects.window
        if window is None:
            return effects
        changes = {"days": window.days + days, "grace_days": window.grace_days + grace}
        return effects.model_copy(update={"window": window.model_copy(update=changes)})

    rules = tuple(rule.model_copy(update={"effects": longer(rule.effects)}) for rule in policy.rules)
    return policy.model_copy(update={"rules": rules, "defaults": longer(policy.defaults)})


@calm
@given(ORDERS, policies(), TODAYS, st.integers(0, 400), st.integers(0, 30))
def test_widening_windows_never_refuses_more(
    order: OrderFacts, policy: PolicyDocument, today: date, days: int, grace: int
) -> None:
    before, after = decide(order, policy, today), decide(order, widened(policy, days, grace), today)
    for narrow, wide in zip(before, after, strict=True):
        assert wide.window.last_day >= narrow.window.last_day
        if narrow.outcome is not Outcome.REFUSE:
            assert wide.outcome is not Outcome.REFUSE


@calm
@given(ORDERS, policies(), TODAYS)
def test_a_line_asked_for_alone_is_decided_as_beside_others_unless_the_request_counts(
    order: OrderFacts, policy: PolicyDocument, today: date
) -> None:
    if ("request.paid", "") in policy.facts_named():
        return
    together = decide(order, policy, today)
    alone = [decide(one_line(order, index), policy, today)[0] for index in range(len(order.lines))]
    assert list(together) == alone


def one_line(order: OrderFacts, index: int) -> OrderFacts:
    return OrderFacts(**{**order.__dict__, "lines": (order.lines[index],)})


@calm
@given(policies())
def test_a_policy_survives_being_kept_and_being_exported(policy: PolicyDocument) -> None:
    kept = json.loads(json.dumps(dump_document(policy)))
    assert load_document(kept) == policy
    assert parse_document(kept) == policy
    assert dump_document(load_document(kept)) == kept


@calm
@given(ORDERS, policies(), st.integers(0, 3), TODAYS)
def test_a_rule_that_says_nothing_changes_nothing(
    order: OrderFacts, policy: PolicyDocument, place: int, today: date
) -> None:
    silent = Rule(name="Silent", effects=Effects())
    rules = (*policy.rules[:place], silent, *policy.rules[place:])
    with_it = decide(order, policy.model_copy(update={"rules": rules}), today)
    for one, other in zip(decide(order, policy, today), with_it, strict=True):
        assert (one.outcome, one.rule, one.window, one.terms) == (
            other.outcome, other.rule, other.window, other.terms,
        )  # fmt: skip


@calm
@given(ORDERS, TODAYS)
def test_the_last_day_is_over_when_the_stores_next_day_begins(order: OrderFacts, today: date) -> None:
    end = ends_at(today, order.timezone)
    if today < date(9999, 12, 30) and today > date(1, 1, 3):
        assert day_of(end, order.timezone) > today
        assert day_of(end - timedelta(microseconds=1), order.timezone) <= today
