"""The words of the policy page, a module a language; every one has the same keys. Pure.

Short words and short sentences: tests measure how hard they are to read.
"""

from collections.abc import Iterable
from datetime import date
from decimal import Decimal

from babel.core import Locale
from babel.lists import format_list
from babel.numbers import format_currency, format_decimal

from ...lib.money import minor_units
from ..sentences import LOCALES, day_in_words
from . import de, en, es, fr

TEXTS: dict[str, dict[str, str]] = {"en": en.TEXTS, "de": de.TEXTS, "fr": fr.TEXTS, "es": es.TEXTS}
NAMES = {"en": "English", "de": "Deutsch", "fr": "Français", "es": "Español"}
"""What each language calls itself."""
assert set(TEXTS) == set(NAMES) == set(LOCALES)
_ANY_DECIMALS = "#" * 6


class Words:
    """How things are said in one language, the nearest we have to `locale`: its language, else English."""

    def __init__(self, locale: str) -> None:
        self.language = locale[:2] if locale[:2] in TEXTS else "en"
        self._texts = TEXTS[self.language]

    def say(self, key: str, **values: object) -> str:
        return self._texts[key].format(**values)

    def has(self, key: str) -> bool:
        return key in self._texts

    def days(self, count: int) -> str:
        return self.say("days.one") if count == 1 else self.say("days.many", n=self.number(Decimal(count)))

    def number(self, value: Decimal) -> str:
        """In full: what is written here is what is compared."""
        return str(format_decimal(value, format=f"#,##0.{_ANY_DECIMALS}", locale=self.language))

    def percent(self, value: Decimal) -> str:
        return self.say("percent", n=self.number(value))

    def amount(self, value: Decimal, currency: str) -> str:
        """ "12.50 EUR", in full."""
        least = minor_units(currency)
        pattern = f"#,##0.{'0' * least}{'#' * (6 - least)}\xa0¤¤"
        return str(format_currency(value, currency, format=pattern, locale=self.language, currency_digits=False))

    def day(self, value: date) -> str:
        return day_in_words(value, self.language)

    def one_of(self, values: Iterable[str]) -> str:
        return str(format_list(list(values), style="or", locale=self.language))

    def all_of(self, values: Iterable[str]) -> str:
        return str(format_list(list(values), locale=self.language))

    def country(self, code: str) -> str:
        """Its name; `code` itself of one we do not know."""
        return str(Locale.parse(self.language).territories.get(code, code))


def capital(text: str) -> str:
    """With a capital at its beginning."""
    return text[:1].upper() + text[1:]
