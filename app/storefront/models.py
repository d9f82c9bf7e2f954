"""What of ours stands in the store."""

from datetime import datetime

from sqlalchemy import UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from ..extensions import Base, StoreRow


class Placement(StoreRow, Base):
    """One thing of ours in the store: a page, a script or an app extension."""

    __tablename__ = "placements"
    __table_args__ = (UniqueConstraint("store_id", "kind", "channel_id"),)

    kind: Mapped[str]
    """page, policy_page, script, app_extension"""
    channel_id: Mapped[int] = mapped_column(default=0)
    """0: the whole store (app extension)."""
    remote_id: Mapped[str]
    state: Mapped[str] = mapped_column(default="placed")
    """placed, missing, removed, blocked (a name the merchant uses; a scope we lack)"""
    detail: Mapped[str] = mapped_column(default="")
    checked_at: Mapped[datetime]
