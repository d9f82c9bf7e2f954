"""What a merchant should know before publishing: rules that never decide, windows at odds, names of nothing. Pure.

Nothing is guessed: an error is certain; what depends on a catalogue known in part, or was too involved to settle, says
so.
"""

from collections.abc import Callable, Iterator, Sequence
from datetime import timedelta

from .conditions import Compare, In, Leaf, leaves
from .document import PolicyDocument, Rule
from .effects import Effects, Outcome, Season, WindowEffect
from .findings import EU_DAYS, LEVELS, Finding, Shop
from .reach import EU, GUEST, Reach, having
from .reading import plain_text
from .satisfy import Search, Want
from .wording import TOPICS, Names, Wording, window_in_words

__all__ = ["Finding", "Shop", "blocks", "lint"]


def lint(document: PolicyDocument, shop: Shop, names: Names | None = None) -> tuple[Finding, ...]:
    """Everything to say about `document` for this store: errors first, then in the order of the rules."""
    linter = _Linter(document, shop, names or Names())
    findings = [finding for check in _CHECKS for finding in check(linter)]
    order = {rule.code: index for index, rule in enumerate(document.rules)}
    unique = list(dict.fromkeys(findings))
    return tuple(sorted(unique, key=lambda one: (LEVELS.index(one.level), order.get(one.rule, len(order)))))


def blocks(findings: Sequence[Finding]) -> bool:
    """Whether the policy cannot be published as it is."""
    return any(finding.level == "error" for finding in findings)


class _Linter:
    def __init__(self, document: PolicyDocument, shop: Shop, names: Names) -> None:
        self.document = document
        self.shop = shop
        self.words = Wording(document, names)
        self.reach = Reach(document, Search(below=shop.below))
        self.count = len(document.rules)
        self.matching = [self.reach.matches(index) for index in range(self.count)]

    def speakers(self, effect: str) -> Iterator[tuple[int, Effects]]:
        """Who says something about `effect`, with its place; the defaults last."""
        for index, rule in enumerate(self.document.rules):
            if getattr(rule.effects, effect) is not None and self.matching[index] is not False:
                yield index, rule.effects
        yield self.count, self.document.defaults

    def find(self, level: str, code: str, index: int, what: str) -> Finding:
        rule = self.document.rules[index] if index < self.count else None
        return Finding(level, code, rule.code if rule else "", rule.name if rule else "", what)


def _reachable(linter: _Linter) -> Iterator[Finding]:
    reach, rules = linter.reach, linter.document.rules
    for index, rule in enumerate(rules):
        if linter.matching[index] is False:
            yield linter.find("error", "never_matches", index, "Its conditions contradict each other: nothing matches.")
            continue
        spoken = rule.effects.spoken()
        if not spoken:
            yield linter.find("warning", "unreachable", index, "It matches, but says nothing.")
            continue
        decides = {effect: reach.decides(index, effect) for effect in spoken}
        lost = [effect for effect, answer in decides.items() if answer is False]
        if lost:
            yield _lost(linter, index, lost, is_all=len(lost) == len(spoken))
        elif None in (*decides.values(), linter.matching[index]):
            what = "Its conditions and those before it are too involved: we cannot tell whether it ever decides."
            yield linter.find("unsure", "too_involved", index, what)


def _lost(linter: _Linter, index: int, lost: list[str], *, is_all: bool) -> Finding:
    earlier = dict.fromkeys(one for effect in lost for one in linter.reach.before(index, effect))
    covering = [one for one in earlier if linter.reach.includes(one, index)] or list(earlier)
    names = " and ".join(f"“{linter.document.rules[one].name}”" for one in covering)
    verb = "takes" if len(covering) == 1 else "take"
    if is_all:
        what = f"It never decides: {names}, further up, {verb} everything it could match. Move it up or remove it."
        return linter.find("error", "unreachable", index, what)
    topics = ", ".join(TOPICS[effect] for effect in lost)
    what = f"What it says about {topics} never counts: {names}, further up, {verb} everything it could match."
    return linter.find("warning", "partly_unreachable", index, what)


def _windows(linter: _Linter) -> Iterator[Finding]:
    speakers = [(index, effects) for index, effects in linter.speakers("window") if index < linter.count]
    for place, (index, effects) in enumerate(speakers):
        assert effects.window is not None
        if effects.outcome is not None and effects.outcome.decision is Outcome.REFUSE:
            what = f"It refuses, so its {window_in_words(effects.window)} never count."
            yield linter.find("error", "contradictory_window", index, what)
            continue
        for first, earlier in speakers[:place]:
            assert earlier.window is not None
            if _cross(linter, first, index, earlier.window, effects.window):
                what = (
                    f"An item can match “{linter.document.rules[first].name}” too, which comes first: then "
                    f"{window_in_words(earlier.window)} count, not {window_in_words(effects.window)}."
                )
                yield linter.find("warning", "overlapping_windows", index, what)
                break


def _cross(linter: _Linter, first: int, second: int, earlier: WindowEffect, later: WindowEffect) -> bool:
    """Whether two windows are at odds: one line in both, and neither rule a plain exception from the other."""
    rules, reach = linter.document.rules, linter.reach
    if earlier == later or _refuses(rules[first]) or not reach.meet(first, second):
        return False
    return reach.includes(second, first) is False and reach.includes(first, second) is False


def _refuses(rule: Rule) -> bool:
    return rule.effects.outcome is not None and rule.effects.outcome.decision is Outcome.REFUSE


