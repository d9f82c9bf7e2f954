"""Asking the store, from within a back-test, for the few things it never told us."""

import logging
from collections.abc import Callable

from ..bc_client import BigCommerce
from ..lib.errors import RemoteError
from ..stores.client import client_for, guarded
from ..stores.queries import get_store

log = logging.getLogger(__name__)


class Asker:
    """A store that is down, paused or gone costs facts, never the back-test: once refused, nothing more is asked."""

    def __init__(self) -> None:
        self._may_ask = True

    def ask(self, question: Callable[[BigCommerce], None]) -> bool:
        """Whether the store answered."""
        if not self._may_ask:
            return False
        store = get_store()
        try:
            with guarded(store), client_for(store) as client:
                question(client)
        except RemoteError as error:
            self._may_ask = False
            log.info("a back-test goes on with fewer facts: %s", type(error).__name__)
        return self._may_ask
