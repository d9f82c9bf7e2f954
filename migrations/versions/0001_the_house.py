"""Every table of the house, the wall between stores, and the job queue."""

import sqlalchemy as sa
from alembic import op
from procrastinate import App, SyncPsycopgConnector
from procrastinate.schema import SchemaManager
from sqlalchemy.dialects import postgresql

from migrations import wall

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    _tables()
    schema = SchemaManager(App(connector=SyncPsycopgConnector()).connector).get_schema()
    op.get_bind().exec_driver_sql(schema.replace("%", "%%"))
    statements = [*wall.wall_stores()]
    for table in TABLES:
        statements += wall.wall_table(table)
    for statement in [*statements, *wall.doors(), *wall.rights()]:
        op.execute(statement)


TABLES = (
    "backtest_runs",
    "categories",
    "customer_groups",
    "customers",
    "hook_seen",
    "hooks",
    "listed_shoppers",
    "order_wanted",
    "orders",
    "panel_sessions",
    "placements",
    "policy_cases",
    "policy_drafts",
    "policy_versions",
    "products",
    "store_users",
    "sync_runs",
    "throttles",
    "used_tokens",
    "backtest_lines",
    "order_lines",
    "portal_codes",
    "portal_sessions",
    "returns",
    "shipments",
    "store_refunds",
    "letters",
    "refund_quotes",
    "return_lines",
    "withdrawals",
    "write_backs",
    "refunds",
    "return_events",
    "refund_items",
)


