"""One store, as seen over its API."""

from collections.abc import Callable
from typing import Self

from .catalog import Catalog
from .content import Content
from .extensions import Extensions
from .gift_certificates import GiftCertificates
from .hooks import Hooks
from .inventory import Inventory
from .metafields import Metafields
from .orders import Orders
from .refunds import Refunds
from .store import Stores
from .transport import GraphConnection, Limits, Meter, RestConnection, new_session


class BigCommerce(
    Stores, Orders, Refunds, Metafields, Hooks, Catalog, Inventory, Content, Extensions, GiftCertificates
):
    """The store `store_hash`. Typed values in and out; every failure is a BCError.

    Never sleeps and never retries: the worker does. `on_limits` is told what is left after every answer that says so;
    what `before_call` raises (the store is paused, or gone) keeps a call from happening. For one thread; close it, or
    use it in a `with`.
    """

    def __init__(
        self,
        store_hash: str,
        access_token: str,
        *,
        client_id: str,
        api_url: str,
        on_limits: Callable[[Limits], None] | None = None,
        before_call: Callable[[], None] | None = None,
    ) -> None:
        self.store_hash = store_hash
        self._meter = Meter(on_limits, before_call)
        self._session = new_session(api_url, access_token)
        self._v2 = RestConnection(store_hash, client_id, "v2", api_url, self._session, self._meter)
        self._v3 = RestConnection(store_hash, client_id, "v3", api_url, self._session, self._meter)
        self._graph = GraphConnection(store_hash, client_id, api_url, self._session, self._meter)

    @property
    def calls(self) -> int:
        """Calls sent so far."""
        return self._meter.calls

    def close(self) -> None:
        self._session.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *exc: object) -> None:
        self.close()

    def __repr__(self) -> str:
        return f"BigCommerce({self.store_hash!r})"
