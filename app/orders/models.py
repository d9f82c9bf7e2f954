"""The store's orders as we know them. The store is right; this is a copy with the moment it was taken."""

from datetime import datetime
from decimal import Decimal

from sqlalchemy import Computed, ForeignKey, Index, UniqueConstraint, text
from sqlalchemy.dialects.postgresql import TSVECTOR
from sqlalchemy.orm import Mapped, mapped_column, relationship

from ..extensions import Amount, Base, Json, StoreRow
from ..lib.money import Money

INCOMPLETE = 0
CANCELLED = 5
"""Order statuses of BigCommerce we act on."""


class Order(StoreRow, Base):
    """An order of the store. `version` grows with every change of it that we hear of."""

    __tablename__ = "orders"
    __table_args__ = (
        UniqueConstraint("store_id", "bc_order_id"),
        Index("ix_orders_store_id_ordered_at", "store_id", "ordered_at"),
        Index("ix_orders_search", "search", postgresql_using="gin"),
    )

    bc_order_id: Mapped[int]
    version: Mapped[int] = mapped_column(default=1)
    bc_status_id: Mapped[int]
    bc_status: Mapped[str]
    bc_customer_id: Mapped[int] = mapped_column(default=0, index=True)
    """0 is a guest."""
    channel_id: Mapped[int] = mapped_column(default=1)
    currency: Mapped[str]
    """The transactional currency: what was paid in."""
    total_inc_tax: Mapped[Amount]
    total_ex_tax: Mapped[Amount]
    subtotal_inc_tax: Mapped[Amount]
    shipping_inc_tax: Mapped[Amount]
    shipping_ex_tax: Mapped[Amount]
    discount: Mapped[Amount]
    coupon_discount: Mapped[Amount]
    is_tax_inclusive: Mapped[bool]
    payment_method: Mapped[str] = mapped_column(default="")
    payment_status: Mapped[str] = mapped_column(default="")
    items_total: Mapped[int] = mapped_column(default=0)
    items_shipped: Mapped[int] = mapped_column(default=0)
    is_deleted: Mapped[bool] = mapped_column(default=False)
    is_digital: Mapped[bool] = mapped_column(default=False)
    staff_notes: Mapped[str] = mapped_column(default="")
    customer_locale: Mapped[str] = mapped_column(default="")
    external_source: Mapped[str] = mapped_column(default="")
    external_order_id: Mapped[str] = mapped_column(default="")
    coupons: Mapped[Json] = mapped_column(default=list, server_default="[]")
    """[code, ...] of the discounts on its lines, ascending."""

    shopper_name: Mapped[str] = mapped_column(default="")
    shopper_email: Mapped[str] = mapped_column(default="")
    shopper_phone: Mapped[str] = mapped_column(default="")
    billing_address: Mapped[Json] = mapped_column(default=dict)
    shipping_address: Mapped[Json] = mapped_column(default=dict)
    """Addresses: {name, company, street_1, street_2, city, state, zip, country, country_iso2}."""

    ordered_at: Mapped[datetime]
    modified_at: Mapped[datetime]
    """The store's own date_modified: older news never overwrites newer."""
    shipped_at: Mapped[datetime | None]
    delivered_at: Mapped[datetime | None]
    """BigCommerce has none; known only from tracking or by a person."""
    shipments_known_at: Mapped[datetime | None]
    """When the shipments were last fetched; None: never."""
    synced_at: Mapped[datetime]
    """When we asked the store for what is written here."""
    fingerprint: Mapped[str] = mapped_column(default="")
    """Of everything the store says but for its notes and dates of change: another one raises `version`."""
    search: Mapped[str] = mapped_column(
        TSVECTOR,
        Computed(
            "to_tsvector('simple', bc_order_id::text || ' ' || shopper_name || ' ' || shopper_email)", persisted=True
        ),
        deferred=True,
    )

    lines: Mapped[list["OrderLine"]] = relationship(
        back_populates="order", order_by="OrderLine.bc_line_id", cascade="all, delete-orphan"
    )
    shipments: Mapped[list["Shipment"]] = relationship(back_populates="order", cascade="all, delete-orphan")
    store_refunds: Mapped[list["StoreRefund"]] = relationship(back_populates="order", cascade="all, delete-orphan")

    @property
    def total(self) -> Money:
        return Money(self.total_inc_tax, self.currency)

    @property
    def is_guest(self) -> bool:
        return self.bc_customer_id == 0


