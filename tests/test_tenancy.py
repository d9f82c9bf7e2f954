"""The wall between stores: what the catalogue says, what raw SQL sees, and what a stranger finds behind every door."""

import re
from collections.abc import Callable, Iterator
from contextvars import Context
from dataclasses import dataclass
from typing import Any

import psycopg
import pytest
from flask import Flask
from sqlalchemy import text
from werkzeug.routing import Rule
from werkzeug.test import TestResponse

from app import create_app, database
from app.extensions import Base, as_store
from app.flows.settle_return import promise, quote
from app.insights.backtest import start_backtest
from app.insights.models import BacktestRun
from app.lib import clock
from app.orders.queries import list_orders
from app.policies.document import dump_document
from app.policies.models import PolicyDraft, PolicyVersion
from app.policies.versions import current_policy
from app.resolutions.models import Refund
from app.returns.actor import Actor
from app.returns.models import Return
from app.returns.queries import list_returns
from app.stores.lookup import list_active_store_ids
from app.stores.models import Store
from app.stores.sessions import open_portal_session
from app.withdrawals.models import Withdrawal
from app.withdrawals.record import record
from app.withdrawals.statement import Statement
from migrations import wall
from tests.conftest import settings_for
from tests.doubles import BigCommerceDouble
from tests.factories import a_line, a_return, a_store, a_user, an_order
from tests.web.panel_visitor import Visitor

OWN_ROWS = "(store_id = (NULLIF(current_setting('app.store_id'::text, true), ''::text))::bigint)"
OWN_STORE = OWN_ROWS.replace("store_id =", "id =")
DOORS_READ = {"stores", "panel_sessions"}
"""Tables the functions through the wall look at, as their owner: the only ones with a second policy."""
SECRETS = ("Secret lamp", "Demo Secretperson", "secretperson@shop.example", "RMA-")


@pytest.fixture
def owner(app: Flask, owner_url: str) -> Iterator[psycopg.Connection[Any]]:
    """The owner's connection: above the wall, as the embedded server's is."""
    with psycopg.connect(owner_url, autocommit=True) as connection:
        yield connection


@pytest.fixture
def raw(app: Flask, owner_url: str) -> Iterator[psycopg.Connection[Any]]:
    """A bare connection as the application's role."""
    with psycopg.connect(database.as_app_role(owner_url), autocommit=True) as connection:
        yield connection


def tables_of_stores(owner: psycopg.Connection[Any]) -> list[str]:
    rows = owner.execute(
        "SELECT c.relname FROM pg_class c JOIN pg_attribute a ON a.attrelid = c.oid"
        " WHERE c.relnamespace = 'public'::regnamespace AND c.relkind IN ('r', 'p')"
        " AND a.attname = 'store_id' AND NOT a.attisdropped ORDER BY 1"
    )
    return [name for (name,) in rows]


def policies(owner: psycopg.Connection[Any], table: str) -> list[tuple[Any, ...]]:
    return owner.execute(
        "SELECT policyname, permissive, roles::text, cmd, qual, with_check FROM pg_policies WHERE tablename = %s"
        " ORDER BY policyname",
        [table],
    ).fetchall()


# What the catalogue says


def test_every_table_of_a_store_is_behind_a_forced_wall_with_exactly_its_policies(
    owner: psycopg.Connection[Any],
) -> None:
    [(role,)] = owner.execute("SELECT current_user").fetchall()
    tables = tables_of_stores(owner)
    assert set(tables) == {name for name, table in Base.metadata.tables.items() if "store_id" in table.columns}
    assert len(tables) > 20
    for table in [*tables, "stores"]:
        raised = owner.execute(
            "SELECT relrowsecurity, relforcerowsecurity FROM pg_class WHERE oid = %s::regclass", [table]
        ).fetchone()
        assert raised == (True, True), table
        own = OWN_STORE if table == "stores" else OWN_ROWS
        expected: list[tuple[Any, ...]] = [("own_store", "PERMISSIVE", "{public}", "ALL", own, own)]
        if table in DOORS_READ:
            expected.insert(0, ("doors", "PERMISSIVE", f"{{{role}}}", "SELECT", "true", None))
        assert policies(owner, table) == expected, table


