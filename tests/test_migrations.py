"""What the migrations make is what the models say: columns, checks, indexes, defaults; and the queue beside it."""

import re
from collections.abc import Iterator
from typing import Any

import psycopg
import pytest
from alembic import command
from alembic.script import ScriptDirectory
from flask import Flask
from procrastinate import App, SyncPsycopgConnector
from procrastinate.schema import SchemaManager
from sqlalchemy import CheckConstraint, ForeignKeyConstraint, Index, Table, UniqueConstraint, create_engine
from sqlalchemy.dialects import postgresql
from sqlalchemy.schema import CreateIndex

import app.models  # noqa: F401  every table must be known
from app import database
from app.extensions import Base
from migrations import wall

TABLES = sorted(Base.metadata.tables)


@pytest.fixture
def owner(app: Flask, owner_url: str) -> Iterator[psycopg.Connection[Any]]:
    with psycopg.connect(owner_url, autocommit=True) as connection:
        yield connection


@pytest.fixture(scope="session")
def from_models(owner_url: str, worker_id: str) -> Iterator[psycopg.Connection[Any]]:
    """A database made of the models alone, to hold the migrated one against."""
    url = database.create_database(owner_url, f"models_{worker_id}")
    engine = create_engine(database.for_sqlalchemy(url))
    Base.metadata.create_all(engine)
    engine.dispose()
    with psycopg.connect(url, autocommit=True) as connection:
        yield connection


def rows(connection: psycopg.Connection[Any], query: str) -> list[tuple[Any, ...]]:
    return connection.execute(query, [TABLES]).fetchall()  # type: ignore[arg-type]


NAMES = postgresql.dialect().identifier_preparer  # type: ignore[no-untyped-call]
CATALOGUE = {
    "columns": (
        "SELECT c.relname, a.attname, format_type(a.atttypid, a.atttypmod), a.attnotnull, a.attidentity::text,"
        " a.attgenerated::text, pg_get_expr(d.adbin, d.adrelid) FROM pg_attribute a"
        " JOIN pg_class c ON c.oid = a.attrelid"
        " LEFT JOIN pg_attrdef d ON d.adrelid = a.attrelid AND d.adnum = a.attnum"
        " WHERE c.relnamespace = 'public'::regnamespace AND c.relname = ANY(%s) AND a.attnum > 0 AND NOT a.attisdropped"
        " ORDER BY 1, 2"
    ),
    "constraints": (
        "SELECT c.relname, k.conname, k.contype::text, pg_get_constraintdef(k.oid), k.convalidated FROM pg_constraint k"
        " JOIN pg_class c ON c.oid = k.conrelid WHERE c.relnamespace = 'public'::regnamespace AND c.relname = ANY(%s)"
        " ORDER BY 1, 2"
    ),
    "indexes": (
        "SELECT tablename, indexname, indexdef FROM pg_indexes WHERE schemaname = 'public' AND tablename = ANY(%s)"
        " ORDER BY 1, 2"
    ),
}


def test_alembic_finds_nothing_to_add(owner_url: str, app: Flask) -> None:
    command.check(database.alembic_config(owner_url))


def test_there_is_one_line_of_migrations(owner_url: str) -> None:
    script = ScriptDirectory.from_config(database.alembic_config(owner_url))
    assert len(script.get_heads()) == 1
    assert len(script.get_bases()) == 1


def test_the_database_stands_at_the_last_migration(owner: psycopg.Connection[Any], owner_url: str) -> None:
    [head] = ScriptDirectory.from_config(database.alembic_config(owner_url)).get_heads()
    assert owner.execute("SELECT version_num FROM alembic_version").fetchall() == [(head,)]


@pytest.mark.parametrize("what", sorted(CATALOGUE))
def test_the_catalogue_is_that_of_the_models(
    owner: psycopg.Connection[Any], from_models: psycopg.Connection[Any], what: str
) -> None:
    """Types, defaults, checks and partial indexes, as PostgreSQL itself writes them."""
    migrated, modelled = rows(owner, CATALOGUE[what]), rows(from_models, CATALOGUE[what])
    assert len(modelled) > 30
    assert migrated == modelled


def checks(table: Table) -> set[str]:
    return {str(one.name) for one in table.constraints if isinstance(one, CheckConstraint)}


