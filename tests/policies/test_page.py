"""The policy page: what it says for given rules, in which language, and how hard it is to read."""

import re
from dataclasses import replace
from datetime import date
from typing import Any

import pytest

from app.policies.conditions import Between, Compare, Not
from app.policies.document import PolicyDocument, load_document, parse_document
from app.policies.fact_names import FACTS, OPS, RANGED, Kind
from app.policies.from_settings import document_of
from app.policies.page import Shop, page_of
from app.policies.page_conditions import in_words
from app.policies.page_parts import Point, PolicyPage
from app.policies.page_voice import Voice
from app.policies.starters import STARTERS, get_starter
from app.policies.words import NAMES, TEXTS
from app.stores.settings import BUILT_IN_REASONS, StoreSettings

TODAY = date(2026, 11, 25)
LANGUAGES = tuple(NAMES)
SHOP = Shop(
    currency="EUR",
    timezone="Europe/Berlin",
    portal="https://app.example/r/abc",
    withdrawal="https://app.example/r/abc/withdraw",
    return_address="Demo Returns\n1 Example Street",
    categories={5: "Laptops", 6: "Phones"},
)
DAMAGED = {"test": "compare", "fact": "line.reason", "op": "is", "value": "damaged"}
DIGITAL = {"test": "compare", "fact": "line.kind", "op": "is", "value": "digital"}
ELECTRONICS = {"test": "in", "fact": "product.category", "values": [5, 6]}
WORN = {"code": "fit", "label": {"en": "Does not fit", "de": "Passt nicht"}}


def _document(rules: list[dict[str, Any]] | None = None, **parts: Any) -> PolicyDocument:
    reasons = [{"code": "damaged", "label": {"en": "Damaged or defective"}}, WORN]
    return parse_document({"name": "Any", "reasons": reasons, "rules": rules or [], **parts})


def _rule(when: Any, words: dict[str, str] | None = None, **effects: Any) -> dict[str, Any]:
    _rule.count += 1  # type: ignore[attr-defined]
    return {"name": f"Rule {_rule.count}", "when": when, "effects": effects, "words": words or {}}  # type: ignore[attr-defined]


_rule.count = 0  # type: ignore[attr-defined]


def _page(document: PolicyDocument, locale: str = "en", **changes: Any) -> PolicyPage:
    return page_of(document, replace(SHOP, **changes), locale, TODAY)


def _said(page: PolicyPage, effect: str) -> list[tuple[str, str]]:
    return [(point.lead, point.text) for point in page.points(effect)]


def _section(page: PolicyPage, code: str) -> Any:
    return next(section for section in page.sections if section.code == code)


FULL = _document(
    [
        _rule(DAMAGED, outcome={"decision": "authorize", "even_late": True}, fees={}, shipping_paid_by="merchant",
              evidence={"damaged": 2}, refund_at="first_scan"),
        _rule(DIGITAL, outcome={"decision": "refuse"}),
        _rule({"test": "compare", "fact": "line.discount_percent", "op": "at_least", "value": "50"},
              outcome={"decision": "refuse", "sentence": {"en": "It was on sale."}}),
        _rule(ELECTRONICS, window={"days": 14, "grace_days": 2, "counted_from": "shipment"}, send_to="outlet",
              fees={"restocking": {"percent": "15"}, "label": "4.90", "waived_for_reasons": ["damaged"],
                    "waived_for_resolutions": ["exchange"]}),
        _rule({"test": "compare", "fact": "request.paid", "op": "above", "value": "300"},
              outcome={"decision": "review"}),
        _rule({"test": "compare", "fact": "line.paid", "op": "below", "value": "10"}, returnless_below="10"),
        _rule({"test": "compare", "fact": "destination.country", "op": "is", "value": "DE"},
              resolutions=["refund", "store_credit", "exchange"], reasons=["damaged"]),
    ],
    places=[{"code": "outlet", "name": {"en": "Outlet"}, "address": "Outlet\n2 Example Street"}],
    defaults={
        "window": {"days": 30, "grace_days": 3},
        "seasons": [{"ordered_from": "2026-11-01", "ordered_to": "2026-12-25", "until": "2027-01-31"}],
        "refund_at": "inspected",
    },
)  # fmt: skip