def test_no_table_of_the_house_is_without_a_store(owner: psycopg.Connection[Any]) -> None:
    rows = owner.execute("SELECT tablename FROM pg_tables WHERE schemaname = 'public'").fetchall()
    ours = {name for (name,) in rows if not name.startswith("procrastinate_")}
    assert ours == {*tables_of_stores(owner), "stores", "alembic_version"}


def test_the_applications_role_stands_below_the_wall(owner: psycopg.Connection[Any]) -> None:
    role = owner.execute(
        "SELECT rolsuper, rolbypassrls, rolcreatedb, rolcreaterole FROM pg_roles WHERE rolname = %s", [wall.APP_ROLE]
    ).fetchone()
    assert role == (False, False, False, False)
    owned = owner.execute("SELECT relname FROM pg_class WHERE relowner = %s::regrole", [wall.APP_ROLE]).fetchall()
    assert owned == []
    member = owner.execute("SELECT 1 FROM pg_auth_members WHERE member = %s::regrole", [wall.APP_ROLE]).fetchall()
    assert member == []


@pytest.mark.parametrize(
    "statement",
    [
        "ALTER TABLE orders DISABLE ROW LEVEL SECURITY",
        "DROP POLICY own_store ON orders",
        "CREATE POLICY everything ON orders USING (true)",
        "TRUNCATE orders",
        "SET ROLE postgres",
        "CREATE TABLE mine (id int)",
        "UPDATE alembic_version SET version_num = '0'",
    ],
)
def test_the_applications_role_cannot_touch_the_wall(raw: psycopg.Connection[Any], statement: str) -> None:
    with pytest.raises(psycopg.errors.InsufficientPrivilege):
        raw.execute(statement)  # type: ignore[arg-type]


def test_the_boot_refuses_a_role_that_sees_over_the_wall(owner_url: str) -> None:
    with pytest.raises(database.UnsafeRole, match="superuser"):
        create_app(settings_for(owner_url, database_url=owner_url))


@pytest.mark.parametrize("rights", ["BYPASSRLS", "SUPERUSER"])
def test_the_boot_refuses_every_kind_of_unsafe_role(
    owner: psycopg.Connection[Any], owner_url: str, rights: str
) -> None:
    name = f"unsafe_{rights.lower()}"
    owner.execute(f"DROP ROLE IF EXISTS {name}")  # type: ignore[arg-type]
    owner.execute(f"CREATE ROLE {name} LOGIN {rights}")  # type: ignore[arg-type]
    try:
        url = database.as_app_role(owner_url).replace(wall.APP_ROLE, name)
        with pytest.raises(database.UnsafeRole):
            create_app(settings_for(owner_url, database_url=url))
    finally:
        owner.execute(f"DROP ROLE {name}")  # type: ignore[arg-type]


def test_the_doors_through_the_wall_are_known_and_give_ids_only(owner: psycopg.Connection[Any]) -> None:
    rows = owner.execute(
        "SELECT p.proname, pg_get_function_result(p.oid), p.proconfig::text, p.proacl::text"
        " FROM pg_proc p WHERE p.prosecdef AND p.pronamespace = 'public'::regnamespace ORDER BY 1"
    ).fetchall()
    assert [(name, result) for name, result, _, _ in rows] == [
        ("find_session_store_id", "bigint"),
        ("find_store_id", "bigint"),
        ("list_active_store_ids", "SETOF bigint"),
    ]
    for name, _, settings, rights in rows:
        assert "search_path=pg_catalog, public" in settings, name
        # Nobody but its owner and the application: no entry without a name before "=".
        assert not re.search(r"[{,]=", rights), (name, rights)


# What raw SQL sees


def seeing(raw: psycopg.Connection[Any], store: str | None) -> None:
    raw.execute("RESET app.store_id" if store is None else f"SET app.store_id = '{store}'")  # type: ignore[arg-type]


@pytest.fixture
def two(db: Any, store: Store) -> tuple[int, int]:
    """Two stores with everything in them: an order, a return, a letter, a session; their numbers."""
    other = a_store(store_hash="xyz")
    for one in (store.id, other.id):
        with as_store(one):
            rma = a_return(an_order([a_line(name="Secret lamp")]))
            open_portal_session(order_id=rma.order_id)
            db.session.commit()
    mine = store.id
    db.session.rollback()
    return mine, other.id


