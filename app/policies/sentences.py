"""What shoppers read where the merchant wrote nothing of their own: English, German, French, Spanish. Pure."""

from datetime import date

from babel.dates import format_date

from .effects import text_in

LOCALES = ("en", "de", "fr", "es")
BUILT_IN: dict[str, dict[str, str]] = {
    "authorized": {
        "en": "This item can be returned until {last_day}.",
        "de": "Dieser Artikel kann bis zum {last_day} zurückgegeben werden.",
        "fr": "Cet article peut être retourné jusqu’au {last_day}.",
        "es": "Este artículo se puede devolver hasta el {last_day}.",
    },
    "authorized_late": {
        "en": "This item can be returned.",
        "de": "Dieser Artikel kann zurückgegeben werden.",
        "fr": "Cet article peut être retourné.",
        "es": "Este artículo se puede devolver.",
    },
    "review": {
        "en": "We look at this request ourselves and answer by mail.",
        "de": "Wir sehen uns diese Anfrage selbst an und antworten per E-Mail.",
        "fr": "Nous examinons cette demande nous-mêmes et vous répondons par e-mail.",
        "es": "Revisamos esta solicitud personalmente y respondemos por correo electrónico.",
    },
    "refused": {
        "en": "This item cannot be returned.",
        "de": "Dieser Artikel kann nicht zurückgegeben werden.",
        "fr": "Cet article ne peut pas être retourné.",
        "es": "Este artículo no se puede devolver.",
    },
    "outside_window": {
        "en": "This item could be returned until {last_day}.",
        "de": "Dieser Artikel konnte bis zum {last_day} zurückgegeben werden.",
        "fr": "Cet article pouvait être retourné jusqu’au {last_day}.",
        "es": "Este artículo se podía devolver hasta el {last_day}.",
    },
    "gift_certificates": {
        "en": "Gift certificates cannot be returned.",
        "de": "Gutscheine können nicht zurückgegeben werden.",
        "fr": "Les chèques-cadeaux ne peuvent pas être retournés.",
        "es": "Los cheques regalo no se pueden devolver.",
    },
    "downloads": {
        "en": "Downloads cannot be returned.",
        "de": "Downloads können nicht zurückgegeben werden.",
        "fr": "Les téléchargements ne peuvent pas être retournés.",
        "es": "Las descargas no se pueden devolver.",
    },
    "this_kind": {
        "en": "Items of this kind cannot be returned.",
        "de": "Artikel dieser Art können nicht zurückgegeben werden.",
        "fr": "Les articles de ce type ne peuvent pas être retournés.",
        "es": "Los artículos de este tipo no se pueden devolver.",
    },
}
"""By what is to be said and language."""
_DATES = {"en": "d MMMM y"}


def built_in(key: str, locale: str) -> str:
    """The sentence with its braces, in the shopper's language where we have it."""
    return text_in(BUILT_IN[key], locale)


def day_in_words(day: date, locale: str) -> str:
    """ "31 March 2026", in the language of `locale` where we have it."""
    language = locale[:2] if locale[:2] in LOCALES else "en"
    return format_date(day, format=_DATES.get(language, "long"), locale=language)