def test_each_effect_is_told_rule_by_rule_and_the_rest_at_the_end() -> None:
    page = _page(FULL)
    assert _said(page, "window") == [
        (
            "Laptops or Phones",
            "14 days. We count from the day after we send your parcel. If we do not know that day, we take the last day"
            " before it that we know. Then you get 2 days more.",
        ),
        (
            "Everything else",
            "30 days. We count from the day after your parcel arrives. If we do not know that day, we take the last day"
            " before it that we know. Then you get 3 days more.",
        ),
    ]
    assert _said(page, "seasons") == [
        (
            "",
            "Ordered from 1 November 2026 to 25 December 2026: you have until 31 January 2027, or longer if your time"
            " ends later.",
        )
    ]
    assert _said(page, "outcome") == [
        ("Reason Damaged or defective", "Can come back, even when your time is over."),
        ("Downloads", "Cannot come back."),
        ("Price cut 50% or more", "Cannot come back. It was on sale."),
        (
            "Price paid for all you send back above 300.00\xa0EUR",
            "If you ask in time, one of us looks at it first and then writes to you.",
        ),
        ("Everything else", "Can come back in time."),
    ]
    assert _said(page, "fees") == [
        ("Reason Damaged or defective", "We keep nothing."),
        (
            "Laptops or Phones",
            "We keep 15% of the price you paid. We keep 4.90\xa0EUR for the label. We keep nothing if your reason is:"
            " Damaged or defective. We keep nothing if you choose: another item.",
        ),
        ("Everything else", "We keep nothing."),
    ]
    assert [(point.text, point.address) for point in page.points("send_to")] == [
        ("To Outlet:", "Outlet\n2 Example Street"),
        ("To this address:", "Demo Returns\n1 Example Street"),
    ]
    assert _said(page, "returnless_below") == [
        (
            "Price paid below 10.00\xa0EUR",
            "If you paid less than 10.00\xa0EUR, you keep it. You need not send it back.",
        ),
        ("Everything else", "Please send it back."),
    ]
    assert _said(page, "evidence")[0] == ("Reason Damaged or defective", "Damaged or defective: 2 or more.")
    assert _said(page, "reasons")[0] == (
        "Sent to Germany", "Damaged or defective. With any other reason, one of us looks at it first.",
    )  # fmt: skip
    assert page.notes == ("Amounts are in EUR. If you paid in other money, the same number counts in that money.",)


def test_the_page_covers_what_a_shopper_asks() -> None:
    page = _page(document_of(StoreSettings()))
    assert [section.code for section in page.sections] == [
        "start", "deadline", "outcome", "condition", "packing", "send_to", "costs", "refund",
    ]  # fmt: skip
    steps = _section(page, "start").topics[0]
    assert steps.is_steps
    assert steps.points[0] == Point(
        "Open our returns page.", link="https://app.example/r/abc", link_text="Start a return"
    )
    assert page.notes == ()
    assert _section(page, "deadline").topics[0].notes == (
        "If we do not know that day, we take the last day before it that we know. Then you get 3 days more.",
        "Your last day ends at midnight, by the clock of our shop (Europe/Berlin). Ask us by then.",
    )


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_settings_alone_make_a_page_in_every_language(language: str) -> None:
    page = _page(document_of(StoreSettings()), language)
    assert page.language == language
    assert page.title == TEXTS[language]["title"]
    assert _said(page, "outcome")[0] == (
        TEXTS[language]["v.giftcertificate"][0].upper() + TEXTS[language]["v.giftcertificate"][1:],
        TEXTS[language]["outcome.refuse"],
    )
    assert all("{" not in text for text in page.texts())


def test_every_language_says_the_same_things() -> None:
    def gaps(text: str) -> list[str]:
        return sorted(set(re.findall(r"{(\w+)}", text)))

    for language in LANGUAGES:
        assert TEXTS[language].keys() == TEXTS["en"].keys()
        assert all(gaps(TEXTS[language][key]) == gaps(text) for key, text in TEXTS["en"].items())
        assert all(TEXTS[language][key].strip() for key in TEXTS["en"])
    assert {f"reason.{one.code}": one.label for one in BUILT_IN_REASONS} == {
        key: text for key, text in TEXTS["en"].items() if key.startswith("reason.")
    }


def test_every_comparison_of_the_grammar_has_words_in_every_language() -> None:
    samples: dict[Kind, Any] = {
        Kind.MONEY: "1", Kind.NUMBER: "1", Kind.PERCENT: "1", Kind.FLAG: True, Kind.DATE: "2026-01-31",
        Kind.ID: 1, Kind.IDS: 1,
    }  # fmt: skip
    for language in LANGUAGES:
        for fact in FACTS.values():
            for op in OPS[fact.kind]:
                value = fact.choices[0] if fact.choices else samples.get(fact.kind, "damaged")
                leaf: dict[str, Any] = {"test": "compare", "fact": fact.name, "op": op, "value": value}
                if fact.needs_field:
                    leaf["field"] = "Material"
                compared, voice = Compare.model_validate(leaf), Voice(FULL, SHOP, language)
                ways = {in_words(compared, voice), in_words(Not(of=compared), voice)}
                assert len(ways) == 2, f"{leaf} and its opposite read alike in {language}"
            if fact.kind in RANGED:
                between = Between(fact=fact.name, low=samples[fact.kind], high=samples[fact.kind])
                assert isinstance(in_words(between, Voice(FULL, SHOP, language)), str)