def test_without_a_store_raw_sql_sees_no_row_of_any_table(
    raw: psycopg.Connection[Any], owner: psycopg.Connection[Any], two: tuple[int, int]
) -> None:
    for entered in (None, "", "999999"):
        seeing(raw, entered)
        for table in [*tables_of_stores(owner), "stores"]:
            [(count,)] = raw.execute(f'SELECT count(*) FROM "{table}"').fetchall()  # type: ignore[arg-type]
            assert count == 0, (entered, table)


def test_in_a_store_raw_sql_sees_its_rows_and_no_others(
    raw: psycopg.Connection[Any], owner: psycopg.Connection[Any], two: tuple[int, int]
) -> None:
    for entered in two:
        seeing(raw, str(entered))
        for table in tables_of_stores(owner):
            rows = raw.execute(f'SELECT DISTINCT store_id FROM "{table}"').fetchall()  # type: ignore[arg-type]
            assert rows in ([], [(entered,)]), table
        assert raw.execute("SELECT DISTINCT store_id FROM orders").fetchall() == [(entered,)]
        assert raw.execute("SELECT DISTINCT store_id FROM return_events").fetchall() == [(entered,)]
        assert raw.execute("SELECT id FROM stores").fetchall() == [(entered,)]


def test_raw_sql_cannot_write_into_another_store(
    raw: psycopg.Connection[Any], owner: psycopg.Connection[Any], two: tuple[int, int]
) -> None:
    mine, theirs = two
    insert = "INSERT INTO used_tokens (store_id, jti, expires_at) VALUES (%s, 'a-token', now())"
    for entered in (None, "", str(mine)):
        seeing(raw, entered)
        with pytest.raises(psycopg.errors.InsufficientPrivilege, match="row-level security"):
            raw.execute(insert, [theirs])
        for table in tables_of_stores(owner):
            changed = raw.execute(
                f'UPDATE "{table}" SET store_id = store_id WHERE store_id = %s',  # type: ignore[arg-type]
                [theirs],
            )
            assert changed.rowcount == 0, (entered, table)
            assert raw.execute(f'DELETE FROM "{table}" WHERE store_id = %s', [theirs]).rowcount == 0  # type: ignore[arg-type]
    seeing(raw, str(mine))
    with pytest.raises(psycopg.errors.InsufficientPrivilege, match="row-level security"):
        raw.execute("UPDATE orders SET store_id = %s", [theirs])
    with pytest.raises(psycopg.errors.InsufficientPrivilege, match="row-level security"):
        raw.execute("UPDATE stores SET id = 4711")
    seeing(raw, str(theirs))
    assert raw.execute("SELECT count(*) FROM orders").fetchall() == [(1,)]
    assert raw.execute("SELECT count(*) FROM used_tokens").fetchall() == [(0,)]


def test_a_committed_transaction_does_not_leave_its_store_in_the_connection(app: Flask, two: tuple[int, int]) -> None:
    from app.extensions import db, enter_store

    with as_store(two[0]):
        assert db.session.scalar(text("SELECT count(*) FROM orders")) == 1
        db.session.commit()
        # A handler commits half-way: the next transaction is told anew.
        assert db.session.scalar(text("SELECT count(*) FROM orders")) == 1
        db.session.commit()
    enter_store(None)
    assert db.session.scalar(text("SELECT count(*) FROM orders")) == 0
    db.session.commit()
    with db.engine.connect() as connection:
        assert connection.execute(text("SELECT count(*) FROM orders")).scalar_one() == 0


def test_the_noise_beside_every_test_never_shows(db: Any, store: Store) -> None:
    an_order([a_line()], shopper_name="Demo Own")
    assert [order.shopper_name for order in list_orders().items] == ["Demo Own"]
    assert list_returns().total == 0
    assert len(list_active_store_ids()) == 2
    assert db.session.scalar(text("SELECT count(*) FROM stores")) == 1


# What a stranger finds behind every door