def _tables() -> None:
    op.create_table(
        "stores",
        sa.Column("store_hash", sa.Text(), nullable=False),
        sa.Column("status", sa.Text(), nullable=False),
        sa.Column("access_token", sa.Text(), nullable=True),
        sa.Column("scopes", sa.Text(), nullable=False),
        sa.Column("account_uuid", sa.Text(), nullable=True),
        sa.Column("owner_bc_user_id", sa.BigInteger(), nullable=True),
        sa.Column("owner_email", sa.Text(), nullable=True),
        sa.Column("hook_secret", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("domain", sa.Text(), nullable=False),
        sa.Column("control_panel_url", sa.Text(), nullable=False),
        sa.Column("timezone", sa.Text(), nullable=False),
        sa.Column("currency", sa.Text(), nullable=False),
        sa.Column("country", sa.Text(), nullable=False),
        sa.Column("settings", postgresql.JSONB(), nullable=False),
        sa.Column("installed_at", sa.TIMESTAMP(timezone=True), nullable=False),
        sa.Column("uninstalled_at", sa.TIMESTAMP(timezone=True), nullable=True),
        sa.Column("paused_until", sa.TIMESTAMP(timezone=True), nullable=True),
        sa.Column("rate_left", sa.BigInteger(), nullable=True),
        sa.Column("rate_quota", sa.BigInteger(), nullable=True),
        sa.Column("last_webhook_at", sa.TIMESTAMP(timezone=True), nullable=True),
        sa.Column("last_reconcile_at", sa.TIMESTAMP(timezone=True), nullable=True),
        sa.Column("reconciled_until", sa.TIMESTAMP(timezone=True), nullable=True),
        sa.Column("next_reconcile_at", sa.TIMESTAMP(timezone=True), nullable=True),
        sa.Column("hooks_checked_at", sa.TIMESTAMP(timezone=True), nullable=True),
        sa.Column("next_hooks_check_at", sa.TIMESTAMP(timezone=True), nullable=True),
        sa.Column("next_refresh_at", sa.TIMESTAMP(timezone=True), nullable=True),
        sa.Column("last_error", sa.Text(), nullable=True),
        sa.Column("last_error_at", sa.TIMESTAMP(timezone=True), nullable=True),
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_stores")),
        sa.UniqueConstraint("store_hash", name=op.f("uq_stores_store_hash")),
    )
    op.create_table(
        "backtest_runs",
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("phase", sa.Text(), nullable=False),
        sa.Column("label", sa.Text(), nullable=False),
        sa.Column("live_version", sa.BigInteger(), nullable=False),
        sa.Column("channel_id", sa.BigInteger(), nullable=True),
        sa.Column("other_channels", postgresql.JSONB(), nullable=False),
        sa.Column("live", postgresql.JSONB(), nullable=False),
        sa.Column("candidate", postgresql.JSONB(), nullable=False),
        sa.Column("days_after", sa.BigInteger(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("expected", sa.BigInteger(), nullable=False),
        sa.Column("seen", sa.BigInteger(), nullable=False),
        sa.Column("cursor", sa.BigInteger(), nullable=False),
        sa.Column("last_bc_order_id", sa.BigInteger(), nullable=False),
        sa.Column("last_return_id", sa.BigInteger(), nullable=False),
        sa.Column("tally", postgresql.JSONB(), nullable=False),
        sa.Column("intervals", postgresql.JSONB(), nullable=False),
        sa.Column("most_affected", postgresql.JSONB(), nullable=False),
        sa.Column("started_at", sa.TIMESTAMP(timezone=True), nullable=False),
        sa.Column("started_by", sa.Text(), nullable=False),
        sa.Column("finished_at", sa.TIMESTAMP(timezone=True), nullable=True),
        sa.Column("store_id", sa.BigInteger(), nullable=False),
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.ForeignKeyConstraint(
            ["store_id"], ["stores.id"], name=op.f("fk_backtest_runs_store_id_stores"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_backtest_runs")),
    )
    op.create_index(op.f("ix_backtest_runs_store_id"), "backtest_runs", ["store_id"], unique=False)
    op.create_table(
        "categories",
        sa.Column("bc_category_id", sa.BigInteger(), nullable=False),
        sa.Column("bc_parent_id", sa.BigInteger(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("fetched_at", sa.TIMESTAMP(timezone=True), nullable=False),
        sa.Column("store_id", sa.BigInteger(), nullable=False),
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.ForeignKeyConstraint(
            ["store_id"], ["stores.id"], name=op.f("fk_categories_store_id_stores"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_categories")),
        sa.UniqueConstraint("store_id", "bc_category_id", name=op.f("uq_categories_store_id_bc_category_id")),
    )
    op.create_index(op.f("ix_categories_store_id"), "categories", ["store_id"], unique=False)
    op.create_table(
        "customer_groups",
        sa.Column("bc_group_id", sa.BigInteger(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("fetched_at", sa.TIMESTAMP(timezone=True), nullable=False),
        sa.Column("store_id", sa.BigInteger(), nullable=False),
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.ForeignKeyConstraint(
            ["store_id"], ["stores.id"], name=op.f("fk_customer_groups_store_id_stores"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_customer_groups")),
        sa.UniqueConstraint("store_id", "bc_group_id", name=op.f("uq_customer_groups_store_id_bc_group_id")),
    )
    op.create_index(op.f("ix_customer_groups_store_id"), "customer_groups", ["store_id"], unique=False)
    op.create_table(
        "customers",
        sa.Column("bc_customer_id", sa.BigInteger(), nullable=False),
        sa.Column("bc_group_id", sa.BigInteger(), nullable=False),
        sa.Column("fetched_at", sa.TIMESTAMP(timezone=True), nullable=False),
        sa.Column("store_id", sa.BigInteger(), nullable=False),
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.ForeignKeyConstraint(
            ["store_id"], ["stores.id"], name=op.f("fk_customers_store_id_stores"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_customers")),
        sa.UniqueConstraint("store_id", "bc_customer_id", name=op.f("uq_customers_store_id_bc_customer_id")),
    )
    op.create_index(op.f("ix_customers_store_id"), "customers", ["store_id"], unique=False)
    op.create_table(
        "hook_seen",
        sa.Column("store_id", sa.BigInteger(), nullable=False),
        sa.Column("delivery", sa.Text(), nullable=False),
        sa.Column("seen_at", sa.TIMESTAMP(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["store_id"], ["stores.id"], name=op.f("fk_hook_seen_store_id_stores"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("store_id", "delivery", name=op.f("pk_hook_seen")),
    )
    op.create_index(op.f("ix_hook_seen_seen_at"), "hook_seen", ["seen_at"], unique=False)
    op.create_table(
        "hooks",
        sa.Column("scope", sa.Text(), nullable=False),
        sa.Column("bc_hook_id", sa.BigInteger(), nullable=False),
        sa.Column("destination", sa.Text(), nullable=False),
        sa.Column("is_active", sa.Boolean(), nullable=False),
        sa.Column("checked_at", sa.TIMESTAMP(timezone=True), nullable=False),
        sa.Column("store_id", sa.BigInteger(), nullable=False),
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.ForeignKeyConstraint(["store_id"], ["stores.id"], name=op.f("fk_hooks_store_id_stores"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_hooks")),
        sa.UniqueConstraint("store_id", "scope", name=op.f("uq_hooks_store_id_scope")),
    )
    op.create_index(op.f("ix_hooks_store_id"), "hooks", ["store_id"], unique=False)
    op.create_table(
        "listed_shoppers",
        sa.Column("list_name", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("value", sa.Text(), nullable=False),
        sa.Column("note", sa.Text(), nullable=False),
        sa.Column("added_at", sa.TIMESTAMP(timezone=True), nullable=False),
        sa.Column("added_by", sa.Text(), nullable=False),
        sa.Column("store_id", sa.BigInteger(), nullable=False),
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.ForeignKeyConstraint(
            ["store_id"], ["stores.id"], name=op.f("fk_listed_shoppers_store_id_stores"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_listed_shoppers")),
        sa.UniqueConstraint(
            "store_id", "list_name", "kind", "value", name=op.f("uq_listed_shoppers_store_id_list_name_kind_value")
        ),
    )
    op.create_index(op.f("ix_listed_shoppers_store_id"), "listed_shoppers", ["store_id"], unique=False)
    op.create_table(
        "order_wanted",
        sa.Column("store_id", sa.BigInteger(), nullable=False),
        sa.Column("bc_order_id", sa.BigInteger(), nullable=False),
        sa.Column("wanted", sa.BigInteger(), nullable=False),
        sa.Column("done", sa.BigInteger(), nullable=False),
        sa.Column("shipments_wanted", sa.Boolean(), nullable=False),
        sa.Column("refunds_wanted", sa.Boolean(), nullable=False),
        sa.Column("wanted_since", sa.TIMESTAMP(timezone=True), nullable=False),
        sa.Column("done_at", sa.TIMESTAMP(timezone=True), nullable=True),
        sa.Column("error", sa.Text(), nullable=True),
        sa.ForeignKeyConstraint(
            ["store_id"], ["stores.id"], name=op.f("fk_order_wanted_store_id_stores"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("store_id", "bc_order_id", name=op.f("pk_order_wanted")),
    )
    op.create_index(
        "ix_order_wanted_waiting",
        "order_wanted",
        ["store_id", "wanted_since"],
        unique=False,
        postgresql_where=sa.text("wanted > done"),
    )
    op.create_table(
        "orders",
        sa.Column("bc_order_id", sa.BigInteger(), nullable=False),
        sa.Column("version", sa.BigInteger(), nullable=False),
        sa.Column("bc_status_id", sa.BigInteger(), nullable=False),
        sa.Column("bc_status", sa.Text(), nullable=False),
        sa.Column("bc_customer_id", sa.BigInteger(), nullable=False),
        sa.Column("channel_id", sa.BigInteger(), nullable=False),
        sa.Column("currency", sa.Text(), nullable=False),
        sa.Column("total_inc_tax", sa.Numeric(precision=19, scale=4), nullable=False),
        sa.Column("total_ex_tax", sa.Numeric(precision=19, scale=4), nullable=False),
        sa.Column("subtotal_inc_tax", sa.Numeric(precision=19, scale=4), nullable=False),
        sa.Column("shipping_inc_tax", sa.Numeric(precision=19, scale=4), nullable=False),
        sa.Column("shipping_ex_tax", sa.Numeric(precision=19, scale=4), nullable=False),
        sa.Column("discount", sa.Numeric(precision=19, scale=4), nullable=False),
        sa.Column("coupon_discount", sa.Numeric(precision=19, scale=4), nullable=False),
        sa.Column("is_tax_inclusive", sa.Boolean(), nullable=False),
        sa.Column("payment_method", sa.Text(), nullable=False),
        sa.Column("payment_status", sa.Text(), nullable=False),
        sa.Column("items_total", sa.BigInteger(), nullable=False),
        sa.Column("items_shipped", sa.BigInteger(), nullable=False),
        sa.Column("is_deleted", sa.Boolean(), nullable=False),
        sa.Column("is_digital", sa.Boolean(), nullable=False),
        sa.Column("staff_notes", sa.Text(), nullable=False),
        sa.Column("customer_locale", sa.Text(), nullable=False),
        sa.Column("external_source", sa.Text(), nullable=False),
        sa.Column("external_order_id", sa.Text(), nullable=False),
        sa.Column("coupons", postgresql.JSONB(), server_default="[]", nullable=False),
        sa.Column("shopper_name", sa.Text(), nullable=False),
        sa.Column("shopper_email", sa.Text(), nullable=False),
        sa.Column("shopper_phone", sa.Text(), nullable=False),
        sa.Column("billing_address", postgresql.JSONB(), nullable=False),
        sa.Column("shipping_address", postgresql.JSONB(), nullable=False),
        sa.Column("ordered_at", sa.TIMESTAMP(timezone=True), nullable=False),
        sa.Column("modified_at", sa.TIMESTAMP(timezone=True), nullable=False),
        sa.Column("shipped_at", sa.TIMESTAMP(timezone=True), nullable=True),
        sa.Column("delivered_at", sa.TIMESTAMP(timezone=True), nullable=True),
        sa.Column("shipments_known_at", sa.TIMESTAMP(timezone=True), nullable=True),
        sa.Column("synced_at", sa.TIMESTAMP(timezone=True), nullable=False),
        sa.Column("fingerprint", sa.Text(), nullable=False),
        sa.Column(
            "search",
            postgresql.TSVECTOR(),
            sa.Computed(
                "to_tsvector('simple', bc_order_id::text || ' ' || shopper_name || ' ' || shopper_email)",
                persisted=True,
            ),
            nullable=False,
        ),
        sa.Column("store_id", sa.BigInteger(), nullable=False),
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.ForeignKeyConstraint(
            ["store_id"], ["stores.id"], name=op.f("fk_orders_store_id_stores"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_orders")),
        sa.UniqueConstraint("store_id", "bc_order_id", name=op.f("uq_orders_store_id_bc_order_id")),
    )
    op.create_index(op.f("ix_orders_bc_customer_id"), "orders", ["bc_customer_id"], unique=False)
    op.create_index("ix_orders_search", "orders", ["search"], unique=False, postgresql_using="gin")
    op.create_index(op.f("ix_orders_store_id"), "orders", ["store_id"], unique=False)
    op.create_index("ix_orders_store_id_ordered_at", "orders", ["store_id", "ordered_at"], unique=False)
    op.create_table(
        "panel_sessions",
        sa.Column("key_digest", sa.Text(), nullable=False),
        sa.Column("user_id", sa.BigInteger(), nullable=False),
        sa.Column("data", postgresql.JSONB(), nullable=False),
        sa.Column("created_at", sa.TIMESTAMP(timezone=True), nullable=False),
        sa.Column("expires_at", sa.TIMESTAMP(timezone=True), nullable=False),
        sa.Column("store_id", sa.BigInteger(), nullable=False),
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.ForeignKeyConstraint(
            ["store_id"], ["stores.id"], name=op.f("fk_panel_sessions_store_id_stores"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_panel_sessions")),
        sa.UniqueConstraint("key_digest", name=op.f("uq_panel_sessions_key_digest")),
    )
    op.create_index(op.f("ix_panel_sessions_expires_at"), "panel_sessions", ["expires_at"], unique=False)
    op.create_index(op.f("ix_panel_sessions_store_id"), "panel_sessions", ["store_id"], unique=False)
    op.create_index(op.f("ix_panel_sessions_user_id"), "panel_sessions", ["user_id"], unique=False)
    op.create_table(
        "placements",
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("channel_id", sa.BigInteger(), nullable=False),
        sa.Column("remote_id", sa.Text(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("detail", sa.Text(), nullable=False),
        sa.Column("checked_at", sa.TIMESTAMP(timezone=True), nullable=False),
        sa.Column("store_id", sa.BigInteger(), nullable=False),
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.ForeignKeyConstraint(
            ["store_id"], ["stores.id"], name=op.f("fk_placements_store_id_stores"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_placements")),
        sa.UniqueConstraint("store_id", "kind", "channel_id", name=op.f("uq_placements_store_id_kind_channel_id")),
    )
    op.create_index(op.f("ix_placements_store_id"), "placements", ["store_id"], unique=False)
    op.create_table(
        "policy_cases",
        sa.Column("version", sa.BigInteger(), nullable=False),
        sa.Column("cases", postgresql.JSONB(), nullable=False),
        sa.Column("store_id", sa.BigInteger(), nullable=False),
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.ForeignKeyConstraint(
            ["store_id"], ["stores.id"], name=op.f("fk_policy_cases_store_id_stores"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_policy_cases")),
        sa.UniqueConstraint("store_id", "version", name=op.f("uq_policy_cases_store_id_version")),
    )
    op.create_index(op.f("ix_policy_cases_store_id"), "policy_cases", ["store_id"], unique=False)
    op.create_table(
        "policy_drafts",
        sa.Column("channel_id", sa.BigInteger(), nullable=True),
        sa.Column("document", postgresql.JSONB(), nullable=False),
        sa.Column("cases", postgresql.JSONB(), nullable=False),
        sa.Column("version", sa.BigInteger(), nullable=False),
        sa.Column("based_on", sa.BigInteger(), nullable=True),
        sa.Column("updated_at", sa.TIMESTAMP(timezone=True), nullable=False),
        sa.Column("updated_by", sa.Text(), nullable=False),
        sa.Column("store_id", sa.BigInteger(), nullable=False),
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.ForeignKeyConstraint(
            ["store_id"], ["stores.id"], name=op.f("fk_policy_drafts_store_id_stores"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_policy_drafts")),
        sa.UniqueConstraint(
            "store_id",
            "channel_id",
            name=op.f("uq_policy_drafts_store_id_channel_id"),
            postgresql_nulls_not_distinct=True,
        ),
    )
    op.create_index(op.f("ix_policy_drafts_store_id"), "policy_drafts", ["store_id"], unique=False)
    op.create_table(
        "policy_versions",
        sa.Column("version", sa.BigInteger(), nullable=False),
        sa.Column("channel_id", sa.BigInteger(), nullable=True),
        sa.Column("source", sa.Text(), nullable=False),
        sa.Column("document", postgresql.JSONB(), nullable=False),
        sa.Column("published_at", sa.TIMESTAMP(timezone=True), nullable=False),
        sa.Column("published_by", sa.Text(), nullable=False),
        sa.Column("store_id", sa.BigInteger(), nullable=False),
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.ForeignKeyConstraint(
            ["store_id"], ["stores.id"], name=op.f("fk_policy_versions_store_id_stores"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_policy_versions")),
        sa.UniqueConstraint("store_id", "version", name=op.f("uq_policy_versions_store_id_version")),
    )
    op.create_index(op.f("ix_policy_versions_store_id"), "policy_versions", ["store_id"], unique=False)
    op.create_table(
        "products",
        sa.Column("bc_product_id", sa.BigInteger(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("sku", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("bc_category_ids", postgresql.JSONB(), nullable=False),
        sa.Column("custom_fields", postgresql.JSONB(), server_default="[]", nullable=False),
        sa.Column("price", sa.Numeric(precision=19, scale=4), server_default="0", nullable=False),
        sa.Column("image_url", sa.Text(), nullable=False),
        sa.Column("is_gone", sa.Boolean(), nullable=False),
        sa.Column("fetched_at", sa.TIMESTAMP(timezone=True), nullable=False),
        sa.Column("store_id", sa.BigInteger(), nullable=False),
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.ForeignKeyConstraint(
            ["store_id"], ["stores.id"], name=op.f("fk_products_store_id_stores"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_products")),
        sa.UniqueConstraint("store_id", "bc_product_id", name=op.f("uq_products_store_id_bc_product_id")),
    )
    op.create_index(op.f("ix_products_store_id"), "products", ["store_id"], unique=False)
    op.create_table(
        "store_users",
        sa.Column("bc_user_id", sa.BigInteger(), nullable=False),
        sa.Column("email", sa.Text(), nullable=False),
        sa.Column("role", sa.Text(), nullable=False),
        sa.Column("locale", sa.Text(), nullable=False),
        sa.Column("last_seen_at", sa.TIMESTAMP(timezone=True), nullable=False),
        sa.Column("removed_at", sa.TIMESTAMP(timezone=True), nullable=True),
        sa.Column("store_id", sa.BigInteger(), nullable=False),
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.ForeignKeyConstraint(
            ["store_id"], ["stores.id"], name=op.f("fk_store_users_store_id_stores"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_store_users")),
        sa.UniqueConstraint("store_id", "bc_user_id", name=op.f("uq_store_users_store_id_bc_user_id")),
    )
    op.create_index(op.f("ix_store_users_store_id"), "store_users", ["store_id"], unique=False)
    op.create_table(
        "sync_runs",
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("expected", sa.BigInteger(), nullable=False),
        sa.Column("seen", sa.BigInteger(), nullable=False),
        sa.Column("last_bc_order_id", sa.BigInteger(), nullable=False),
        sa.Column("started_at", sa.TIMESTAMP(timezone=True), nullable=False),
        sa.Column("finished_at", sa.TIMESTAMP(timezone=True), nullable=True),
        sa.Column("error", sa.Text(), nullable=True),
        sa.Column("store_id", sa.BigInteger(), nullable=False),
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.ForeignKeyConstraint(
            ["store_id"], ["stores.id"], name=op.f("fk_sync_runs_store_id_stores"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_sync_runs")),
    )
    op.create_index(op.f("ix_sync_runs_store_id"), "sync_runs", ["store_id"], unique=False)
    op.create_table(
        "throttles",
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("window_start", sa.TIMESTAMP(timezone=True), nullable=False),
        sa.Column("count", sa.BigInteger(), nullable=False),
        sa.Column("store_id", sa.BigInteger(), nullable=False),
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.ForeignKeyConstraint(
            ["store_id"], ["stores.id"], name=op.f("fk_throttles_store_id_stores"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_throttles")),
        sa.UniqueConstraint("store_id", "key", "window_start", name=op.f("uq_throttles_store_id_key_window_start")),
    )
    op.create_index(op.f("ix_throttles_store_id"), "throttles", ["store_id"], unique=False)
    op.create_index(op.f("ix_throttles_window_start"), "throttles", ["window_start"], unique=False)
    op.create_table(
        "used_tokens",
        sa.Column("jti", sa.Text(), nullable=False),
        sa.Column("expires_at", sa.TIMESTAMP(timezone=True), nullable=False),
        sa.Column("store_id", sa.BigInteger(), nullable=False),
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.ForeignKeyConstraint(
            ["store_id"], ["stores.id"], name=op.f("fk_used_tokens_store_id_stores"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_used_tokens")),
        sa.UniqueConstraint("store_id", "jti", name=op.f("uq_used_tokens_store_id_jti")),
    )
    op.create_index(op.f("ix_used_tokens_expires_at"), "used_tokens", ["expires_at"], unique=False)
    op.create_index(op.f("ix_used_tokens_store_id"), "used_tokens", ["store_id"], unique=False)
    op.create_table(
        "backtest_lines",
        sa.Column("run_id", sa.BigInteger(), nullable=False),
        sa.Column("sample", sa.Text(), nullable=False),
        sa.Column("source_id", sa.BigInteger(), nullable=False),
        sa.Column("ordinal", sa.BigInteger(), nullable=False),
        sa.Column("order_id", sa.BigInteger(), nullable=False),
        sa.Column("order_line_id", sa.BigInteger(), nullable=False),
        sa.Column("quantity", sa.BigInteger(), nullable=False),
        sa.Column("asked_on", sa.Date(), nullable=False),
        sa.Column("currency", sa.Text(), nullable=False),
        sa.Column("value", sa.Numeric(precision=19, scale=4), nullable=False),
        sa.Column("before_outcome", sa.Text(), nullable=False),
        sa.Column("after_outcome", sa.Text(), nullable=False),
        sa.Column("before_rule", sa.Text(), nullable=False),
        sa.Column("after_rule", sa.Text(), nullable=False),
        sa.Column("before_fees", sa.Numeric(precision=19, scale=4), nullable=False),
        sa.Column("after_fees", sa.Numeric(precision=19, scale=4), nullable=False),
        sa.Column("before_refund", sa.Numeric(precision=19, scale=4), nullable=False),
        sa.Column("after_refund", sa.Numeric(precision=19, scale=4), nullable=False),
        sa.Column("store_id", sa.BigInteger(), nullable=False),
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.ForeignKeyConstraint(
            ["order_id"], ["orders.id"], name=op.f("fk_backtest_lines_order_id_orders"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["run_id"], ["backtest_runs.id"], name=op.f("fk_backtest_lines_run_id_backtest_runs"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["store_id"], ["stores.id"], name=op.f("fk_backtest_lines_store_id_stores"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_backtest_lines")),
        sa.UniqueConstraint(
            "store_id",
            "run_id",
            "sample",
            "source_id",
            "order_line_id",
            name=op.f("uq_backtest_lines_store_id_run_id_sample_source_id_order_line_id"),
        ),
    )
    op.create_index(op.f("ix_backtest_lines_order_id"), "backtest_lines", ["order_id"], unique=False)
    op.create_index(
        "ix_backtest_lines_run_id_outcomes",
        "backtest_lines",
        ["run_id", "sample", "before_outcome", "after_outcome"],
        unique=False,
    )
    op.create_index(op.f("ix_backtest_lines_store_id"), "backtest_lines", ["store_id"], unique=False)
    op.create_table(
        "order_lines",
        sa.Column("order_id", sa.BigInteger(), nullable=False),
        sa.Column("bc_line_id", sa.BigInteger(), nullable=False),
        sa.Column("bc_product_id", sa.BigInteger(), nullable=False),
        sa.Column("bc_variant_id", sa.BigInteger(), nullable=False),
        sa.Column("bc_address_id", sa.BigInteger(), nullable=False),
        sa.Column("bc_parent_line_id", sa.BigInteger(), nullable=True),
        sa.Column("is_bundled", sa.Boolean(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("sku", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("quantity", sa.BigInteger(), nullable=False),
        sa.Column("quantity_shipped", sa.BigInteger(), nullable=False),
        sa.Column("quantity_refunded", sa.BigInteger(), nullable=False),
        sa.Column("price_inc_tax", sa.Numeric(precision=19, scale=4), nullable=False),
        sa.Column("price_ex_tax", sa.Numeric(precision=19, scale=4), nullable=False),
        sa.Column("total_inc_tax", sa.Numeric(precision=19, scale=4), nullable=False),
        sa.Column("total_ex_tax", sa.Numeric(precision=19, scale=4), nullable=False),
        sa.Column("total_tax", sa.Numeric(precision=19, scale=4), nullable=False),
        sa.Column("paid_inc_tax", sa.Numeric(precision=19, scale=4), nullable=False),
        sa.Column("options", postgresql.JSONB(), nullable=False),
        sa.Column("brand", sa.Text(), nullable=False),
        sa.Column("weight", sa.Numeric(precision=19, scale=4), nullable=False),
        sa.Column("product_then", postgresql.JSONB(), nullable=True),
        sa.Column("store_id", sa.BigInteger(), nullable=False),
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.ForeignKeyConstraint(
            ["order_id"], ["orders.id"], name=op.f("fk_order_lines_order_id_orders"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["store_id"], ["stores.id"], name=op.f("fk_order_lines_store_id_stores"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_order_lines")),
        sa.UniqueConstraint(
            "store_id", "order_id", "bc_line_id", name=op.f("uq_order_lines_store_id_order_id_bc_line_id")
        ),
    )
    op.create_index(op.f("ix_order_lines_order_id"), "order_lines", ["order_id"], unique=False)
    op.create_index(op.f("ix_order_lines_store_id"), "order_lines", ["store_id"], unique=False)
    op.create_table(
        "portal_codes",
        sa.Column("key_digest", sa.Text(), nullable=False),
        sa.Column("order_id", sa.BigInteger(), nullable=True),
        sa.Column("code_digest", sa.Text(), nullable=False),
        sa.Column("tries", sa.BigInteger(), nullable=False),
        sa.Column("created_at", sa.TIMESTAMP(timezone=True), nullable=False),
        sa.Column("expires_at", sa.TIMESTAMP(timezone=True), nullable=False),
        sa.Column("used_at", sa.TIMESTAMP(timezone=True), nullable=True),
        sa.Column("store_id", sa.BigInteger(), nullable=False),
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.ForeignKeyConstraint(
            ["order_id"], ["orders.id"], name=op.f("fk_portal_codes_order_id_orders"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["store_id"], ["stores.id"], name=op.f("fk_portal_codes_store_id_stores"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_portal_codes")),
        sa.UniqueConstraint("key_digest", name=op.f("uq_portal_codes_key_digest")),
    )
    op.create_index(op.f("ix_portal_codes_expires_at"), "portal_codes", ["expires_at"], unique=False)
    op.create_index(op.f("ix_portal_codes_store_id"), "portal_codes", ["store_id"], unique=False)
    op.create_table(
        "portal_sessions",
        sa.Column("key_digest", sa.Text(), nullable=False),
        sa.Column("order_id", sa.BigInteger(), nullable=True),
        sa.Column("bc_customer_id", sa.BigInteger(), nullable=True),
        sa.Column("draft", postgresql.JSONB(), nullable=False),
        sa.Column("created_at", sa.TIMESTAMP(timezone=True), nullable=False),
        sa.Column("expires_at", sa.TIMESTAMP(timezone=True), nullable=False),
        sa.Column("store_id", sa.BigInteger(), nullable=False),
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.ForeignKeyConstraint(
            ["order_id"], ["orders.id"], name=op.f("fk_portal_sessions_order_id_orders"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["store_id"], ["stores.id"], name=op.f("fk_portal_sessions_store_id_stores"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_portal_sessions")),
        sa.UniqueConstraint("key_digest", name=op.f("uq_portal_sessions_key_digest")),
    )
    op.create_index(op.f("ix_portal_sessions_expires_at"), "portal_sessions", ["expires_at"], unique=False)
    op.create_index(op.f("ix_portal_sessions_store_id"), "portal_sessions", ["store_id"], unique=False)
    op.create_table(
        "returns",
        sa.Column("number", sa.Text(), nullable=False),
        sa.Column("order_id", sa.BigInteger(), nullable=False),
        sa.Column("word", sa.Text(), nullable=False),
        sa.Column("detail", sa.Text(), nullable=False),
        sa.Column("version", sa.BigInteger(), nullable=False),
        sa.Column("origin", sa.Text(), nullable=False),
        sa.Column("form_key", sa.Text(), nullable=False),
        sa.Column("policy_version", sa.BigInteger(), nullable=False),
        sa.Column("instructions", sa.Text(), nullable=False),
        sa.Column("created_at", sa.TIMESTAMP(timezone=True), nullable=False),
        sa.Column("updated_at", sa.TIMESTAMP(timezone=True), nullable=False),
        sa.Column("search_text", sa.Text(), nullable=False),
        sa.Column(
            "search",
            postgresql.TSVECTOR(),
            sa.Computed("to_tsvector('simple', search_text)", persisted=True),
            nullable=False,
        ),
        sa.Column("store_id", sa.BigInteger(), nullable=False),
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.ForeignKeyConstraint(["order_id"], ["orders.id"], name=op.f("fk_returns_order_id_orders")),
        sa.ForeignKeyConstraint(
            ["store_id"], ["stores.id"], name=op.f("fk_returns_store_id_stores"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_returns")),
        sa.UniqueConstraint("store_id", "form_key", name=op.f("uq_returns_store_id_form_key")),
        sa.UniqueConstraint("store_id", "number", name=op.f("uq_returns_store_id_number")),
    )
    op.create_index(op.f("ix_returns_order_id"), "returns", ["order_id"], unique=False)
    op.create_index(op.f("ix_returns_store_id"), "returns", ["store_id"], unique=False)
    op.create_index("ix_returns_store_id_word_id", "returns", ["store_id", "word", "id"], unique=False)
    op.create_table(
        "shipments",
        sa.Column("order_id", sa.BigInteger(), nullable=False),
        sa.Column("bc_shipment_id", sa.BigInteger(), nullable=False),
        sa.Column("shipped_at", sa.TIMESTAMP(timezone=True), nullable=False),
        sa.Column("tracking_number", sa.Text(), nullable=False),
        sa.Column("carrier", sa.Text(), nullable=False),
        sa.Column("items", postgresql.JSONB(), nullable=False),
        sa.Column("store_id", sa.BigInteger(), nullable=False),
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.ForeignKeyConstraint(
            ["order_id"], ["orders.id"], name=op.f("fk_shipments_order_id_orders"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["store_id"], ["stores.id"], name=op.f("fk_shipments_store_id_stores"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_shipments")),
        sa.UniqueConstraint("store_id", "bc_shipment_id", name=op.f("uq_shipments_store_id_bc_shipment_id")),
    )
    op.create_index(op.f("ix_shipments_order_id"), "shipments", ["order_id"], unique=False)
    op.create_index(op.f("ix_shipments_store_id"), "shipments", ["store_id"], unique=False)
    op.create_table(
        "store_refunds",
        sa.Column("order_id", sa.BigInteger(), nullable=False),
        sa.Column("bc_refund_id", sa.BigInteger(), nullable=False),
        sa.Column("total", sa.Numeric(precision=19, scale=4), nullable=False),
        sa.Column("tax", sa.Numeric(precision=19, scale=4), nullable=False),
        sa.Column("refunded_at", sa.TIMESTAMP(timezone=True), nullable=False),
        sa.Column("items", postgresql.JSONB(), nullable=False),
        sa.Column("payments", postgresql.JSONB(), nullable=False),
        sa.Column("is_declined", sa.Boolean(), nullable=False),
        sa.Column("seen_at", sa.TIMESTAMP(timezone=True), nullable=False),
        sa.Column("store_id", sa.BigInteger(), nullable=False),
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.ForeignKeyConstraint(
            ["order_id"], ["orders.id"], name=op.f("fk_store_refunds_order_id_orders"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["store_id"], ["stores.id"], name=op.f("fk_store_refunds_store_id_stores"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_store_refunds")),
        sa.UniqueConstraint("store_id", "bc_refund_id", name=op.f("uq_store_refunds_store_id_bc_refund_id")),
    )
    op.create_index(op.f("ix_store_refunds_order_id"), "store_refunds", ["order_id"], unique=False)
    op.create_index(op.f("ix_store_refunds_store_id"), "store_refunds", ["store_id"], unique=False)
    op.create_table(
        "letters",
        sa.Column("return_id", sa.BigInteger(), nullable=True),
        sa.Column("notice", sa.Text(), nullable=False),
        sa.Column("cause", sa.Text(), nullable=False),
        sa.Column("to_email", sa.Text(), nullable=False),
        sa.Column("facts", postgresql.JSONB(), nullable=False),
        sa.Column("secret", sa.Text(), nullable=True),
        sa.Column("message_id", sa.Text(), nullable=False),
        sa.Column("subject", sa.Text(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("tries", sa.BigInteger(), nullable=False),
        sa.Column("error", sa.Text(), nullable=True),
        sa.Column("queued_at", sa.TIMESTAMP(timezone=True), nullable=False),
        sa.Column("sent_at", sa.TIMESTAMP(timezone=True), nullable=True),
        sa.Column("store_id", sa.BigInteger(), nullable=False),
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.ForeignKeyConstraint(
            ["return_id"], ["returns.id"], name=op.f("fk_letters_return_id_returns"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["store_id"], ["stores.id"], name=op.f("fk_letters_store_id_stores"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_letters")),
        sa.UniqueConstraint("store_id", "cause", name=op.f("uq_letters_store_id_cause")),
    )
    op.create_index(op.f("ix_letters_return_id"), "letters", ["return_id"], unique=False)
    op.create_index(op.f("ix_letters_store_id"), "letters", ["store_id"], unique=False)
    op.create_table(
        "refund_quotes",
        sa.Column("return_id", sa.BigInteger(), nullable=False),
        sa.Column("order_id", sa.BigInteger(), nullable=False),
        sa.Column("order_version", sa.BigInteger(), nullable=False),
        sa.Column("lines", postgresql.JSONB(), nullable=False),
        sa.Column("shipping", sa.Numeric(precision=19, scale=4), nullable=False),
        sa.Column("request", postgresql.JSONB(), nullable=False),
        sa.Column("answer", postgresql.JSONB(), nullable=False),
        sa.Column("payments", postgresql.JSONB(), nullable=False),
        sa.Column("total", sa.Numeric(precision=19, scale=4), nullable=False),
        sa.Column("tax", sa.Numeric(precision=19, scale=4), nullable=False),
        sa.Column("expected", sa.Numeric(precision=19, scale=4), nullable=False),
        sa.Column("currency", sa.Text(), nullable=False),
        sa.Column("quoted_at", sa.TIMESTAMP(timezone=True), nullable=False),
        sa.Column("quoted_by", sa.Text(), nullable=False),
        sa.Column("store_id", sa.BigInteger(), nullable=False),
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.ForeignKeyConstraint(["order_id"], ["orders.id"], name=op.f("fk_refund_quotes_order_id_orders")),
        sa.ForeignKeyConstraint(
            ["return_id"], ["returns.id"], name=op.f("fk_refund_quotes_return_id_returns"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["store_id"], ["stores.id"], name=op.f("fk_refund_quotes_store_id_stores"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_refund_quotes")),
    )
    op.create_index(op.f("ix_refund_quotes_return_id"), "refund_quotes", ["return_id"], unique=False)
    op.create_index(op.f("ix_refund_quotes_store_id"), "refund_quotes", ["store_id"], unique=False)
    op.create_table(
        "return_lines",
        sa.Column("return_id", sa.BigInteger(), nullable=False),
        sa.Column("order_line_id", sa.BigInteger(), nullable=False),
        sa.Column("split_from", sa.BigInteger(), nullable=True),
        sa.Column("quantity", sa.BigInteger(), nullable=False),
        sa.Column("decision", sa.Text(), nullable=False),
        sa.Column("custody", sa.Text(), nullable=False),
        sa.Column("money", sa.Text(), nullable=False),
        sa.Column("version", sa.BigInteger(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("resolution", sa.Text(), nullable=False),
        sa.Column("comment", sa.Text(), nullable=False),
        sa.Column("explanation", postgresql.JSONB(), nullable=False),
        sa.Column("store_id", sa.BigInteger(), nullable=False),
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.CheckConstraint("quantity > 0", name=op.f("ck_return_lines_quantity_positive")),
        sa.ForeignKeyConstraint(
            ["order_line_id"], ["order_lines.id"], name=op.f("fk_return_lines_order_line_id_order_lines")
        ),
        sa.ForeignKeyConstraint(
            ["return_id"], ["returns.id"], name=op.f("fk_return_lines_return_id_returns"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["split_from"], ["return_lines.id"], name=op.f("fk_return_lines_split_from_return_lines")
        ),
        sa.ForeignKeyConstraint(
            ["store_id"], ["stores.id"], name=op.f("fk_return_lines_store_id_stores"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_return_lines")),
    )
    op.create_index(op.f("ix_return_lines_order_line_id"), "return_lines", ["order_line_id"], unique=False)
    op.create_index(op.f("ix_return_lines_return_id"), "return_lines", ["return_id"], unique=False)
    op.create_index(op.f("ix_return_lines_store_id"), "return_lines", ["store_id"], unique=False)
    op.create_table(
        "withdrawals",
        sa.Column("number", sa.Text(), nullable=False),
        sa.Column("form_key", sa.Text(), nullable=False),
        sa.Column("same_key", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("email", sa.Text(), nullable=False),
        sa.Column("order_reference", sa.Text(), nullable=False),
        sa.Column("items", sa.Text(), nullable=False),
        sa.Column("stated_at", sa.TIMESTAMP(timezone=True), nullable=False),
        sa.Column("statement", sa.Text(), nullable=False),
        sa.Column("digest", sa.Text(), nullable=False),
        sa.Column("seal", sa.Text(), nullable=False),
        sa.Column("repeats", sa.BigInteger(), nullable=False),
        sa.Column("repeated_at", sa.TIMESTAMP(timezone=True), nullable=True),
        sa.Column("last_form_key", sa.Text(), nullable=False),
        sa.Column("receipt_at", sa.TIMESTAMP(timezone=True), nullable=True),
        sa.Column("order_id", sa.BigInteger(), nullable=True),
        sa.Column("return_id", sa.BigInteger(), nullable=True),
        sa.Column("looks", sa.BigInteger(), nullable=False),
        sa.Column("last_day", sa.Date(), nullable=True),
        sa.Column("is_late", sa.Boolean(), nullable=False),
        sa.Column("period", postgresql.JSONB(), nullable=True),
        sa.Column("exceptions", postgresql.JSONB(), nullable=False),
        sa.Column("unshipped", sa.BigInteger(), nullable=False),
        sa.Column("task", sa.Text(), nullable=False),
        sa.Column("task_done_at", sa.TIMESTAMP(timezone=True), nullable=True),
        sa.Column("task_done_by", sa.Text(), nullable=False),
        sa.Column("proof_at", sa.TIMESTAMP(timezone=True), nullable=True),
        sa.Column("store_id", sa.BigInteger(), nullable=False),
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.ForeignKeyConstraint(["order_id"], ["orders.id"], name=op.f("fk_withdrawals_order_id_orders")),
        sa.ForeignKeyConstraint(
            ["return_id"], ["returns.id"], name=op.f("fk_withdrawals_return_id_returns"), ondelete="SET NULL"
        ),
        sa.ForeignKeyConstraint(
            ["store_id"], ["stores.id"], name=op.f("fk_withdrawals_store_id_stores"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_withdrawals")),
        sa.UniqueConstraint("store_id", "form_key", name=op.f("uq_withdrawals_store_id_form_key")),
        sa.UniqueConstraint("store_id", "number", name=op.f("uq_withdrawals_store_id_number")),
    )
    op.create_index(op.f("ix_withdrawals_order_id"), "withdrawals", ["order_id"], unique=False)
    op.create_index(op.f("ix_withdrawals_return_id"), "withdrawals", ["return_id"], unique=False)
    op.create_index(op.f("ix_withdrawals_store_id"), "withdrawals", ["store_id"], unique=False)
    op.create_index("ix_withdrawals_store_id_digest", "withdrawals", ["store_id", "digest"], unique=False)
    op.create_index("ix_withdrawals_store_id_same_key", "withdrawals", ["store_id", "same_key"], unique=False)
    op.create_table(
        "write_backs",
        sa.Column("return_id", sa.BigInteger(), nullable=False),
        sa.Column("target", sa.Text(), nullable=False),
        sa.Column("wanted_version", sa.BigInteger(), nullable=False),
        sa.Column("done_version", sa.BigInteger(), nullable=False),
        sa.Column("tries", sa.BigInteger(), nullable=False),
        sa.Column("error", sa.Text(), nullable=True),
        sa.Column("wanted_at", sa.TIMESTAMP(timezone=True), nullable=False),
        sa.Column("done_at", sa.TIMESTAMP(timezone=True), nullable=True),
        sa.Column("store_id", sa.BigInteger(), nullable=False),
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.ForeignKeyConstraint(
            ["return_id"], ["returns.id"], name=op.f("fk_write_backs_return_id_returns"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["store_id"], ["stores.id"], name=op.f("fk_write_backs_store_id_stores"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_write_backs")),
        sa.UniqueConstraint("store_id", "return_id", "target", name=op.f("uq_write_backs_store_id_return_id_target")),
    )
    op.create_index(op.f("ix_write_backs_return_id"), "write_backs", ["return_id"], unique=False)
    op.create_index(op.f("ix_write_backs_store_id"), "write_backs", ["store_id"], unique=False)
    op.create_table(
        "refunds",
        sa.Column("return_id", sa.BigInteger(), nullable=True),
        sa.Column("order_id", sa.BigInteger(), nullable=False),
        sa.Column("quote_id", sa.BigInteger(), nullable=True),
        sa.Column("source", sa.Text(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("mark", sa.Text(), nullable=False),
        sa.Column("total", sa.Numeric(precision=19, scale=4), nullable=False),
        sa.Column("currency", sa.Text(), nullable=False),
        sa.Column("attempt", sa.BigInteger(), nullable=False),
        sa.Column("silences", sa.BigInteger(), nullable=False),
        sa.Column("looks", sa.BigInteger(), nullable=False),
        sa.Column("needs_person", sa.Boolean(), nullable=False),
        sa.Column("bc_refund_id", sa.BigInteger(), nullable=True),
        sa.Column("error", sa.Text(), nullable=True),
        sa.Column("promised_at", sa.TIMESTAMP(timezone=True), nullable=False),
        sa.Column("promised_by", sa.Text(), nullable=False),
        sa.Column("sent_at", sa.TIMESTAMP(timezone=True), nullable=True),
        sa.Column("settled_at", sa.TIMESTAMP(timezone=True), nullable=True),
        sa.Column("confirmed_at", sa.TIMESTAMP(timezone=True), nullable=True),
        sa.Column("store_id", sa.BigInteger(), nullable=False),
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.ForeignKeyConstraint(["order_id"], ["orders.id"], name=op.f("fk_refunds_order_id_orders")),
        sa.ForeignKeyConstraint(["quote_id"], ["refund_quotes.id"], name=op.f("fk_refunds_quote_id_refund_quotes")),
        sa.ForeignKeyConstraint(["return_id"], ["returns.id"], name=op.f("fk_refunds_return_id_returns")),
        sa.ForeignKeyConstraint(
            ["store_id"], ["stores.id"], name=op.f("fk_refunds_store_id_stores"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_refunds")),
        sa.UniqueConstraint("store_id", "quote_id", name=op.f("uq_refunds_store_id_quote_id")),
    )
    op.create_index(op.f("ix_refunds_order_id"), "refunds", ["order_id"], unique=False)
    op.create_index(op.f("ix_refunds_return_id"), "refunds", ["return_id"], unique=False)
    op.create_index(op.f("ix_refunds_store_id"), "refunds", ["store_id"], unique=False)
    op.create_index(
        "uq_refunds_bc_refund_id",
        "refunds",
        ["store_id", "bc_refund_id"],
        unique=True,
        postgresql_where=sa.text("bc_refund_id IS NOT NULL"),
    )
    op.create_index(
        "uq_refunds_one_in_flight",
        "refunds",
        ["order_id"],
        unique=True,
        postgresql_where=sa.text("state IN ('sending', 'unknown')"),
    )
    op.create_table(
        "return_events",
        sa.Column("return_id", sa.BigInteger(), nullable=False),
        sa.Column("line_id", sa.BigInteger(), nullable=True),
        sa.Column("at", sa.TIMESTAMP(timezone=True), nullable=False),
        sa.Column("actor_kind", sa.Text(), nullable=False),
        sa.Column("actor_id", sa.BigInteger(), nullable=True),
        sa.Column("actor_name", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("axis", sa.Text(), nullable=True),
        sa.Column("before", sa.Text(), nullable=True),
        sa.Column("after", sa.Text(), nullable=True),
        sa.Column("quantity", sa.BigInteger(), nullable=True),
        sa.Column("why", sa.Text(), nullable=False),
        sa.Column("data", postgresql.JSONB(), nullable=False),
        sa.Column("store_id", sa.BigInteger(), nullable=False),
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.ForeignKeyConstraint(["line_id"], ["return_lines.id"], name=op.f("fk_return_events_line_id_return_lines")),
        sa.ForeignKeyConstraint(
            ["return_id"], ["returns.id"], name=op.f("fk_return_events_return_id_returns"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["store_id"], ["stores.id"], name=op.f("fk_return_events_store_id_stores"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_return_events")),
    )
    op.create_index(op.f("ix_return_events_return_id"), "return_events", ["return_id"], unique=False)
    op.create_index(op.f("ix_return_events_store_id"), "return_events", ["store_id"], unique=False)
    op.create_table(
        "refund_items",
        sa.Column("refund_id", sa.BigInteger(), nullable=False),
        sa.Column("return_line_id", sa.BigInteger(), nullable=True),
        sa.Column("order_line_id", sa.BigInteger(), nullable=True),
        sa.Column("item_type", sa.Text(), nullable=False),
        sa.Column("quantity", sa.BigInteger(), nullable=False),
        sa.Column("amount", sa.Numeric(precision=19, scale=4), nullable=False),
        sa.Column("store_id", sa.BigInteger(), nullable=False),
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.ForeignKeyConstraint(
            ["order_line_id"], ["order_lines.id"], name=op.f("fk_refund_items_order_line_id_order_lines")
        ),
        sa.ForeignKeyConstraint(
            ["refund_id"], ["refunds.id"], name=op.f("fk_refund_items_refund_id_refunds"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["return_line_id"], ["return_lines.id"], name=op.f("fk_refund_items_return_line_id_return_lines")
        ),
        sa.ForeignKeyConstraint(
            ["store_id"], ["stores.id"], name=op.f("fk_refund_items_store_id_stores"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_refund_items")),
    )
    op.create_index(op.f("ix_refund_items_refund_id"), "refund_items", ["refund_id"], unique=False)
    op.create_index(op.f("ix_refund_items_store_id"), "refund_items", ["store_id"], unique=False)
