"""The store, the people who work in it, and the keys they come in with."""

from datetime import datetime
from enum import StrEnum

from sqlalchemy import ForeignKey, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from ..extensions import Base, Json, Row, Secret, StoreRow


class StoreStatus(StrEnum):
    ACTIVE = "active"
    NEEDS_AUTHORIZATION = "needs_authorization"
    """The store answered 401: its jobs stand still until the merchant opens the app and accepts again."""
    UNINSTALLED = "uninstalled"


class Store(Row, Base):
    """A BigCommerce store. Its row is behind the wall like its rows: a session sees its own store only."""

    __tablename__ = "stores"

    store_hash: Mapped[str] = mapped_column(unique=True)
    status: Mapped[str] = mapped_column(default=StoreStatus.ACTIVE)
    access_token: Mapped[Secret | None]
    scopes: Mapped[str] = mapped_column(default="")
    account_uuid: Mapped[str | None]
    owner_bc_user_id: Mapped[int | None]
    owner_email: Mapped[str | None]
    hook_secret: Mapped[Secret]
    """What the store's webhooks carry in our header, so that we know they are the store's."""

    name: Mapped[str] = mapped_column(default="")
    domain: Mapped[str] = mapped_column(default="")
    control_panel_url: Mapped[str] = mapped_column(default="")
    timezone: Mapped[str] = mapped_column(default="UTC")
    currency: Mapped[str] = mapped_column(default="USD")
    country: Mapped[str] = mapped_column(default="")

    settings: Mapped[Json] = mapped_column(default=dict)
    """A `StoreSettings` document (stores.settings)."""

    installed_at: Mapped[datetime]
    uninstalled_at: Mapped[datetime | None]

    # Health: what the sync page shows and what every worker obeys.
    paused_until: Mapped[datetime | None]
    """The store's rate limit: nobody calls before this moment."""
    rate_left: Mapped[int | None]
    rate_quota: Mapped[int | None]
    last_webhook_at: Mapped[datetime | None]
    last_reconcile_at: Mapped[datetime | None]
    reconciled_until: Mapped[datetime | None]
    """Every change of the store's orders up to this moment (the store's clock) is in our copy."""
    next_reconcile_at: Mapped[datetime | None]
    hooks_checked_at: Mapped[datetime | None]
    next_hooks_check_at: Mapped[datetime | None]
    next_refresh_at: Mapped[datetime | None]
    last_error: Mapped[str | None]
    """A stable code of what went wrong last, for the health page; never a body."""
    last_error_at: Mapped[datetime | None]

    @property
    def is_active(self) -> bool:
        return self.status == StoreStatus.ACTIVE


class Role(StrEnum):
    OWNER = "owner"
    ADMIN = "admin"


class StoreUser(StoreRow, Base):
    """Somebody who works in the store's control panel."""

    __tablename__ = "store_users"
    __table_args__ = (UniqueConstraint("store_id", "bc_user_id"),)

    bc_user_id: Mapped[int]
    email: Mapped[str]
    role: Mapped[str] = mapped_column(default=Role.ADMIN)
    locale: Mapped[str] = mapped_column(default="en")
    last_seen_at: Mapped[datetime]
    removed_at: Mapped[datetime | None]


class PanelSession(StoreRow, Base):
    """A session of the panel. Its key is known to the browser only; we keep the key's digest."""

    __tablename__ = "panel_sessions"

    key_digest: Mapped[str] = mapped_column(unique=True)
    user_id: Mapped[int] = mapped_column(index=True)
    data: Mapped[Json] = mapped_column(default=dict)
    created_at: Mapped[datetime]
    expires_at: Mapped[datetime] = mapped_column(index=True)


class UsedToken(StoreRow, Base):
    """A signed token (JWT) that was used: it is good once."""

    __tablename__ = "used_tokens"
    __table_args__ = (UniqueConstraint("store_id", "jti"),)

    jti: Mapped[str]
    expires_at: Mapped[datetime] = mapped_column(index=True)


class Hook(StoreRow, Base):
    """A webhook we registered in the store."""

    __tablename__ = "hooks"
    __table_args__ = (UniqueConstraint("store_id", "scope"),)

    scope: Mapped[str]
    bc_hook_id: Mapped[int]
    destination: Mapped[str]
    is_active: Mapped[bool]
    checked_at: Mapped[datetime]


class Throttle(StoreRow, Base):
    """How often something was tried in a window: counted here, so that every process counts alike."""

    __tablename__ = "throttles"
    __table_args__ = (UniqueConstraint("store_id", "key", "window_start"),)

    key: Mapped[str]
    window_start: Mapped[datetime] = mapped_column(index=True)
    count: Mapped[int] = mapped_column(default=0)


class PortalCode(StoreRow, Base):
    """A six-digit code mailed to a guest. Also written when nothing was found, so that both look alike."""

    __tablename__ = "portal_codes"

    key_digest: Mapped[str] = mapped_column(unique=True)
    """Of the look-up the browser holds."""
    order_id: Mapped[int | None] = mapped_column(ForeignKey("orders.id", ondelete="CASCADE"))
    code_digest: Mapped[str]
    tries: Mapped[int] = mapped_column(default=0)
    created_at: Mapped[datetime]
    expires_at: Mapped[datetime] = mapped_column(index=True)
    used_at: Mapped[datetime | None]


class PortalSession(StoreRow, Base):
    """A shopper who proved who they are: one order (guest) or one customer (signed in at the storefront)."""

    __tablename__ = "portal_sessions"

    key_digest: Mapped[str] = mapped_column(unique=True)
    order_id: Mapped[int | None] = mapped_column(ForeignKey("orders.id", ondelete="CASCADE"))
    bc_customer_id: Mapped[int | None]
    draft: Mapped[Json] = mapped_column(default=dict)
    """What was typed for a return and not yet sent: {order_id, form_key, lines: [...]}; goes with the session."""
    created_at: Mapped[datetime]
    expires_at: Mapped[datetime] = mapped_column(index=True)