@dataclass(frozen=True)
class Belongings:
    """What stands in the first store, and what an address that names it is filled with."""

    rma: Return
    refund: Refund
    withdrawal: Withdrawal
    backtest: BacktestRun
    draft: PolicyDraft
    published: PolicyVersion

    def address(self, rule: Rule, store_hash: str) -> str:
        values = {
            "<int:return_id>": self.rma.id,
            "<int:refund_id>": self.refund.id,
            "<int:withdrawal_id>": self.withdrawal.id,
            "<int:backtest_id>": self.backtest.id,
            "<int:draft_id>": self.draft.id,
            "<int:version>": self.published.version,
            "<int:index>": 0,
            "<code>": "a_rule",
            "<int:bc_order_id>": self.rma.order.bc_order_id,
            "<int:order_number>": self.rma.order.bc_order_id,
            "<number>": self.rma.number,
            "<store_hash>": store_hash,
            "<section>": "address",
        }
        path = rule.rule
        for name, value in values.items():
            path = path.replace(name, str(value))
        assert "<" not in path, f"how is {rule.rule} filled? Say so here, and what a stranger finds behind it"
        return path


NAMING = {
    "return_id", "refund_id", "withdrawal_id", "backtest_id", "draft_id", "version", "bc_order_id", "order_number",
    "number",
}  # fmt: skip
"""Arguments of an address that name something of a store."""
NO_NAMES = {"store_hash", "section", "filename", "index", "code"}
"""Arguments that name nobody's thing: a public address, a part of one's own settings, a file of ours."""


NOBODYS = str.maketrans("0123456789", "9999999999")
"""Every number becomes one that nobody has."""


def bare(page: str) -> str:
    """The page without what is new on every page, its numbers as nobody's."""
    return re.sub(r'(name="csrf_token" value|content)="[^"]+"', "", page).translate(NOBODYS)


def naming(app: Flask, blueprint: str) -> list[Rule]:
    return [
        rule
        for rule in app.url_map.iter_rules()
        if rule.endpoint.startswith(f"{blueprint}.") and rule.arguments & NAMING
    ]


def methods(rule: Rule) -> list[str]:
    return sorted((rule.methods or set()) - {"HEAD", "OPTIONS"})


@pytest.fixture
def theirs(db: Any, store: Store, bc: BigCommerceDouble) -> Belongings:
    """A return of the first store with a promised refund."""
    order = an_order(
        [a_line(quantity=2, name="Secret lamp")],
        shopper_name="Demo Secretperson",
        shopper_email="secretperson@shop.example",
        bc_customer_id=44,
    )
    rma = a_return(order)
    refund = Refund(
        store_id=store.id, return_id=rma.id, order_id=order.id, source="merchant", total=10, currency="USD",
        promised_at=rma.created_at,
    )  # fmt: skip
    db.session.add(refund)
    said = Statement("Demo Secretperson", "Secret lamp", "secretperson@shop.example")
    withdrawal, _ = record(said, form_key="form-key", store=store, key="key")
    _, policy = current_policy(store)
    backtest = start_backtest(policy, "Secret lamp", by="secretperson@shop.example")
    secret = {**dump_document(policy), "name": "Secret lamp"}
    draft = PolicyDraft(store_id=store.id, document=secret, cases=[], updated_at=clock.now())
    published = PolicyVersion(store_id=store.id, version=7, document=secret, published_at=clock.now())
    db.session.add_all([draft, published])
    db.session.commit()
    return Belongings(rma, refund, withdrawal, backtest, draft, published)


@pytest.fixture
def everything(owner: psycopg.Connection[Any], store: Store) -> Callable[[], dict[str, list[Any]]]:
    """All rows of the first store and its jobs, seen from above: to tell that nothing was written."""
    number = store.id

    def read() -> dict[str, list[Any]]:
        rows = {
            table: owner.execute(
                f'SELECT * FROM "{table}" WHERE store_id = %s ORDER BY 1, 2',  # type: ignore[arg-type]
                [number],
            ).fetchall()
            for table in tables_of_stores(owner)
            if table not in ("panel_sessions", "portal_sessions", "throttles")
        }
        rows["stores"] = owner.execute("SELECT * FROM stores WHERE id = %s", [number]).fetchall()
        jobs = owner.execute(
            "SELECT * FROM procrastinate_jobs WHERE args->>'store_id' = %s ORDER BY id", [str(number)]
        ).fetchall()
        return {**rows, "jobs": jobs}

    return read