def test_every_check_and_every_partial_index_of_the_models_is_there(owner: psycopg.Connection[Any]) -> None:
    """By name from the models: a database made of the same metadata cannot tell what both forgot."""
    there = {name for _, name, *_ in rows(owner, CATALOGUE["constraints"])}
    indexes = {name: definition for _, name, definition in rows(owner, CATALOGUE["indexes"])}
    partial = 0
    for name, table in Base.metadata.tables.items():
        assert checks(table) <= there, name
        for constraint in table.constraints:
            if isinstance(constraint, (UniqueConstraint, ForeignKeyConstraint)) and constraint.name:
                # A name too long for PostgreSQL is shortened on the way.
                assert NAMES.format_constraint(constraint) in there, (name, constraint.name)
        for index in table.indexes:
            assert str(index.name) in indexes, (name, index.name)
            where = _where(index)
            assert bool(where) == (" WHERE " in indexes[str(index.name)]), index.name
            partial += bool(where)
    assert "ck_return_lines_quantity_positive" in there
    assert partial >= 3


def _where(index: Index) -> str:
    written = str(CreateIndex(index).compile(dialect=postgresql.dialect()))  # type: ignore[no-untyped-call]
    return written.partition(" WHERE ")[2]


def test_every_name_is_one_the_convention_makes_and_none_is_cut(owner: psycopg.Connection[Any]) -> None:
    for table, name, kind, _, _ in rows(owner, CATALOGUE["constraints"]):
        # PostgreSQL 18 keeps NOT NULL as a constraint of its own.
        if kind == "n":
            continue
        prefix = {"p": "pk_", "f": "fk_", "u": "uq_", "c": "ck_"}[kind]
        assert name.startswith(prefix), (table, name)
        assert len(name) < 63, name


def test_a_line_without_units_is_refused_by_the_database_itself(owner: psycopg.Connection[Any]) -> None:
    [(definition,)] = owner.execute(
        "SELECT pg_get_constraintdef(oid) FROM pg_constraint WHERE conname = 'ck_return_lines_quantity_positive'"
    ).fetchall()
    assert definition == "CHECK ((quantity > 0))"


def test_money_is_exact_and_moments_are_aware(owner: psycopg.Connection[Any]) -> None:
    kinds = {(table, column): kind for table, column, kind, *_ in rows(owner, CATALOGUE["columns"])}
    assert not {key for key, kind in kinds.items() if kind in ("real", "double precision")}
    assert not {key for key, kind in kinds.items() if kind == "timestamp without time zone"}
    assert {kind for (table, column), kind in kinds.items() if column.endswith("_inc_tax") or column == "total"} == {
        "numeric(19,4)"
    }
    assert {kind for (_, column), kind in kinds.items() if column.endswith("_at")} == {"timestamp with time zone"}


def test_a_stores_rows_go_with_it(owner: psycopg.Connection[Any]) -> None:
    for table, name, kind, definition, _ in rows(owner, CATALOGUE["constraints"]):
        if kind == "f" and definition.startswith("FOREIGN KEY (store_id)"):
            assert "ON DELETE CASCADE" in definition, (table, name)


def test_every_foreign_key_of_a_hot_table_can_be_followed_backwards(owner: psycopg.Connection[Any]) -> None:
    """`store_id` stands first in an index of every table, or the wall reads everybody's rows."""
    indexes = rows(owner, CATALOGUE["indexes"])
    for table in TABLES:
        if "store_id" in Base.metadata.tables[table].columns:
            definitions = [definition for name, _, definition in indexes if name == table]
            assert any(re.search(r"\(store_id[,)]", one) for one in definitions), table


def test_the_queues_tables_are_those_of_the_library_installed(owner: psycopg.Connection[Any]) -> None:
    schema = SchemaManager(App(connector=SyncPsycopgConnector()).connector).get_schema()
    named = set(re.findall(r"CREATE TABLE (\w+)", schema))
    there = {name for (name,) in owner.execute("SELECT tablename FROM pg_tables WHERE schemaname = 'public'")}
    assert named
    assert named <= there
    functions = set(re.findall(r"CREATE FUNCTION (\w+)", schema))
    present = {
        name for (name,) in owner.execute("SELECT proname FROM pg_proc WHERE pronamespace = 'public'::regnamespace")
    }
    assert functions <= present


def test_migrating_twice_changes_nothing(owner: psycopg.Connection[Any], owner_url: str) -> None:
    before = {what: rows(owner, query) for what, query in CATALOGUE.items()}
    database.migrate(owner_url)
    assert {what: rows(owner, query) for what, query in CATALOGUE.items()} == before


def test_the_application_may_use_every_table_and_sequence(owner: psycopg.Connection[Any]) -> None:
    for table in TABLES:
        for right in ("SELECT", "INSERT", "UPDATE", "DELETE"):
            may = owner.execute("SELECT has_table_privilege(%s, %s, %s)", [wall.APP_ROLE, table, right]).fetchone()
            assert may == (True,), (table, right)
        may = owner.execute("SELECT has_table_privilege(%s, %s, 'TRUNCATE')", [wall.APP_ROLE, table]).fetchone()
        assert may == (False,), table
