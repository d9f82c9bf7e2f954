"""What rules may ask about products, for many orders at a time; the store is asked for those it never told us of."""

import logging
from collections.abc import Iterable

from sqlalchemy import select

from ..catalog.models import Category, Product
from ..catalog.products import ROOT, ensure_products
from ..extensions import db
from ..lib.errors import RemoteError
from ..stores.client import client_for, guarded
from ..stores.queries import get_store

log = logging.getLogger(__name__)
MOST = 5000
"""Products kept in memory at once."""


class Products:
    """The products of one back-test, a batch at a time. `named`: the facts its policies name."""

    def __init__(self, named: frozenset[str]) -> None:
        self._is_named = bool(named & {"product.category", "product.custom_field"})
        self._may_ask = True
        self._known: dict[int, frozenset[int] | None] = {}
        self._above: dict[int, int] | None = None
        self._whole: dict[tuple[int, ...], frozenset[int]] = {}

    def learn(self, bc_product_ids: Iterable[int]) -> None:
        """Have these products, as far as the store tells."""
        if not self._is_named:
            return
        missing = {one for one in bc_product_ids if one and one not in self._known}
        if not missing:
            return
        if len(self._known) + len(missing) > MOST:
            self._known.clear()
        self._ask(missing - self._read(missing))
        self._known.update(dict.fromkeys(missing - self._known.keys()))

    def categories_of(self, bc_product_id: int) -> frozenset[int] | None:
        """The product's categories with everything above them; None: the store did not tell."""
        # 0 is what the merchant wrote into the order by hand: it hangs in no category.
        return self._known.get(bc_product_id) if bc_product_id else frozenset()

    def _read(self, wanted: set[int]) -> set[int]:
        """Those of `wanted` that we have a row of."""
        query = select(Product.bc_product_id, Product.is_gone, Product.bc_category_ids).where(
            Product.bc_product_id.in_(wanted)
        )
        found = db.session.execute(query).all()
        if found and self._above is None:
            self._above = _parents()
        for bc_product_id, is_gone, ids in found:
            told = self._above and (ids or not is_gone)
            self._known[bc_product_id] = self._with_ancestors(tuple(ids)) if told else None
        return {row.bc_product_id for row in found}

    def _ask(self, missing: set[int]) -> None:
        """A store that is down, paused or gone costs facts, never the back-test."""
        if not missing or not self._may_ask:
            return
        store = get_store()
        try:
            with guarded(store), client_for(store) as client:
                ensure_products(client, missing)
        except RemoteError as error:
            self._may_ask = False
            log.info("a back-test goes on without some products: %s", type(error).__name__)
            return
        self._above = None
        self._read(missing)

    def _with_ancestors(self, ids: tuple[int, ...]) -> frozenset[int]:
        found = self._whole.get(ids)
        if found is None:
            seen: set[int] = set()
            waiting = list(ids)
            while waiting:
                one = waiting.pop()
                if one in seen:
                    continue
                seen.add(one)
                waiting += [parent] if (parent := (self._above or {}).get(one, ROOT)) != ROOT else []
            found = self._whole[ids] = frozenset(seen)
        return found


def _parents() -> dict[int, int]:
    """The parent of every category; of nothing while the trees were never read."""
    return {row.bc_category_id: row.bc_parent_id for row in db.session.execute(
        select(Category.bc_category_id, Category.bc_parent_id)
    )}