def test_every_address_is_known_to_these_tests(app: Flask) -> None:
    for rule in app.url_map.iter_rules():
        unknown = rule.arguments - NAMING - NO_NAMES
        assert not unknown, f"{rule.rule}: does {unknown} name something of a store?"
    everywhere = {rule.endpoint for rule in app.url_map.iter_rules() if rule.arguments & NAMING}
    tried = {rule.endpoint for blueprint in ("panel", "portal") for rule in naming(app, blueprint)}
    assert everywhere == tried
    assert len(tried) >= 20


def test_a_clerk_of_another_store_finds_nothing_at_any_address_of_the_panel(
    app: Flask, db: Any, theirs: Belongings, everything: Callable[[], dict[str, list[Any]]]
) -> None:
    stranger = Visitor(app, a_store(store_hash="xyz"), bc_user_id=9)
    stranger.get("/panel/welcome")
    line = theirs.rma.lines[0]
    form = {
        "line": line.id, f"quantity-{line.id}": 1, f"version-{line.id}": line.version, "why": "Because.", "sure": "1",
        "text": "A note.", "quote_id": "1", "went_out": "yes", "form_key": "a-form-key-of-the-test",
        f"quantity-{line.order_line_id}": 1, f"reason-{line.order_line_id}": "damaged",
    }  # fmt: skip
    db.session.rollback()
    before = everything()
    for rule in naming(app, "panel"):
        path = theirs.address(rule, "xyz")
        for method in methods(rule):
            answer = stranger.get(path) if method == "GET" else stranger.post(path, form)
            assert answer.status_code == 404, (method, path)
            for secret in SECRETS:
                assert secret not in answer.text, (method, path, secret)
            if method == "GET":
                # Word for word what an address says that never was anybody's.
                nobodys = stranger.get(path.translate(NOBODYS))
                assert bare(nobodys.text) == bare(answer.text), path
    assert everything() == before


@pytest.mark.parametrize("who", ["guest", "customer"])
def test_a_shopper_of_another_store_finds_nothing_at_any_address_of_the_portal(
    app: Flask, db: Any, theirs: Belongings, everything: Callable[[], dict[str, list[Any]]], who: str
) -> None:
    other = a_store(store_hash="xyz")
    with as_store(other.id):
        own = an_order([a_line()], bc_customer_id=44)
        key = open_portal_session(order_id=own.id) if who == "guest" else open_portal_session(bc_customer_id=44)
        db.session.commit()
    client = app.test_client()
    with client.session_transaction(path="/r/xyz") as kept:
        kept["portal_key"] = key
    db.session.rollback()
    before = everything()
    for rule in naming(app, "portal"):
        path = theirs.address(rule, "xyz")
        for method in methods(rule):
            answer = shopping(client, method, path)
            assert answer.status_code == 404, (method, path, answer.status_code)
            for secret in SECRETS:
                assert secret not in answer.text, (method, path, secret)
    assert everything() == before


def shopping(client: Any, method: str, path: str) -> TestResponse:
    """A visit as the browser makes it: a form carries the token of the page it stood on."""
    if method == "GET":
        return alone(client, "GET", path)
    store = path.split("/")[2]
    page = alone(client, "GET", f"/r/{store}/code", follow_redirects=True).text
    found = re.search(r'name="csrf_token" value="([^"]+)"', page)
    return alone(client, method, path, data={"csrf_token": found[1] if found else "", "form_key": "a-form-key"})


def alone(client: Any, method: str, path: str, **given: Any) -> TestResponse:
    # In a context of its own: the store the test entered must not help the request.
    answer: TestResponse = Context().run(client.open, path, method=method, **given)
    return answer


def test_the_session_of_one_store_opens_nothing_at_the_portal_of_another(
    app: Flask, db: Any, theirs: Belongings, everything: Callable[[], dict[str, list[Any]]]
) -> None:
    """The key of a shopper of xyz, brought to the first store's own address: as without any."""
    other = a_store(store_hash="xyz")
    with as_store(other.id):
        key = open_portal_session(bc_customer_id=44)
        db.session.commit()
    client = app.test_client()
    with client.session_transaction(path="/r/abc123") as kept:
        kept["portal_key"] = key
    db.session.rollback()
    before = everything()
    for rule in naming(app, "portal"):
        path = theirs.address(rule, "abc123")
        for method in methods(rule):
            answer = shopping(client, method, path)
            assert answer.status_code == 303, (method, path, answer.status_code)
            assert answer.location.startswith("/r/abc123?"), (method, path)
            for secret in SECRETS[:3]:
                assert secret not in answer.text, (method, path, secret)
    assert everything() == before


