"""Which of a policy's rules can ever decide anything. Pure.

A rule says something about several effects; each belongs to the first matching rule. So what rule R says of an effect
counts only for lines where R matches and no earlier rule that says something about it does.
"""

from collections.abc import Iterable

from .conditions import Compare
from .document import PolicyDocument, Rule
from .effects import Outcome
from .evaluate import AnyCondition
from .fact_names import Op
from .satisfy import Demand, Search, Unsure, Want

EU: Demand = (Compare(fact="destination.in_eu", op=Op.IS, value=True), Want.TRUE)
GUEST: Demand = (Compare(fact="shopper.is_guest", op=Op.IS, value=True), Want.TRUE)


class Reach:
    """Answers, for the rules of one policy, what can happen. None where it could not be told in time."""

    def __init__(self, document: PolicyDocument, search: Search) -> None:
        self.rules = document.rules
        self.document = document
        self._search = search
        self._together: dict[tuple[int, int], bool | None] = {}
        self._decides: dict[tuple[int, tuple[int, ...]], bool | None] = {}

    def is_possible(self, *demands: Demand) -> bool | None:
        try:
            return self._search.is_possible(demands)
        except Unsure:
            return None

    def matches(self, index: int) -> bool | None:
        """Whether anything can match rule `index` at all."""
        return self.is_possible(_when(self.rules[index]))

    def meet(self, first: int, second: int) -> bool | None:
        """Whether one line can match both."""
        key = first, second
        if key not in self._together:
            self._together[key] = self.is_possible(_when(self.rules[first]), _when(self.rules[second]))
        return self._together[key]

    def includes(self, wide: int, narrow: int) -> bool | None:
        """Whether everything that matches `narrow` matches `wide`."""
        apart = self.is_possible(_when(self.rules[narrow]), (self.rules[wide].when, Want.NOT_TRUE))
        return None if apart is None else not apart

    def before(self, index: int, effect: str) -> tuple[int, ...]:
        """The rules that come before `index`, say something about `effect` and can match the same line.

        `index`: that of the rule, or the number of rules for what holds otherwise.
        """
        speaking = [one for one in range(index) if getattr(self.rules[one].effects, effect) is not None]
        if index == len(self.rules):
            return tuple(speaking)
        return tuple(one for one in speaking if self.meet(one, index) is not False)

    def decides(self, index: int, effect: str) -> bool | None:
        """Whether what rule `index` says of `effect` can ever count."""
        earlier = self.before(index, effect)
        key = index, earlier
        if key not in self._decides:
            self._decides[key] = self.is_possible(*self.demands(index, effect))
        return self._decides[key]

    def demands(self, index: int, effect: str) -> list[Demand]:
        """What a line must be for `index` to decide `effect` of it."""
        own = [_when(self.rules[index])] if index < len(self.rules) else []
        return [*own, *((self.rules[one].when, Want.NOT_TRUE) for one in self.before(index, effect))]

    def not_refused(self) -> list[list[Demand]]:
        """The ways not to be refused by a rule: per rule that allows or leaves it to a person, then the defaults."""
        ways = [
            self.demands(index, "outcome")
            for index, rule in enumerate(self.rules)
            if rule.effects.outcome is not None and rule.effects.outcome.decision is not Outcome.REFUSE
        ]
        if self.document.defaults.outcome.decision is not Outcome.REFUSE:
            ways.append(self.demands(len(self.rules), "outcome"))
        return ways

    def happens(self, demands: Iterable[Demand]) -> bool | None:
        """Whether a line that no rule refuses can meet `demands`."""
        wanted = list(demands)
        answers = [self.is_possible(*wanted, *way) for way in self.not_refused()]
        return True if True in answers else None if None in answers else False


def _when(rule: Rule) -> Demand:
    return rule.when, Want.TRUE


def having(fact: str, value: object) -> Demand:
    """A line whose `fact` is `value`."""
    condition: AnyCondition = Compare.model_validate({"fact": fact, "op": "is", "value": value})
    return condition, Want.TRUE
