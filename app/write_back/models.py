"""What the store's books still have to be told."""

from datetime import datetime

from sqlalchemy import ForeignKey, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from ..extensions import Base, StoreRow


class WriteBack(StoreRow, Base):
    """One target of one return. Pending while `wanted_version > done_version`."""

    __tablename__ = "write_backs"
    __table_args__ = (UniqueConstraint("store_id", "return_id", "target"),)

    return_id: Mapped[int] = mapped_column(ForeignKey("returns.id", ondelete="CASCADE"), index=True)
    target: Mapped[str]
    """metafields, staff_note"""
    wanted_version: Mapped[int]
    done_version: Mapped[int] = mapped_column(default=0)
    tries: Mapped[int] = mapped_column(default=0)
    error: Mapped[str | None]
    wanted_at: Mapped[datetime]
    done_at: Mapped[datetime | None]