class OrderLine(StoreRow, Base):
    """A line of an order: so many units of one product, as it was at the time."""

    __tablename__ = "order_lines"
    __table_args__ = (UniqueConstraint("store_id", "order_id", "bc_line_id"),)

    order_id: Mapped[int] = mapped_column(ForeignKey("orders.id", ondelete="CASCADE"), index=True)
    bc_line_id: Mapped[int]
    """order_product_id: what a refund calls item_id."""
    bc_product_id: Mapped[int]
    bc_variant_id: Mapped[int] = mapped_column(default=0)
    bc_address_id: Mapped[int] = mapped_column(default=0)
    """order_address_id: what a shipping refund calls item_id."""
    bc_parent_line_id: Mapped[int | None]
    is_bundled: Mapped[bool] = mapped_column(default=False)
    name: Mapped[str]
    sku: Mapped[str] = mapped_column(default="")
    kind: Mapped[str] = mapped_column(default="physical")
    """physical, digital or giftcertificate."""
    quantity: Mapped[int]
    quantity_shipped: Mapped[int] = mapped_column(default=0)
    quantity_refunded: Mapped[int] = mapped_column(default=0)
    """Refunded at the store by anybody, us included."""
    price_inc_tax: Mapped[Amount]
    price_ex_tax: Mapped[Amount]
    total_inc_tax: Mapped[Amount]
    total_ex_tax: Mapped[Amount]
    total_tax: Mapped[Amount]
    paid_inc_tax: Mapped[Amount]
    """discounted_total_inc_tax: what was paid for the whole line after every discount."""
    options: Mapped[Json] = mapped_column(default=list)
    """[[name, value], ...]"""
    brand: Mapped[str] = mapped_column(default="")
    weight: Mapped[Amount] = mapped_column(default=Decimal(0))
    product_then: Mapped[Json | None]
    """What the product was when we first knew it, whatever becomes of it: {categories: [id, ...] with ancestors,
    custom_fields: [[name, value], ...], price: decimal string}. None: not known yet."""

    order: Mapped[Order] = relationship(back_populates="lines")

    @property
    def paid(self) -> Money:
        return Money(self.paid_inc_tax, self.order.currency)


class Shipment(StoreRow, Base):
    """A parcel the store sent out, fetched when first needed."""

    __tablename__ = "shipments"
    __table_args__ = (UniqueConstraint("store_id", "bc_shipment_id"),)

    order_id: Mapped[int] = mapped_column(ForeignKey("orders.id", ondelete="CASCADE"), index=True)
    bc_shipment_id: Mapped[int]
    shipped_at: Mapped[datetime]
    tracking_number: Mapped[str] = mapped_column(default="")
    carrier: Mapped[str] = mapped_column(default="")
    items: Mapped[Json] = mapped_column(default=list)
    """[{bc_line_id, quantity}]"""

    order: Mapped[Order] = relationship(back_populates="shipments")


class StoreRefund(StoreRow, Base):
    """A refund as the store has it, made by us or by anybody."""

    __tablename__ = "store_refunds"
    __table_args__ = (UniqueConstraint("store_id", "bc_refund_id"),)

    order_id: Mapped[int] = mapped_column(ForeignKey("orders.id", ondelete="CASCADE"), index=True)
    bc_refund_id: Mapped[int]
    total: Mapped[Amount]
    tax: Mapped[Amount]
    refunded_at: Mapped[datetime]
    items: Mapped[Json] = mapped_column(default=list)
    """[{item_type, item_id, quantity, requested_amount, reason}]: amounts as decimal strings."""
    payments: Mapped[Json] = mapped_column(default=list)
    """[{provider_id, amount, offline, is_declined}]: amounts as decimal strings."""
    is_declined: Mapped[bool] = mapped_column(default=False)
    seen_at: Mapped[datetime]

    order: Mapped[Order] = relationship(back_populates="store_refunds")


class OrderWanted(Base):
    """Which order we were told to look at, how often, and how far we got: webhooks coalesce here.

    The job works while `wanted > done`. Flags say what else was asked for: shipments, refunds.
    """

    __tablename__ = "order_wanted"
    __table_args__ = (
        Index("ix_order_wanted_waiting", "store_id", "wanted_since", postgresql_where=text("wanted > done")),
    )

    store_id: Mapped[int] = mapped_column(ForeignKey("stores.id", ondelete="CASCADE"), primary_key=True)
    bc_order_id: Mapped[int] = mapped_column(primary_key=True)
    wanted: Mapped[int] = mapped_column(default=1)
    done: Mapped[int] = mapped_column(default=0)
    shipments_wanted: Mapped[bool] = mapped_column(default=False)
    refunds_wanted: Mapped[bool] = mapped_column(default=False)
    wanted_since: Mapped[datetime]
    """When the oldest wish that is not done yet was made."""
    done_at: Mapped[datetime | None]
    """When the store was asked for what was done last."""
    error: Mapped[str | None]


class SyncRun(StoreRow, Base):
    """A backfill: pages of orders by ascending id, resumable after `last_bc_order_id`."""

    __tablename__ = "sync_runs"

    state: Mapped[str] = mapped_column(default="running")
    """running, done"""
    expected: Mapped[int] = mapped_column(default=0)
    """How many orders the store counted when the run began."""
    seen: Mapped[int] = mapped_column(default=0)
    last_bc_order_id: Mapped[int] = mapped_column(default=0)
    started_at: Mapped[datetime]
    finished_at: Mapped[datetime | None]
    error: Mapped[str | None]


class HookSeen(Base):
    """A delivery we have taken: the same one again (retry, duplicate) is answered and dropped."""

    __tablename__ = "hook_seen"

    store_id: Mapped[int] = mapped_column(ForeignKey("stores.id", ondelete="CASCADE"), primary_key=True)
    delivery: Mapped[str] = mapped_column(primary_key=True)
    """webhook-id. A hook without one is not kept: its hash is alike for two changes within one second."""
    seen_at: Mapped[datetime] = mapped_column(index=True)
