"""The policy a store has before its merchant writes one: what the settings say, as a document. Pure."""

from ..stores.settings import StoreSettings
from .conditions import Compare, Condition, In
from .document import PolicyDocument, Reason, Rule
from .effects import Defaults, Effects, Outcome, OutcomeEffect, WindowEffect
from .fact_names import Op
from .sentences import BUILT_IN

NAME = "From your settings"


def document_of(settings: StoreSettings) -> PolicyDocument:
    """The document that decides as `settings` say: certificates, downloads and excluded categories stay out, late
    requests are refused, those above the amount are looked at, everything else is authorized."""
    return PolicyDocument(
        name=NAME,
        reasons=tuple(Reason(code=reason.code, label={"en": reason.label}) for reason in settings.all_reasons),
        rules=tuple(_rules(settings)),
        defaults=Defaults(window=WindowEffect(days=settings.window_days, grace_days=settings.grace_days)),
    )


def _rules(settings: StoreSettings) -> list[Rule]:
    rules = [_refusal("gift_certificate", "Gift certificates", _is_kind("giftcertificate"), "gift_certificates")]
    if not settings.digital_returnable:
        rules.append(_refusal("digital_goods", "Downloads", _is_kind("digital"), "downloads"))
    if settings.non_returnable_categories:
        excluded = In(fact="product.category", values=tuple(sorted(set(settings.non_returnable_categories))))
        rules.append(_refusal("excluded_category", "Excluded categories", excluded, "this_kind"))
    if settings.review_above is not None:
        above = Compare(fact="request.paid", op=Op.ABOVE, value=settings.review_above)
        effects = Effects(outcome=OutcomeEffect(decision=Outcome.REVIEW))
        rules.append(Rule(code="above_amount", name="Above the amount you look at", when=above, effects=effects))
    return rules


def _is_kind(kind: str) -> Condition:
    return Compare(fact="line.kind", op=Op.IS, value=kind)


def _refusal(code: str, name: str, when: Condition, sentence: str) -> Rule:
    outcome = OutcomeEffect(decision=Outcome.REFUSE, sentence=BUILT_IN[sentence])
    return Rule(code=code, name=name, when=when, effects=Effects(outcome=outcome))
