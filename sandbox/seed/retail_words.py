"""What the Online Retail file leaves out: categories (guessed from the article's name) and towns (invented)."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

ADDRESSES: dict[str, tuple[str, str, str]] = {
    source: (name, iso2, f"Sample Town {iso2}")
    for source, name, iso2 in (
        ("United Kingdom", "United Kingdom", "GB"), ("France", "France", "FR"), ("Germany", "Germany", "DE"),
        ("EIRE", "Ireland", "IE"), ("Spain", "Spain", "ES"), ("Netherlands", "Netherlands", "NL"),
        ("Belgium", "Belgium", "BE"), ("Switzerland", "Switzerland", "CH"), ("Portugal", "Portugal", "PT"),
        ("Australia", "Australia", "AU"), ("Norway", "Norway", "NO"), ("Italy", "Italy", "IT"),
        ("Channel Islands", "Jersey", "JE"), ("Finland", "Finland", "FI"), ("Cyprus", "Cyprus", "CY"),
        ("Sweden", "Sweden", "SE"), ("Austria", "Austria", "AT"), ("Denmark", "Denmark", "DK"),
        ("Japan", "Japan", "JP"), ("Poland", "Poland", "PL"), ("USA", "United States", "US"),
        ("Israel", "Israel", "IL"), ("Hong Kong", "Hong Kong", "HK"), ("Singapore", "Singapore", "SG"),
        ("Iceland", "Iceland", "IS"), ("Canada", "Canada", "CA"), ("Greece", "Greece", "GR"),
        ("Malta", "Malta", "MT"), ("United Arab Emirates", "United Arab Emirates", "AE"),
        ("European Community", "Belgium", "BE"), ("RSA", "South Africa", "ZA"), ("Lebanon", "Lebanon", "LB"),
        ("Lithuania", "Lithuania", "LT"), ("Brazil", "Brazil", "BR"), ("Czech Republic", "Czech Republic", "CZ"),
        ("Bahrain", "Bahrain", "BH"), ("Saudi Arabia", "Saudi Arabia", "SA"), ("Unspecified", "United Kingdom", "GB"),
    )
}  # fmt: skip


class Categories:
    """A guess by words; the first shelf with a matching word wins."""

    SHELVES = (
        (20, "Bags", ("BAG", "PURSE", "SUITCASE")),
        (21, "Christmas", ("CHRISTMAS", "XMAS", "ADVENT", "REINDEER", "SANTA")),
        (22, "Lights and candles", ("LIGHT", "LANTERN", "CANDLE", "LAMP")),
        (23, "Kitchen", ("CUP", "MUG", "PLATE", "BOWL", "TEA", "CAKE", "LUNCH", "BAKING", "KITCHEN", "JAR")),
        (24, "Paper and cards", ("CARD", "WRAP", "PAPER", "NOTEBOOK", "STICKER", "TISSUE")),
        (25, "Toys", ("TOY", "GAME", "DOLL", "PUZZLE", "CHILD", "BABY")),
        (26, "Home", ("CUSHION", "CLOCK", "FRAME", "SIGN", "HOOK", "HANGER", "BOX", "DRAWER", "DOORMAT")),
    )
    REST = (27, "Gifts")

    def rows(self) -> list[dict[str, Any]]:
        return [{"id": number, "name": name} for number, name, *_ in (*self.SHELVES, self.REST)]

    def __call__(self, name: str) -> int:
        upper = name.upper()
        for number, _, words in self.SHELVES:
            if any(word in upper for word in words):
                return number
        return self.REST[0]


category_of = Categories()


def shelf_rows(skus: list[str], names: list[str], prices: list[str]) -> list[dict[str, Any]]:
    """One catalogue row per article, in the order of first appearance."""
    return [
        {
            "id": 1000 + place,
            "sku": sku,
            "name": names[place] or f"Article {sku}",
            "price": float(Decimal(prices[place])),
            "weight": 0.2,
            "category": category_of(names[place]),
        }
        for place, sku in enumerate(skus)
    ]
