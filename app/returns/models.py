"""Returns, their lines and their history."""

from datetime import datetime

from sqlalchemy import CheckConstraint, Computed, ForeignKey, Index, UniqueConstraint
from sqlalchemy.dialects.postgresql import TSVECTOR
from sqlalchemy.orm import Mapped, mapped_column, relationship

from ..extensions import Base, Json, StoreRow
from ..orders.models import Order, OrderLine
from .states import Custody, Decision, LineState, MoneyState, Word


class Return(StoreRow, Base):
    """A return authorization (RMA). `word` and `detail` are a projection of the lines: see `states.header`."""

    __tablename__ = "returns"
    __table_args__ = (
        UniqueConstraint("store_id", "number"),
        UniqueConstraint("store_id", "form_key"),
        Index("ix_returns_store_id_word_id", "store_id", "word", "id"),
    )

    number: Mapped[str]
    order_id: Mapped[int] = mapped_column(ForeignKey("orders.id"), index=True)
    word: Mapped[str] = mapped_column(default=Word.PENDING)
    detail: Mapped[str] = mapped_column(default="")
    version: Mapped[int] = mapped_column(default=1)
    """Grows with every event: the write-back runs after it."""
    origin: Mapped[str]
    """shopper, merchant: who asked for it."""
    form_key: Mapped[str]
    """Of the form it was sent with: pressed twice, filed once."""
    policy_version: Mapped[int]
    instructions: Mapped[str] = mapped_column(default="")
    """How to send it back, as it was promised then."""
    created_at: Mapped[datetime]
    updated_at: Mapped[datetime]
    search_text: Mapped[str] = mapped_column(default="")
    """number, order number, shopper's name and mail, item names: what the list searches."""
    search: Mapped[str] = mapped_column(
        TSVECTOR, Computed("to_tsvector('simple', search_text)", persisted=True), deferred=True
    )
    """Without an index: behind row-level security `@@` (not leakproof) cannot use one. The store's rows are read, which
    takes 6 ms for 30,000."""

    order: Mapped[Order] = relationship()
    lines: Mapped[list["ReturnLine"]] = relationship(back_populates="rma", order_by="ReturnLine.id")
    events: Mapped[list["ReturnEvent"]] = relationship(back_populates="rma", order_by="ReturnEvent.id")


class ReturnLine(StoreRow, Base):
    """So many units of one order line, in one state on each axis. Where part takes another way, the line splits."""

    __tablename__ = "return_lines"
    __table_args__ = (CheckConstraint("quantity > 0", name="quantity_positive"),)

    return_id: Mapped[int] = mapped_column(ForeignKey("returns.id", ondelete="CASCADE"), index=True)
    order_line_id: Mapped[int] = mapped_column(ForeignKey("order_lines.id"), index=True)
    split_from: Mapped[int | None] = mapped_column(ForeignKey("return_lines.id"))
    quantity: Mapped[int]
    decision: Mapped[str] = mapped_column(default=Decision.REQUESTED)
    custody: Mapped[str] = mapped_column(default=Custody.WITH_SHOPPER)
    money: Mapped[str] = mapped_column(default=MoneyState.NONE)
    version: Mapped[int] = mapped_column(default=1)
    reason: Mapped[str]
    resolution: Mapped[str] = mapped_column(default="refund")
    """What the shopper asked for: refund."""
    comment: Mapped[str] = mapped_column(default="")
    explanation: Mapped[Json] = mapped_column(default=dict)
    """How the policy decided, whole: a `policies.Explanation` document."""

    rma: Mapped[Return] = relationship(back_populates="lines")
    order_line: Mapped[OrderLine] = relationship()

    @property
    def state(self) -> LineState:
        return LineState(Decision(self.decision), Custody(self.custody), MoneyState(self.money), self.quantity)


class ReturnEvent(StoreRow, Base):
    """One line of history: who, when, what, from where to where, and why."""

    __tablename__ = "return_events"

    return_id: Mapped[int] = mapped_column(ForeignKey("returns.id", ondelete="CASCADE"), index=True)
    line_id: Mapped[int | None] = mapped_column(ForeignKey("return_lines.id"))
    at: Mapped[datetime]
    actor_kind: Mapped[str]
    """shopper, staff, policy, store, system"""
    actor_id: Mapped[int | None]
    actor_name: Mapped[str] = mapped_column(default="")
    kind: Mapped[str]
    """open, split, note, promise, or an event of a machine: authorize, receive, settle ..."""
    axis: Mapped[str | None]
    before: Mapped[str | None]
    after: Mapped[str | None]
    quantity: Mapped[int | None]
    why: Mapped[str] = mapped_column(default="")
    data: Mapped[Json] = mapped_column(default=dict)

    rma: Mapped[Return] = relationship(back_populates="events")
