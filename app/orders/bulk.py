"""Many rows in one statement: the rows travel as one JSON document, so that their number changes nothing.

The statements are put together from names of our own models; what the store said travels as a parameter.
"""
# ruff: noqa: S608

import json
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from decimal import Decimal
from functools import lru_cache
from typing import Any

from sqlalchemy import Table, TextClause, text
from sqlalchemy.dialects import postgresql

from ..extensions import db

_DIALECT = postgresql.dialect()


def upsert(
    table: Table,
    rows: Iterable[Mapping[str, Any]],
    *,
    key: Sequence[str],
    columns: Sequence[str],
    counter: str = "",
    where: str = "",
    returning: str = "id",
) -> list[tuple[Any, ...]]:
    """Insert `rows` (each with all of `columns`), or write them over the rows of the same `key`.

    `where`: SQL over `old` and `excluded`; a row it refuses stays as it is and is not returned.
    `counter`: a column that is not written over, but grows by one when the row's fingerprint is another than before.
    Sort the rows by their key, or two writers may block each other.
    """
    statement = _statement(table, tuple(key), tuple(columns), counter, where, returning)
    return [tuple(row) for row in db.session.execute(statement, {"rows": as_json(rows)})]


@lru_cache
def _statement(
    table: Table, key: tuple[str, ...], columns: tuple[str, ...], counter: str, where: str, returning: str
) -> TextClause:
    names = ", ".join(columns)
    shape = ", ".join(f"{name} {table.c[name].type.compile(dialect=_DIALECT)}" for name in columns)
    changes = ", ".join(f"{name} = excluded.{name}" for name in columns if name not in (*key, counter))
    if counter:
        changes += f", {counter} = old.{counter} + CAST(excluded.fingerprint <> old.fingerprint AS int)"
    return text(
        f"INSERT INTO {table.name} AS old ({names})"
        f" SELECT {names} FROM json_to_recordset(CAST(:rows AS json)) AS given ({shape})"
        f" ON CONFLICT ({', '.join(key)}) DO UPDATE SET {changes}"
        f"{' WHERE ' + where if where else ''} RETURNING {returning}"
    )


def as_json(rows: Iterable[Mapping[str, Any]]) -> str:
    """`rows` for json_to_recordset: exact amounts and moments as text."""
    return json.dumps([{name: _storable(value) for name, value in row.items()} for row in rows], default=_plain)


def _plain(value: Any) -> str:
    if isinstance(value, Decimal):
        return format(value, "f")
    if isinstance(value, datetime):
        return value.isoformat()
    raise TypeError(f"no JSON for {type(value).__name__}")


def _storable(value: Any) -> Any:
    """Text without what PostgreSQL cannot keep: NUL and halves of characters. Shops import such names."""
    if isinstance(value, str):
        return value if value.isascii() and "\x00" not in value else _whole(value)
    if isinstance(value, dict):
        return {name: _storable(part) for name, part in value.items()}
    if isinstance(value, (list, tuple)):
        return [_storable(part) for part in value]
    return value


def _whole(value: str) -> str:
    return value.replace("\x00", "").encode("utf-8", "replace").decode()
