"""Refund intents: each has a life of its own, and promises count as refunded."""

from datetime import datetime

from sqlalchemy import ForeignKey, Index, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from ..extensions import Amount, Base, Json, StoreRow
from ..lib.money import Money
from ..orders.models import Order
from ..returns.models import Return, ReturnLine
from ..returns.states import MoneyState


class RefundQuote(StoreRow, Base):
    """The store's own quote as it was shown. It dies when anything on the order changes."""

    __tablename__ = "refund_quotes"

    return_id: Mapped[int] = mapped_column(ForeignKey("returns.id", ondelete="CASCADE"), index=True)
    order_id: Mapped[int] = mapped_column(ForeignKey("orders.id"))
    order_version: Mapped[int]
    lines: Mapped[Json]
    """[{return_line_id, bc_line_id, quantity, version}]"""
    shipping: Mapped[Amount]
    """Outbound shipping asked for, 0 for none."""
    request: Mapped[Json]
    """What we asked the store (items), amounts as decimal strings."""
    answer: Mapped[Json]
    """What it answered, amounts as decimal strings."""
    payments: Mapped[Json]
    """The refund method taken of the store's arrays: [{provider_id, amount, offline, description}]."""
    total: Mapped[Amount]
    tax: Mapped[Amount]
    expected: Mapped[Amount]
    """What we reckoned by what was paid for the lines."""
    currency: Mapped[str]
    quoted_at: Mapped[datetime]
    quoted_by: Mapped[str] = mapped_column(default="")

    @property
    def money(self) -> Money:
        return Money(self.total, self.currency)

    @property
    def difference(self) -> Money:
        """The store's total less our expectation."""
        return Money(self.total - self.expected, self.currency)


class Refund(StoreRow, Base):
    """An intent to give money back: promised, sending, then settled, refused or unknown."""

    __tablename__ = "refunds"
    __table_args__ = (
        UniqueConstraint("store_id", "quote_id"),
        # BigCommerce refuses concurrent refunds of one order; so do we, before it has to.
        Index(
            "uq_refunds_one_in_flight",
            "order_id",
            unique=True,
            postgresql_where=text("state IN ('sending', 'unknown')"),
        ),
        Index(
            "uq_refunds_bc_refund_id",
            "store_id",
            "bc_refund_id",
            unique=True,
            postgresql_where=text("bc_refund_id IS NOT NULL"),
        ),
    )

    return_id: Mapped[int | None] = mapped_column(ForeignKey("returns.id"), index=True)
    order_id: Mapped[int] = mapped_column(ForeignKey("orders.id"), index=True)
    quote_id: Mapped[int | None] = mapped_column(ForeignKey("refund_quotes.id"))
    """None: made outside the app and adopted."""
    source: Mapped[str]
    """merchant, policy, external"""
    state: Mapped[str] = mapped_column(default=MoneyState.PROMISED)
    mark: Mapped[str] = mapped_column(default="")
    """What every item's reason carries, so that we know our refund when we see it."""
    total: Mapped[Amount]
    currency: Mapped[str]
    attempt: Mapped[int] = mapped_column(default=0)
    """Counts our POSTs; an answer is stored for the current one only."""
    silences: Mapped[int] = mapped_column(default=0)
    """POSTs whose answer never came: each of them may have been executed."""
    looks: Mapped[int] = mapped_column(default=0)
    """Clean looks at the store since silence: nothing of ours found. Once settled, questions after its payments."""
    needs_person: Mapped[bool] = mapped_column(default=False)
    """Nobody but a person may decide what happens next."""
    bc_refund_id: Mapped[int | None]
    error: Mapped[str | None]
    """A stable code, or the store's own words for a decline."""
    promised_at: Mapped[datetime]
    promised_by: Mapped[str] = mapped_column(default="")
    sent_at: Mapped[datetime | None]
    """The first POST: whatever the store made since may be ours."""
    settled_at: Mapped[datetime | None]
    confirmed_at: Mapped[datetime | None]
    """When the store's payment was seen through (transaction id, or offline): a 201 is not yet money."""

    order: Mapped[Order] = relationship()
    rma: Mapped[Return | None] = relationship()
    quote: Mapped[RefundQuote | None] = relationship()
    items: Mapped[list["RefundItem"]] = relationship(back_populates="refund", cascade="all, delete-orphan")

    @property
    def money(self) -> Money:
        return Money(self.total, self.currency)

    @property
    def look_id(self) -> int:
        """Which look after which silence comes next, never 0: one that was meant to be another does not count."""
        return 100 * self.silences + self.looks


class RefundItem(StoreRow, Base):
    """Which units of which return line an intent pays for."""

    __tablename__ = "refund_items"

    refund_id: Mapped[int] = mapped_column(ForeignKey("refunds.id", ondelete="CASCADE"), index=True)
    return_line_id: Mapped[int | None] = mapped_column(ForeignKey("return_lines.id"))
    order_line_id: Mapped[int | None] = mapped_column(ForeignKey("order_lines.id"))
    """None: not goods (shipping)."""
    item_type: Mapped[str] = mapped_column(default="PRODUCT")
    quantity: Mapped[int] = mapped_column(default=0)
    amount: Mapped[Amount]

    refund: Mapped[Refund] = relationship(back_populates="items")
    return_line: Mapped[ReturnLine | None] = relationship()
