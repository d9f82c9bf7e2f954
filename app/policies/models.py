"""Which rules were in force when."""

from datetime import datetime

from sqlalchemy import UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from ..extensions import Base, Json, StoreRow


class PolicyVersion(StoreRow, Base):
    """A policy as it was published. Never changed afterwards: a return keeps the version it was decided under."""

    __tablename__ = "policy_versions"
    __table_args__ = (UniqueConstraint("store_id", "version"),)

    version: Mapped[int]
    document: Mapped[Json]
    published_at: Mapped[datetime]
    published_by: Mapped[str] = mapped_column(default="")