@pytest.mark.parametrize(
    ("condition", "words"),
    [
        ({"test": "all", "of": [ELECTRONICS, DAMAGED]}, "Laptops or Phones, and reason Damaged or defective"),
        ({"test": "any", "of": [ELECTRONICS, DAMAGED]}, "Laptops or Phones, or reason Damaged or defective"),
        (
            {"test": "not", "of": {"test": "any", "of": [ELECTRONICS, DAMAGED]}},
            "everything but Laptops and Phones, and reason not Damaged or defective",
        ),
        (
            {"test": "all", "of": [DIGITAL, {"test": "any", "of": [ELECTRONICS, DAMAGED]}]},
            "downloads, and (Laptops or Phones, or reason Damaged or defective)",
        ),
        ({"test": "all", "of": [DIGITAL, {"test": "all", "of": []}]}, "downloads"),
        ({"test": "all", "of": [DIGITAL, DIGITAL]}, "downloads"),
        ({"test": "all", "of": []}, True),
        ({"test": "any", "of": [DIGITAL, {"test": "all", "of": []}]}, True),
        ({"test": "any", "of": []}, False),
        ({"test": "all", "of": [DIGITAL, {"test": "any", "of": []}]}, False),
        ({"test": "not", "of": {"test": "any", "of": []}}, True),
        ({"test": "in", "fact": "product.category", "values": [7, 5]}, "group no. 7 or Laptops"),
        ({"test": "compare", "fact": "shopper.group", "op": "is", "value": 0}, "customer group none"),
        (
            {"test": "not", "of": {"test": "between", "fact": "order.date", "low": "2026-01-01", "high": "2026-02-01"}},
            "ordered before 1 January 2026 or after 1 February 2026",
        ),
        (
            {"test": "compare", "fact": "product.custom_field", "field": "Material", "op": "is", "value": "Silk"},
            "Material Silk",
        ),
    ],
)
def test_conditions_in_words(condition: dict[str, Any], words: str | bool) -> None:
    said = in_words(_document([_rule(condition, refund_at="received")]).rules[0].when, Voice(FULL, SHOP, "en"))
    if isinstance(words, bool):
        assert said is words
    else:
        assert isinstance(said, str)
        assert said.startswith(words)


def test_a_long_list_is_cut_and_says_so() -> None:
    many = {"test": "in", "fact": "product.id", "values": list(range(1, 26))}
    said = in_words(_document([_rule(many, refund_at="received")]).rules[0].when, Voice(FULL, SHOP, "en"))
    assert str(said).endswith("item no. 20, or 5 more")


def test_a_rule_that_always_holds_ends_the_list_and_one_that_never_does_is_left_out() -> None:
    never = {"test": "any", "of": []}
    always = {"test": "all", "of": []}
    page = _page(
        _document(
            [
                _rule(never, window={"days": 99}),
                _rule(ELECTRONICS, window={"days": 14}),
                _rule(always, window={"days": 20}),
                _rule(DIGITAL, window={"days": 7}),
            ]
        )
    )
    assert [(lead, text.partition(".")[0]) for lead, text in _said(page, "window")] == [
        ("Laptops or Phones", "14 days"), ("Everything else", "20 days"),
    ]  # fmt: skip


def test_rules_that_say_no_more_than_the_rest_are_left_out_only_where_nothing_stands_between() -> None:
    same = _rule(ELECTRONICS, refund_at="received")
    other = _rule(DIGITAL, refund_at="authorized")
    rest = "We pay when your parcel is here."
    assert _said(_page(_document([same])), "refund_at") == [("", rest)]
    assert [lead for lead, _ in _said(_page(_document([same, other])), "refund_at")] == [
        "Laptops or Phones", "Downloads", "Everything else",
    ]  # fmt: skip
    assert [lead for lead, _ in _said(_page(_document([other, same])), "refund_at")] == ["Downloads", "Everything else"]


def test_the_merchants_words_name_the_items_but_never_the_terms() -> None:
    own = {"en": "Our laptops <b>", "de": "Unsere Laptops"}
    document = _document([_rule(ELECTRONICS, own, window={"days": 14})])
    assert _page(document).points("window")[0].lead == "Our laptops <b>"
    assert _page(document, "de").points("window")[0].lead == "Unsere Laptops"
    assert _page(document, "fr").points("window")[0].lead == "Our laptops <b>"
    assert _page(document).points("window")[0].text.startswith("14 days.")
    gap = _document([_rule(ELECTRONICS, {"en": "Until {last_day}"}, window={"days": 14})])
    assert _page(gap).points("window")[0].lead == "Laptops or Phones"


