"""Back-tests: two policies held against the same past, and what came of it."""

from datetime import date, datetime

from sqlalchemy import ForeignKey, Index, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from ..extensions import Amount, Base, Json, StoreRow


class BacktestRun(StoreRow, Base):
    """One back-test. Both policies are kept as they were when it began, so that its numbers stay what they are."""

    __tablename__ = "backtest_runs"

    state: Mapped[str] = mapped_column(default="running")
    """running, done, stopped"""
    phase: Mapped[str] = mapped_column(default="order")
    """What is being read: order, then return, then sums."""
    label: Mapped[str]
    """What the candidate is called: "Draft of General", "Version 3"."""
    live_version: Mapped[int]
    channel_id: Mapped[int | None]
    """Whose orders: one channel's; None: of every channel without a policy of its own."""
    other_channels: Mapped[Json] = mapped_column(default=list)
    """Those with a policy of their own then, where it is about the store's."""
    live: Mapped[Json] = mapped_column(deferred=True)
    candidate: Mapped[Json] = mapped_column(deferred=True)
    """`PolicyDocument`s."""
    days_after: Mapped[int]
    """On which day after delivery (its best known date) each line of a past order is asked for."""
    reason: Mapped[str] = mapped_column(default="")
    """The reason then given."""

    expected: Mapped[int] = mapped_column(default=0)
    """Orders and returns to read, counted when it began."""
    seen: Mapped[int] = mapped_column(default=0)
    cursor: Mapped[int] = mapped_column(default=0)
    """The last one read of this phase: an order's number at BigCommerce, or a return's id."""
    last_bc_order_id: Mapped[int] = mapped_column(default=0)
    last_return_id: Mapped[int] = mapped_column(default=0)
    """Where the past ended when it began."""
    tally: Mapped[Json] = mapped_column(default=dict)
    """A `Tally` (insights.tally) of what has been read."""
    intervals: Mapped[Json] = mapped_column(default=list)
    """[{sample, currency, refunds: [low, high] or null, fees: the same}]: amounts as decimal strings."""
    most_affected: Mapped[Json] = mapped_column(default=list, deferred=True)
    """[{sample, bc_order_id, currency, moved, lines: [{name, quantity, before, after}]}]: explanations as
    `LineDecision.to_json`."""
    started_at: Mapped[datetime]
    started_by: Mapped[str] = mapped_column(default="")
    finished_at: Mapped[datetime | None]


class BacktestLine(StoreRow, Base):
    """One line for which the two policies differ in outcome or in money. What did not change is not here."""

    __tablename__ = "backtest_lines"
    __table_args__ = (
        UniqueConstraint("store_id", "run_id", "sample", "source_id", "order_line_id"),
        Index("ix_backtest_lines_run_id_outcomes", "run_id", "sample", "before_outcome", "after_outcome"),
    )

    run_id: Mapped[int] = mapped_column(ForeignKey("backtest_runs.id", ondelete="CASCADE"))
    sample: Mapped[str]
    """order: a past order, asked for whole; return: as it was filed."""
    source_id: Mapped[int]
    """Our id of the order or of the return."""
    ordinal: Mapped[int]
    """Its place among those of its sample: what the interval draws."""
    order_id: Mapped[int] = mapped_column(ForeignKey("orders.id", ondelete="CASCADE"), index=True)
    order_line_id: Mapped[int]
    quantity: Mapped[int]
    asked_on: Mapped[date]
    currency: Mapped[str]
    value: Mapped[Amount]
    """What was paid for these units."""
    before_outcome: Mapped[str]
    after_outcome: Mapped[str]
    before_rule: Mapped[str]
    after_rule: Mapped[str]
    before_fees: Mapped[Amount]
    after_fees: Mapped[Amount]
    """Of an authorized line; 0 of any other."""
    before_refund: Mapped[Amount]
    after_refund: Mapped[Amount]
    """What goes back without a person: value less fees of an authorized line, 0 of any other."""
