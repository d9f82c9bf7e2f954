"""Letters, and what became of them."""

from datetime import datetime

from sqlalchemy import ForeignKey, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from ..extensions import Base, Json, Secret, StoreRow


class Letter(StoreRow, Base):
    """A mail of one event. It goes out at least once, always with the same Message-ID."""

    __tablename__ = "letters"
    __table_args__ = (UniqueConstraint("store_id", "cause"),)

    return_id: Mapped[int | None] = mapped_column(ForeignKey("returns.id", ondelete="CASCADE"), index=True)
    notice: Mapped[str]
    """The folder of its template: requested, authorized, guest_code ..."""
    cause: Mapped[str]
    """What it answers, e.g. "return:17:authorized:v4": the same cause writes no second letter."""
    to_email: Mapped[str]
    facts: Mapped[Json] = mapped_column(default=dict)
    secret: Mapped[Secret | None]
    """A guest's code: removed once sent."""
    message_id: Mapped[str]
    subject: Mapped[str] = mapped_column(default="")
    state: Mapped[str] = mapped_column(default="queued")
    """queued, sent, refused (the server will not have it), expired (a code too old to be sent)"""
    tries: Mapped[int] = mapped_column(default=0)
    error: Mapped[str | None]
    queued_at: Mapped[datetime]
    sent_at: Mapped[datetime | None]