def test_the_merchants_own_advice_stands_in_for_ours_in_the_readers_language_or_the_documents() -> None:
    page = {"intro": {"de": "Hallo"}, "condition": {"en": "Unworn.", "de": "Ungetragen."}, "packing": {}}
    document = _document(page=page, locale="de")
    french = _page(document, "fr", packing="In the box it came in.")
    assert french.intro == "Hallo"
    assert _section(french, "condition").topics[0].points[0].text == "Ungetragen."
    assert _section(_page(document, "en-GB"), "condition").topics[0].points[0].text == "Unworn."
    assert _section(french, "packing").topics[0].points[0].text == "In the box it came in."
    assert _section(_page(document, "pl"), "packing").topics[0].points[0].text == TEXTS["en"]["packing.own"]


def test_reasons_every_store_has_are_named_in_the_readers_language_unless_the_merchant_renamed_them() -> None:
    assert _page(FULL, "de").points("fees")[0].lead == "Grund Beschädigt oder defekt"
    reasons = [{"code": "damaged", "label": {"en": "Broken"}}]
    renamed = _document([_rule(DAMAGED, fees={}, refund_at="authorized")], reasons=reasons)
    assert _page(renamed, "de").points("refund_at")[0].lead == "Grund Broken"


def test_without_an_address_it_is_told_later() -> None:
    page = _page(document_of(StoreSettings()), return_address=" ")
    assert [(point.text, point.address) for point in page.points("send_to")] == [
        ("We tell you the address when we say yes.", "")
    ]


def test_seasons_that_are_over_are_no_longer_told() -> None:
    past = {"ordered_from": "2025-11-01", "ordered_to": "2025-12-25", "until": "2026-01-31"}
    assert _page(_document(defaults={"seasons": [past]})).points("seasons") == ()
    ruled = _page(_document([_rule(ELECTRONICS, seasons=[])], defaults={"seasons": [{**past, "until": "2026-11-25"}]}))
    assert [lead for lead, _ in _said(ruled, "seasons")] == ["Laptops or Phones", "Everything else"]


def test_a_fact_that_is_gone_does_not_break_the_page() -> None:
    stored = {
        "format": 1, "name": "Old", "reasons": [WORN],
        "rules": [{"code": "old", "name": "Old", "effects": {"outcome": {"decision": "refuse"}},
                   "when": {"test": "compare", "fact": "shopper.star_sign", "op": "is", "value": "leo"}}],
    }  # fmt: skip
    assert _said(_page(load_document(stored)), "outcome")[0] == ("A case we can no longer check", "Cannot come back.")


def lix(page: PolicyPage) -> float:
    """Björnsson's readability index (1968): words a sentence plus percent of words over six letters.

    Whole sentences only: headings, addresses and the words that name items would make it look easier than it is.
    Below 25 is a children's book, 40 a story, 50 a newspaper.
    """
    pieces = [text for text in page.texts() if text.endswith((".", "?"))]
    sentences = sum(len(re.findall(r"[.!?](?=\s|$)", piece)) for piece in pieces)
    words = [word for piece in pieces for word in re.findall(r"[^\W\d_]+", piece)]
    return len(words) / sentences + 100 * sum(len(word) > 6 for word in words) / len(words)


PLAIN = 25
"""What our own texts stay under in every language: as easy as a children's book."""


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize(
    "document",
    [document_of(StoreSettings(review_above=100)), FULL, *(get_starter(code).document for code in STARTERS)],
    ids=["settings", "full", *STARTERS],
)
def test_the_page_is_easy_to_read(document: PolicyDocument, language: str) -> None:
    assert lix(_page(document, language)) < PLAIN


LEGAL = {
    "en": "withdrawal warranty liab pursuant hereby terms contract entitle consumer statutory goodwill",
    "de": "widerruf gewährleistung haftung agb gemäß hiermit vertrag anspruch verbraucher gesetz kulanz erstattung",
    "fr": "rétractation garantie responsabilité conformément présentes contrat consommateur légal remboursement",
    "es": "desistimiento garantía responsabilidad conforme contrato consumidor legal reembolso",
}


@pytest.mark.parametrize("language", LANGUAGES)
def test_no_legal_terms(language: str) -> None:
    said = " ".join(TEXTS[language].values()).casefold()
    assert [word for word in LEGAL[language].split() if re.search(rf"\b{word}", said)] == []
