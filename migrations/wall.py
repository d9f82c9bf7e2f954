"""The wall between stores, as SQL: row-level security on every table of a store, and the few doors through it."""

APP_ROLE = "backhaul_app"

_SEEN_STORE = "NULLIF(current_setting('app.store_id', true), '')::bigint"

# The doors: what must be found before we know which store we are in. Each gives an id, never a row.
_FUNCTIONS = """
CREATE FUNCTION find_store_id(wanted_hash text) RETURNS bigint
    LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, public
    AS $$ SELECT id FROM public.stores WHERE store_hash = wanted_hash $$;
CREATE FUNCTION find_session_store_id(wanted_digest text) RETURNS bigint
    LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, public
    AS $$ SELECT store_id FROM public.panel_sessions WHERE key_digest = wanted_digest $$;
CREATE FUNCTION list_active_store_ids() RETURNS SETOF bigint
    LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, public
    AS $$ SELECT id FROM public.stores WHERE status = 'active' ORDER BY id $$;
"""
_SIGNATURES = ("find_store_id(text)", "find_session_store_id(text)", "list_active_store_ids()")
_BEHIND_DOORS = ("stores", "panel_sessions")


def wall_table(table: str, column: str = "store_id") -> list[str]:
    """The statements that put `table` behind the wall: a session sees the rows of its own store, of nobody else."""
    return [
        f"ALTER TABLE {table} ENABLE ROW LEVEL SECURITY",
        f"ALTER TABLE {table} FORCE ROW LEVEL SECURITY",
        f"CREATE POLICY own_store ON {table} USING ({column} = {_SEEN_STORE}) WITH CHECK ({column} = {_SEEN_STORE})",
    ]


def wall_stores() -> list[str]:
    """The store's own row: seen by a session that has entered it only, the one that makes it included."""
    return [
        "ALTER TABLE stores ENABLE ROW LEVEL SECURITY",
        "ALTER TABLE stores FORCE ROW LEVEL SECURITY",
        f"CREATE POLICY own_store ON stores USING (id = {_SEEN_STORE}) WITH CHECK (id = {_SEEN_STORE})",
    ]


def doors() -> list[str]:
    """The functions through the wall; their owner (and nobody else) reads what they look at."""
    readers = [f"CREATE POLICY doors ON {table} FOR SELECT TO CURRENT_USER USING (true)" for table in _BEHIND_DOORS]
    rights = [
        statement
        for signature in _SIGNATURES
        for statement in (
            f"REVOKE ALL ON FUNCTION {signature} FROM PUBLIC",
            f"GRANT EXECUTE ON FUNCTION {signature} TO {APP_ROLE}",
        )
    ]
    return [*readers, _FUNCTIONS, *rights]


def rights() -> list[str]:
    """What the application's role may do: read and write rows, nothing of the schema."""
    return [
        f"GRANT USAGE ON SCHEMA public TO {APP_ROLE}",
        f"GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA public TO {APP_ROLE}",
        f"GRANT USAGE, SELECT ON ALL SEQUENCES IN SCHEMA public TO {APP_ROLE}",
        f"GRANT EXECUTE ON ALL FUNCTIONS IN SCHEMA public TO {APP_ROLE}",
        f"REVOKE ALL ON alembic_version FROM {APP_ROLE}",
    ]
