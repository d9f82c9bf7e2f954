"""The client of a store: paused, stopped and watched as the store's health says."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager

from ..bc_client import (
    BCError,
    BCMissingScope,
    BCNotFound,
    BCRateLimited,
    BCUnauthorized,
    BCUnavailable,
    BigCommerce,
    Limits,
)
from ..extensions import house_settings
from ..lib import clock
from ..lib.errors import RemoteError
from . import health
from .models import Store, StoreStatus

NOTE_EVERY = 20


class StorePaused(RemoteError):
    """The store's rate limit: nobody calls it before `retry_after_s`. Nothing was sent."""

    def __init__(self, seconds: float) -> None:
        super().__init__("the store is paused until its rate limit resets", retryable=True, retry_after_s=seconds)


class StoreGone(RemoteError):
    """The app is not (or no longer) allowed to call this store. Nothing was sent."""

    def __init__(self, status: str) -> None:
        super().__init__(f"the store is {status}", retryable=False)
        self.status = status


def client_for(store: Store, *, urgent: bool = False, probing: bool = False) -> BigCommerce:
    """A client of `store` for this thread; close it, or use it in a `with`.

    Before every call it looks whether the store may be called and raises StorePaused or StoreGone; after every answer
    it keeps what the store says is left. `urgent`: a person waits, so it goes on while little is left, until nothing
    is. `probing`: also calls a store that needs a new authorization, to learn whether it still does.
    """
    allowed = {StoreStatus.ACTIVE, StoreStatus.NEEDS_AUTHORIZATION} if probing else {StoreStatus.ACTIVE}
    if store.status not in allowed or store.access_token is None:
        raise StoreGone(store.status)
    settings = house_settings()
    return BigCommerce(
        store.store_hash,
        store.access_token,
        client_id=settings.bc_client_id,
        api_url=settings.bc_api_url,
        on_limits=_listener(store.id),
        before_call=_gate(store.id, allowed, urgent),
    )


def _gate(store_id: int, allowed: set[StoreStatus], urgent: bool) -> Callable[[], None]:
    def before_call() -> None:
        ready = health.readiness(store_id)
        if ready.status not in allowed:
            raise StoreGone(ready.status)
        pause_s = ready.pause_s(clock.now())
        if pause_s > 0 and not (urgent and ready.rate_left):
            raise StorePaused(pause_s)

    return before_call


def _listener(store_id: int) -> Callable[[Limits], None]:
    heard = 0

    def on_limits(limits: Limits) -> None:
        nonlocal heard
        if heard % NOTE_EVERY == 0 or health.is_low(limits):
            health.note_limits(store_id, limits)
        heard += 1

    return on_limits


@contextmanager
def guarded(store: Store) -> Iterator[None]:
    """Around work with the client: what the store's failures mean for the store is written down, and raised on.

    A 401 marks the store as needing authorization and becomes StoreGone; a 429 pauses it for every worker.
    """
    store_id, consented_at = store.id, store.installed_at
    try:
        yield
    except BCUnauthorized as error:
        if not health.note_unauthorized(store_id, consented_at):
            # The merchant accepted again while we were at it, and that killed the old token: once more, with the new.
            raise StorePaused(1.0) from error
        raise StoreGone(StoreStatus.NEEDS_AUTHORIZATION) from error
    except BCRateLimited as error:
        health.pause(store_id, error.reset_s)
        raise
    except BCNotFound:
        # About one thing, not about the store.
        raise
    except BCError as error:
        health.note_error(store_id, _code(error))
        raise


def _code(error: BCError) -> str:
    match error:
        case BCMissingScope():
            return f"forbidden:{error.scope}"
        case BCUnavailable():
            return "unavailable"
        case _:
            return f"rejected:{error.status}"
