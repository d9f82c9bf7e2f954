"""JSON, amounts and moments as BigCommerce writes them."""

import json
import re
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from decimal import Decimal, InvalidOperation
from email.utils import parsedate_to_datetime
from typing import Any, NoReturn
from urllib.parse import quote

Row = Mapping[str, Any]
Query = Mapping[str, str | int | bool | datetime | Iterable[str | int] | None]


class Unreadable(ValueError):
    """The answer is not what the documentation promises."""


def loads(raw: bytes | str) -> Any:
    """Parse JSON with every fraction as an exact Decimal. Raises ValueError on anything else, NaN included."""
    try:
        return json.loads(raw, parse_float=Decimal, parse_constant=_no_constant)
    except RecursionError:
        raise Unreadable("nested too deep") from None


def _no_constant(name: str) -> NoReturn:
    raise Unreadable(f"{name} is not JSON")


def dumps(value: Any) -> str:
    """JSON in which a Decimal is a number, digit for digit. Refuses floats.

    The standard encoder would need a float on the way, and `0.1 + 0.2` would reach the store's money.
    """
    match value:
        case Decimal():
            if not value.is_finite():
                raise ValueError("only finite numbers exist in JSON")
            return format(value, "f")
        case float():
            raise TypeError("no floats on the wire")
        case Mapping():
            return "{" + ",".join(f"{json.dumps(str(key))}:{dumps(item)}" for key, item in value.items()) + "}"
        case list() | tuple():
            return "[" + ",".join(map(dumps, value)) + "]"
        case _:
            return json.dumps(value)


def plain(value: Any) -> Any:
    """The same for a JSON column: every Decimal as its string of digits."""
    match value:
        case Decimal():
            return format(value, "f")
        case Mapping():
            return {str(key): plain(item) for key, item in value.items()}
        case list() | tuple():
            return [plain(item) for item in value]
        case _:
            return value


def query_string(query: Query) -> str:
    """`?a=1&id:in=1,2`: lists joined with commas, moments in ISO 8601, None left out; "" for nothing."""
    pairs = [f"{name}={quote(_query_value(value), safe=',:')}" for name, value in query.items() if value is not None]
    return "?" + "&".join(pairs) if pairs else ""


def _query_value(value: Any) -> str:
    match value:
        case bool():
            return "true" if value else "false"
        case str() | int():
            return str(value)
        case datetime():
            return value.astimezone(UTC).isoformat(timespec="seconds")
        case _:
            return ",".join(str(part) for part in value)


def amount(row: Row, key: str) -> Decimal:
    """An amount, from V2's "54.0000" or V3's 54.0; 0 where it is absent or empty."""
    value = row.get(key)
    if value is None or value == "":
        return Decimal(0)
    if isinstance(value, (float, bool)):
        raise Unreadable(f"{key} is a {type(value).__name__}")
    try:
        number = Decimal(value)
    except (InvalidOperation, TypeError, ValueError):
        raise Unreadable(f"{key} is not an amount") from None
    if not number.is_finite():
        raise Unreadable(f"{key} is not an amount")
    return number


def integer(row: Row, key: str) -> int:
    """A whole number, also from a numeric string or 2.0; 0 where it is absent or empty."""
    value = row.get(key)
    if value is None or value == "":
        return 0
    number = int(value)
    if isinstance(value, Decimal) and number != value:
        raise Unreadable(f"{key} is not a whole number")
    return number


def some_id(row: Row, key: str) -> int | None:
    """An id; BigCommerce writes 0, null or nothing where there is none."""
    return integer(row, key) or None


def text(row: Row, key: str) -> str:
    """Text; "" where it is absent or null."""
    value = row.get(key)
    return "" if value is None else str(value)


def rows(row: Row, key: str) -> list[Row]:
    """A list of objects; empty where it is absent or null. Raises Unreadable for links instead of objects."""
    value = row.get(key) or []
    if not isinstance(value, list) or not all(isinstance(item, Mapping) for item in value):
        raise Unreadable(f"{key} is not a list of objects")
    return value


def moment(value: Any) -> datetime:
    """An aware UTC moment from RFC 2822 (V2), RFC 3339 (V3) or a unix number (hooks). Raises Unreadable."""
    try:
        if isinstance(value, int):
            return datetime.fromtimestamp(value, UTC)
        found = datetime.fromisoformat(value) if re.match(r"\d{4}-", value) else parsedate_to_datetime(value)
    except (TypeError, ValueError, OverflowError, OSError):
        raise Unreadable("not a date") from None
    return found.replace(tzinfo=UTC) if found.tzinfo is None else found.astimezone(UTC)


def some_moment(row: Row, key: str) -> datetime | None:
    """A moment, or None where the field is absent or empty ("" is how V2 says "not yet")."""
    value = row.get(key)
    return moment(value) if value else None