def _seasons(linter: _Linter) -> Iterator[Finding]:
    for index, effects in linter.speakers("seasons"):
        seasons: tuple[Season, ...] = effects.seasons or ()
        days = (effects.window or linter.document.defaults.window).days
        for place, season in enumerate(seasons):
            if season.until <= season.ordered_from + timedelta(days=days):
                what = f"The season until {season.until} is over before {days} days are: it makes nothing longer."
                yield linter.find("warning", "pointless_season", index, what)
            for other in seasons[:place]:
                if season.ordered_from <= other.ordered_to and other.ordered_from <= season.ordered_to:
                    what = f"Two seasons share days: until {max(season.until, other.until)} counts, as it is later."
                    yield linter.find("warning", "overlapping_seasons", index, what)


def _law(linter: _Linter) -> Iterator[Finding]:
    level = "error" if linter.shop.sells_to_eu else "warning"
    for index, effects in linter.speakers("window"):
        window = effects.window
        assert window is not None
        is_short = window.days < EU_DAYS
        if not is_short and (window.counted_from == "delivery" or window.days >= 2 * EU_DAYS):
            continue
        if not linter.reach.happens([*linter.reach.demands(index, "window"), EU]):
            continue
        if is_short:
            what = f"Consumers in the European Union have {EU_DAYS} days from the delivery; here it is {window.days}."
            yield linter.find(level, "shorter_than_law", index, what)
        else:
            what = (
                f"Consumers in the European Union have {EU_DAYS} days from the delivery; {window_in_words(window)} "
                "can be less."
            )
            yield linter.find("warning", "shorter_than_law", index, what)


def _guests(linter: _Linter) -> Iterator[Finding]:
    reach = linter.reach
    for index, effects in linter.speakers("resolutions"):
        offered = effects.resolutions or ()
        if "store_credit" not in offered or not reach.happens([*reach.demands(index, "resolutions"), GUEST]):
            continue
        others = {"gift_certificate", "refund", "exchange", "repair"} & set(offered)
        registered = (GUEST[0], Want.FALSE)
        if reach.happens([*reach.demands(index, "resolutions"), registered]) is False:
            what = "Only guests get here, and guests have no store credit: offer a gift certificate or a refund."
            yield linter.find("error", "guests_cannot", index, what)
        elif not others:
            what = "Guests have no store credit, and nothing else is offered: add a gift certificate or a refund."
            yield linter.find("error", "nothing_for_guests", index, what)


def _resolutions(linter: _Linter) -> Iterator[Finding]:
    reach = linter.reach
    for index, effects in linter.speakers("resolutions"):
        if effects.resolutions:
            continue
        demands = reach.demands(index, "resolutions")
        bare = [
            linter.words.reason(code)
            for code in linter.document.reason_codes
            if reach.happens([*demands, having("line.reason", code)])
        ]
        if bare:
            what = f"Nothing is offered to the shopper for: {', '.join(bare)}. Offer a refund at least."
            yield linter.find("error", "reason_without_resolution", index, what)


def _places(linter: _Linter) -> Iterator[Finding]:
    used = {effects.send_to for _, effects in linter.speakers("send_to")}
    if "store" in used and not linter.shop.has_address:
        yield linter.find("warning", "no_address", linter.count, "Your settings have no return address yet.")
    for place in linter.document.places:
        if place.code not in used:
            what = f"Nothing is sent to “{linter.words.place(place.code)}”."
            yield linter.find("warning", "place_unused", linter.count, what)


def _catalogue(linter: _Linter) -> Iterator[Finding]:
    for index, rule in enumerate(linter.document.rules):
        for leaf in leaves(rule.when):
            for level, code, what in _named(linter, leaf):
                yield linter.find(level, code, index, what)


def _named(linter: _Linter, leaf: Leaf) -> Iterator[tuple[str, str, str]]:
    """What the store has nothing of: (level, code, sentence)."""
    shop = linter.shop
    values = leaf.values if isinstance(leaf, In) else (leaf.value,) if isinstance(leaf, Compare) else ()
    if leaf.fact == "product.category":
        yield from _categories(linter, [value for value in values if isinstance(value, int)])
        return
    known, code, noun = {
        "product.sku": (shop.skus, "no_such_sku", "the SKU"),
        "product.brand": (shop.brands, "no_such_brand", "the brand"),
        "product.custom_field": (shop.custom_fields, "no_such_custom_field", "a custom field"),
    }.get(leaf.fact, (None, "", ""))
    if known is None:
        return
    texts = [leaf.field] if code == "no_such_custom_field" else [str(value) for value in values]
    op = str(leaf.op) if isinstance(leaf, Compare) and code != "no_such_custom_field" else "is"
    for text in texts:
        if not any(_is_like(one, op, plain_text(text)) for one in known):
            missing = "No product has" if shop.is_whole else "No product that we know of has"
            level = "error" if shop.is_whole else "warning"
            yield level, code, f"{missing} {noun} “{text}”{_OP_WORDS.get(op, '')}."


_OP_WORDS = {"starts_with": " at its beginning", "contains": " in it"}


def _is_like(one: str, op: str, text: str) -> bool:
    if op == "starts_with":
        return one.startswith(text)
    return text in one if op == "contains" else one == text


def _categories(linter: _Linter, values: list[int]) -> Iterator[tuple[str, str, str]]:
    shop = linter.shop
    for value in values:
        name = linter.words.value("product.category", value)
        if shop.category_ids is not None and value not in shop.category_ids:
            yield "error", "no_such_category", f"The store has no category {name}."
        elif shop.used_category_ids is not None and value not in shop.used_category_ids:
            missing = "No product is" if shop.is_whole else "No product that we know of is"
            level = "error" if shop.is_whole else "warning"
            yield level, "empty_category", f"{missing} in the category {name}."


_CHECKS: tuple[Callable[[_Linter], Iterator[Finding]], ...] = (
    _reachable, _windows, _seasons, _law, _guests, _resolutions, _places, _catalogue,
)  # fmt: skip
