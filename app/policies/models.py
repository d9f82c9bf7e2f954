"""Which rules were in force when, and whom the merchant keeps on a list."""

from datetime import datetime

from sqlalchemy import UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from ..extensions import Base, Json, StoreRow


class PolicyVersion(StoreRow, Base):
    """A policy as it was published. Never changed afterwards: a return keeps the version it was decided under.

    Versions are counted through the whole store, so that a return's number names one policy whatever its channel.
    """

    __tablename__ = "policy_versions"
    __table_args__ = (UniqueConstraint("store_id", "version"),)

    version: Mapped[int]
    channel_id: Mapped[int | None]
    """None: for every channel that has none of its own."""
    source: Mapped[str] = mapped_column(default="merchant")
    """merchant: a document of their own; settings: made from the settings; store: from here on the channel follows the
    store again (the document is empty)."""
    document: Mapped[Json]
    """A `PolicyDocument` (policies.document)."""
    published_at: Mapped[datetime]
    published_by: Mapped[str] = mapped_column(default="")


class ListedShopper(StoreRow, Base):
    """A mail, phone or address on one of the merchant's lists. Apart from the policy, which must never change while a
    person may ask to be forgotten."""

    __tablename__ = "listed_shoppers"
    __table_args__ = (UniqueConstraint("store_id", "list_name", "kind", "value"),)

    list_name: Mapped[str]
    """allow, block"""
    kind: Mapped[str]
    """mail, phone, address"""
    value: Mapped[str]
    """As `people.normal` writes it."""
    note: Mapped[str] = mapped_column(default="")
    added_at: Mapped[datetime]
    added_by: Mapped[str] = mapped_column(default="")


class PolicyDraft(StoreRow, Base):
    """A policy somebody is writing: for the whole store, or for one channel. In force is what was published."""

    __tablename__ = "policy_drafts"
    __table_args__ = (UniqueConstraint("store_id", "channel_id", postgresql_nulls_not_distinct=True),)

    channel_id: Mapped[int | None]
    document: Mapped[Json]
    """A `PolicyDocument`: it always parses."""
    cases: Mapped[Json] = mapped_column(default=list)
    """Its golden cases (policies.golden)."""
    version: Mapped[int] = mapped_column(default=1)
    """Grows with every change."""
    based_on: Mapped[int | None]
    """The published version it began from; None: a starting policy, or the settings."""
    updated_at: Mapped[datetime]
    updated_by: Mapped[str] = mapped_column(default="")


class PolicyCases(StoreRow, Base):
    """The golden cases a version was published with. Apart from the version, as two with equal rules are one."""

    __tablename__ = "policy_cases"
    __table_args__ = (UniqueConstraint("store_id", "version"),)

    version: Mapped[int]
    cases: Mapped[Json]
