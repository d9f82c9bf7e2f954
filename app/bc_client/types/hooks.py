"""Webhooks as the store keeps them for us."""

from dataclasses import dataclass
from datetime import datetime

from ..wire import Row, rows, some_moment, text


@dataclass(frozen=True)
class Hook:
    """A subscription. `status`: inactive, active or deactivated (by the platform; only the overview tells)."""

    id: int
    scope: str
    destination: str
    is_active: bool
    headers: dict[str, str]
    status: str
    updated_at: datetime | None

    def __repr__(self) -> str:
        return f"Hook({self.id}, {self.scope!r}, is_active={self.is_active})"

    @classmethod
    def from_wire(cls, row: Row) -> "Hook":
        return cls(
            id=int(row["id"]),
            scope=text(row, "scope"),
            destination=text(row, "destination"),
            is_active=bool(row.get("is_active")),
            headers={str(name): str(value) for name, value in (row.get("headers") or {}).items()},
            status=text(row, "status"),
            updated_at=some_moment(row, "updated_at"),
        )


@dataclass(frozen=True)
class BlockedDomain:
    """A domain the platform sends nothing to for `seconds_left`, with what failed there."""

    domain: str
    seconds_left: int
    reasons: tuple[str, ...]

    @classmethod
    def from_wire(cls, row: Row) -> "BlockedDomain":
        reasons = tuple(text(reason, "failure_description") for reason in rows(row, "reasons"))
        return cls(text(row, "destination"), int(row.get("time_left") or 0), reasons)


@dataclass(frozen=True)
class HooksOverview:
    """How our subscriptions fare: the addresses that are told of failures, the hooks, the blocked domains."""

    emails: tuple[str, ...]
    hooks: tuple[Hook, ...]
    blocked: tuple[BlockedDomain, ...]

    @classmethod
    def from_wire(cls, row: Row) -> "HooksOverview":
        return cls(
            emails=tuple(str(email) for email in row.get("emails") or []),
            hooks=tuple(Hook.from_wire(hook) for hook in rows(row, "hooks_list")),
            blocked=tuple(BlockedDomain.from_wire(domain) for domain in rows(row, "blocked_domains")),
        )
