"""What the simulator remembers: JSON documents in one SQLite file, so that a restart keeps everything.

Shapes (all amounts are "54.0000" strings, all dates unix seconds as int, 0 = none; the API renders them):

* store (`stores()`, `store(hash)`): {hash, name, store_id, account_uuid, timezone, currency, currencies[{code, rate}],
  owner{id, email}, users[{id, email, locale}], control_panel_url, app{client_id, token, scopes, user_id, installed} or
  app None, habits{...}, settings{inventory{}, email_statuses{}}}
* order (kind "order", `sandbox.state_orders`): the V2 wire fields by their names, and inside the same document
  `products` (lines with every V2 line field), `shipping_addresses`, `shipments`, `coupons`, `fees`, `taxes`.
  Fields left out get the defaults of `sandbox.defaults`.
* every other noun is a document under its kind: product, category, customer, customer_group, channel, location,
  stock (id "location:product:variant"), refund, transaction, metafield, hook, script, page, extension,
  gift_certificate, mail.
"""

from __future__ import annotations

import json
import sqlite3
import threading
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from sandbox.clock import Clock
from sandbox.faults import Faults

Doc = dict[str, Any]
Key = int | str

SCHEMA = """
CREATE TABLE IF NOT EXISTS docs (
  store TEXT NOT NULL, kind TEXT NOT NULL, id NOT NULL, body TEXT NOT NULL, PRIMARY KEY (store, kind, id)
) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS orders (
  store TEXT NOT NULL, id INTEGER NOT NULL, customer_id INTEGER, email TEXT, status_id INTEGER, total REAL,
  date_created INTEGER, date_modified INTEGER, channel_id INTEGER, payment_method TEXT, cart_id TEXT,
  external_order_id TEXT, external_id TEXT, is_deleted INTEGER, body TEXT NOT NULL, PRIMARY KEY (store, id)
) WITHOUT ROWID;
CREATE INDEX IF NOT EXISTS orders_modified ON orders (store, date_modified, id);
CREATE INDEX IF NOT EXISTS orders_created ON orders (store, date_created, id);
CREATE TABLE IF NOT EXISTS owned (
  store TEXT NOT NULL, kind TEXT NOT NULL, owner INTEGER NOT NULL, id INTEGER NOT NULL,
  PRIMARY KEY (store, kind, owner, id)
) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS counters (
  store TEXT NOT NULL, kind TEXT NOT NULL, last INTEGER NOT NULL, PRIMARY KEY (store, kind)
) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS tasks (id INTEGER PRIMARY KEY, kind TEXT NOT NULL, due_at REAL NOT NULL, body TEXT NOT NULL);
CREATE INDEX IF NOT EXISTS tasks_due ON tasks (due_at);
CREATE TABLE IF NOT EXISTS logs (
  seq INTEGER PRIMARY KEY AUTOINCREMENT, kind TEXT NOT NULL, at REAL NOT NULL, body TEXT NOT NULL
);
CREATE INDEX IF NOT EXISTS logs_kind ON logs (kind, seq);
"""

ANYWHERE = ""  # the store of documents that belong to no store


class Missing(Exception):
    """There is no such document; the API answers 404."""