def test_without_a_session_every_door_is_closed(
    app: Flask, db: Any, theirs: Belongings, everything: Callable[[], dict[str, list[Any]]],
    monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    monkeypatch.setitem(app.config, "WTF_CSRF_ENABLED", False)
    db.session.rollback()
    before = everything()
    open_to_all = {
        "static", "health.healthz", "storefront.script", "portal.entry", "portal.ask", "portal.code", "portal.enter",
        "portal.signed_in", "portal.policy", "portal.withdraw_form", "portal.withdraw_review", "portal.withdraw_send",
        "install.uninstall", "install.remove_user", "install.load", "install.auth", "install.session_check",
        "install.session_address", "hooks.receive",
    }  # fmt: skip
    for rule in app.url_map.iter_rules():
        if rule.endpoint == "static":
            continue
        path = theirs.address(rule, "abc123")
        for method in methods(rule):
            answer = alone(app.test_client(), method, path)
            if rule.endpoint not in open_to_all:
                assert answer.status_code in (302, 303, 401, 404), (method, path, answer.status_code)
            assert answer.status_code < 500, (method, path)
            for secret in SECRETS[:3]:
                assert secret not in answer.text, (method, path, secret)
    assert everything() == before


def test_a_clerk_whose_access_was_taken_away_finds_nothing(
    app: Flask, db: Any, store: Store, theirs: Belongings
) -> None:
    clerk = Visitor(app, store, bc_user_id=7)
    path = f"/panel/returns/{theirs.rma.id}"
    assert clerk.get(path).status_code == 200
    with as_store(store.id):
        db.session.execute(text("UPDATE store_users SET removed_at = now() WHERE bc_user_id = 7"))
        db.session.commit()
    answer = clerk.get(path)
    assert answer.status_code == 401
    assert "Secret lamp" not in answer.text


def test_a_job_of_one_store_that_names_anothers_return_does_nothing(
    app: Flask, db: Any, theirs: Belongings, everything: Callable[[], dict[str, list[Any]]]
) -> None:
    """A job carries ids: with another store's ids it must meet the wall, whatever its handler looks for."""
    from app.lib.errors import NotFound
    from app.worker import handlers

    other = a_store(store_hash="xyz")
    a_user(other)
    ids = {
        "refund.send": {"refund_id": theirs.refund.id},
        "refund.look": {"refund_id": theirs.refund.id},
        "refund.confirm": {"refund_id": theirs.refund.id},
        "refund.adopt": {"order_id": theirs.rma.order_id},
        "write_back.run": {"return_id": theirs.rma.id},
        "letter.send": {"letter_id": 1},
        "withdrawal.follow": {"withdrawal_id": theirs.withdrawal.id},
        "withdrawal.receipt": {"withdrawal_id": theirs.withdrawal.id},
        "policy.backtest": {"run_id": theirs.backtest.id},
    }
    db.session.rollback()
    before = everything()
    for name, arguments in ids.items():
        with as_store(other.id):
            try:
                handlers()[name](other.id, **arguments)
                db.session.commit()
            except NotFound:
                db.session.rollback()
    assert everything() == before


def test_a_quote_of_one_store_cannot_be_promised_from_another(
    app: Flask, db: Any, theirs: Belongings, everything: Callable[[], dict[str, list[Any]]]
) -> None:
    from app.lib.errors import NotFound

    other, clerk = a_store(store_hash="xyz"), Actor("staff", 1, "Clerk")
    rma_id, line_id = theirs.rma.id, theirs.rma.lines[0].id
    db.session.rollback()
    before = everything()
    with as_store(other.id):
        with pytest.raises(NotFound):
            quote(rma_id, {line_id: 1}, shipping=False, actor=clerk)
        db.session.rollback()
        with pytest.raises(NotFound):
            promise(rma_id, 1, clerk)
        db.session.rollback()
    assert everything() == before
