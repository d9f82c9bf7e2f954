"""Policies to begin with: each valid, clean and with golden cases of its own (files beside this one)."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path

from ..lib.errors import NotFound
from .document import PolicyDocument, parse_document
from .golden import GoldenCase, parse_cases

FOLDER = Path(__file__).parent / "starters"
STARTERS: Mapping[str, tuple[str, str]] = {
    "general": ("General, 30 days", "Most goods may come back within 30 days; gifts of the season longer."),
    "fashion": ("Fashion", "60 days, exchanges where it does not fit, photos where it is damaged."),
    "electronics": ("Electronics", "30 days, a restocking fee unless you are at fault; you look at dear items."),
    "eu_consumer": ("EU consumer", "30 days, more than the 14 of the law; no fees within the European Union."),
}
"""By code: name and what it is for."""


@dataclass(frozen=True)
class Starter:
    code: str
    document: PolicyDocument
    cases: tuple[GoldenCase, ...]


def get_starter(code: str) -> Starter:
    """Raises NotFound."""
    if code not in STARTERS:
        raise NotFound()
    data = json.loads((FOLDER / f"{code}.json").read_text(), parse_float=Decimal)
    cases = parse_cases(data.pop("cases"))
    return Starter(code, parse_document(data), cases)
