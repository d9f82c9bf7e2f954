"""The one way a noun of this room calls the store."""

from collections.abc import Callable, Iterator, Mapping
from typing import Any, TypeVar

from .errors import BCRejected, BCUnavailable
from .transport import PATIENCE, GraphConnection, RestConnection
from .wire import Query, Row

T = TypeVar("T")
PAGE = 250


class Calls:
    """Base of the nouns. An answer that does not have the promised shape is BCUnavailable, like one that is no JSON."""

    _v2: RestConnection
    _v3: RestConnection
    _graph: GraphConnection

    def _call(
        self,
        connection: RestConnection,
        method: str,
        path: str,
        body: Any = None,
        *,
        query: Query | None = None,
        read: Callable[[Any], T],
        patience: tuple[float, float] = PATIENCE,
        changes_nothing: bool = False,
    ) -> T:
        """Call once and `read` the answer into a value of ours. Never retries, never sleeps.

        `changes_nothing`: a POST that only asks; its failure leaves nothing unknown. Raises BCError.
        """
        connection.timeout = patience
        try:
            raw = connection.make_request(method, path, data=body, params=query)
            return _read(read, raw, method, path)
        except BCUnavailable as error:
            if changes_nothing:
                error.outcome_unknown = False
            raise

    def _list(self, path: str, query: Query, read: Callable[[Row], T]) -> list[T]:
        """One page of a V2 list: bare JSON, and 204 instead of an empty one."""
        return self._call(self._v2, "GET", path, query=query, read=lambda raw: [read(row) for row in raw or []])

    def _pages(self, path: str, query: Query, read: Callable[[Row], T]) -> Iterator[T]:
        """Every row of a V3 list, page by page."""
        page = 1
        while True:
            paged: dict[str, Any] = {**query, "page": page, "limit": PAGE}
            found, pages = self._call(
                self._v3,
                "GET",
                path,
                query=paged,
                read=lambda raw: ([read(row) for row in raw["data"]], _pages_in(raw)),
            )
            yield from found
            if page >= pages or not found:
                return
            page += 1

    def _ask_graph(self, query: str, variables: Mapping[str, Any], read: Callable[[Any], T], *, writes: bool) -> T:
        """Admin GraphQL. Its errors come with status 200: raised as BCRejected."""
        self._graph.timeout = PATIENCE
        try:
            raw = self._graph.query(query, dict(variables))
            _raise_graph_errors(raw)
            return _read(read, raw, "POST", "graphql")
        except BCUnavailable as error:
            if not writes:
                error.outcome_unknown = False
            raise


def _read(read: Callable[[Any], T], raw: Any, method: str, path: str) -> T:
    try:
        return read(raw)
    except (KeyError, TypeError, ValueError, AttributeError, ArithmeticError) as error:
        raise BCUnavailable(
            f"{method} {path}: an answer of another shape ({type(error).__name__})", outcome_unknown=method != "GET"
        ) from error


def _pages_in(raw: Row) -> int:
    pagination = (raw.get("meta") or {}).get("pagination") or {}
    return int(pagination.get("total_pages") or 1)


def _raise_graph_errors(raw: Any) -> None:
    errors = raw.get("errors") if isinstance(raw, Mapping) else None
    if errors:
        title = "; ".join(str(error.get("message", "")) for error in errors if isinstance(error, Mapping))[:300]
        raise BCRejected(f"POST graphql: {title}", status=200, title=title)