class State:
    """The documents, the outbox of things to do later, and the logs. Safe to use from any thread."""

    def __init__(self, path: str | Path | None, clock: Clock) -> None:
        self.clock = clock
        self.faults = Faults(clock)
        self.wake = threading.Event()
        self.refund_slots: set[tuple[str, int]] = set()
        self._lock = threading.RLock()
        self._depth = 0
        if path:
            Path(path).parent.mkdir(parents=True, exist_ok=True)
        self._db = sqlite3.connect(str(path or ":memory:"), check_same_thread=False, isolation_level=None)
        self._db.execute("PRAGMA journal_mode=WAL")
        self._db.execute("PRAGMA synchronous=OFF")
        self._db.executescript(SCHEMA)

    def close(self) -> None:
        with self._lock:
            self._db.close()

    def now(self) -> int:
        return int(self.clock.now())

    @contextmanager
    def writing(self) -> Iterator[None]:
        """One transaction; nested ones join the outermost. An exception takes everything back."""
        with self._lock:
            self._depth += 1
            if self._depth == 1:
                self._db.execute("BEGIN IMMEDIATE")
            try:
                yield
            except BaseException:
                if self._depth == 1:
                    self._db.execute("ROLLBACK")
                raise
            else:
                if self._depth == 1:
                    self._db.execute("COMMIT")
            finally:
                self._depth -= 1

    def rows(self, sql: str, args: Iterable[Any] = ()) -> list[tuple[Any, ...]]:
        with self._lock:
            return self._db.execute(sql, tuple(args)).fetchall()

    def run(self, sql: str, args: Iterable[Any] = ()) -> int:
        """Execute one statement; gives the number of rows it touched."""
        with self._lock:
            return self._db.execute(sql, tuple(args)).rowcount

    def run_many(self, sql: str, rows: Iterable[tuple[Any, ...]]) -> None:
        with self._lock:
            self._db.executemany(sql, rows)

    # documents

    def put(self, store: str, kind: str, key: Key, doc: Doc) -> Doc:
        self.run("INSERT OR REPLACE INTO docs VALUES (?,?,?,?)", (store, kind, key, json.dumps(doc)))
        return doc

    def put_many(self, store: str, kind: str, docs: Iterable[tuple[Key, Doc]]) -> None:
        rows = ((store, kind, key, json.dumps(doc)) for key, doc in docs)
        self.run_many("INSERT OR REPLACE INTO docs VALUES (?,?,?,?)", rows)

    def find(self, store: str, kind: str, key: Key) -> Doc | None:
        found = self.rows("SELECT body FROM docs WHERE store=? AND kind=? AND id=?", (store, kind, key))
        return json.loads(found[0][0]) if found else None

    def get(self, store: str, kind: str, key: Key) -> Doc:
        """The document; raises Missing."""
        doc = self.find(store, kind, key)
        if doc is None:
            raise Missing(f"{kind} {key}")
        return doc

    def all(self, store: str, kind: str) -> list[Doc]:
        """Every document of a kind, by id ascending."""
        found = self.rows("SELECT body FROM docs WHERE store=? AND kind=? ORDER BY id", (store, kind))
        return [json.loads(body) for (body,) in found]

    def delete(self, store: str, kind: str, key: Key) -> bool:
        return self.run("DELETE FROM docs WHERE store=? AND kind=? AND id=?", (store, kind, key)) > 0

    def count(self, store: str, kind: str) -> int:
        return int(self.rows("SELECT count(*) FROM docs WHERE store=? AND kind=?", (store, kind))[0][0])

    def own(self, store: str, kind: str, owner: int, key: int) -> None:
        """Note that document `key` of `kind` belongs to the order (or other thing) `owner`; see `all_of`."""
        self.run("INSERT OR REPLACE INTO owned VALUES (?,?,?,?)", (store, kind, owner, key))

    def disown(self, store: str, kind: str, owner: int, key: int) -> None:
        self.run("DELETE FROM owned WHERE store=? AND kind=? AND owner=? AND id=?", (store, kind, owner, key))

    def all_of(self, store: str, kind: str, owner: int) -> list[Doc]:
        """The documents of a kind that belong to `owner`, by id ascending."""
        sql = (
            "SELECT d.body FROM owned o JOIN docs d ON d.store=o.store AND d.kind=o.kind AND d.id=o.id"
            " WHERE o.store=? AND o.kind=? AND o.owner=? ORDER BY o.id"
        )
        return [json.loads(body) for (body,) in self.rows(sql, (store, kind, owner))]

    def next_id(self, store: str, kind: str) -> int:
        sql = "INSERT INTO counters VALUES (?,?,1) ON CONFLICT (store, kind) DO UPDATE SET last=last+1 RETURNING last"
        return int(self.rows(sql, (store, kind))[0][0])

    def reserve_id(self, store: str, kind: str, key: int) -> None:
        """Make sure that `next_id` never gives `key` or anything below it."""
        sql = (
            "INSERT INTO counters VALUES (?,?,?) ON CONFLICT (store, kind) DO UPDATE SET last=max(last, excluded.last)"
        )
        self.run(sql, (store, kind, key))

    # stores

    def stores(self) -> list[Doc]:
        return self.all(ANYWHERE, "store")

    def store(self, store: str) -> Doc:
        """The store's own document; raises Missing."""
        return self.get(ANYWHERE, "store", store)

    def find_store(self, store: str) -> Doc | None:
        return self.find(ANYWHERE, "store", store)

    def save_store(self, doc: Doc) -> Doc:
        return self.put(ANYWHERE, "store", doc["hash"], doc)

    def habits(self, store: str) -> Doc:
        """How this store behaves: tax, rounding, refund_async_s, rate_quota, retry_scale and the like."""
        return self.store(store)["habits"]

    def forget_store(self, store: str) -> None:
        """Remove the store and everything in it."""
        with self.writing():
            for table in ("docs", "orders", "owned", "counters"):
                self.run(f"DELETE FROM {table} WHERE store=?", (store,))  # noqa: S608
            self.run("DELETE FROM tasks WHERE json_extract(body,'$.store')=?", (store,))
            self.delete(ANYWHERE, "store", store)

    # things to do later (hook deliveries, refunds on their way)

    def schedule(self, kind: str, due_at: float, body: Doc) -> int:
        sql = "INSERT INTO tasks (kind, due_at, body) VALUES (?,?,?) RETURNING id"
        task = int(self.rows(sql, (kind, due_at, json.dumps(body)))[0][0])
        self.wake.set()
        return task

    def due_tasks(self, now: float, limit: int = 200) -> list[tuple[int, str, Doc]]:
        sql = "SELECT id, kind, body FROM tasks WHERE due_at<=? ORDER BY due_at, id LIMIT ?"
        return [(task, kind, json.loads(body)) for task, kind, body in self.rows(sql, (now, limit))]

    def finish_task(self, task: int) -> None:
        self.run("DELETE FROM tasks WHERE id=?", (task,))

    def waiting_tasks(self, kind: str) -> int:
        return int(self.rows("SELECT count(*) FROM tasks WHERE kind=?", (kind,))[0][0])

    # logs: api, hooks, refund_posts, mail

    def log(self, kind: str, entry: Doc) -> int:
        sql = "INSERT INTO logs (kind, at, body) VALUES (?,?,?) RETURNING seq"
        return int(self.rows(sql, (kind, self.clock.now(), json.dumps(entry)))[0][0])

    def amend_log(self, seq: int, entry: Doc) -> None:
        self.run("UPDATE logs SET body=? WHERE seq=?", (json.dumps(entry), seq))

    def entries(self, kind: str, since: int = 0) -> list[Doc]:
        """The log of one kind after `since`: dicts with `seq`, `at` (unix seconds) and what was logged."""
        found = self.rows("SELECT seq, at, body FROM logs WHERE kind=? AND seq>? ORDER BY seq", (kind, since))
        return [{"seq": seq, "at": at, **json.loads(body)} for seq, at, body in found]

    def clear_log(self, kind: str) -> None:
        self.run("DELETE FROM logs WHERE kind=?", (kind,))

    def add_mail(self, mail: Doc) -> int:
        """Keep a mail: {to: [..], from, subject, message_id, text, html, headers}; gives its seq."""
        return self.log("mail", mail)

    def mails(self, to: str | None = None, since: int = 0) -> list[Doc]:
        wanted = (to or "").casefold()
        found = self.entries("mail", since)
        return [mail for mail in found if not wanted or wanted in " ".join(mail["to"]).casefold()]
