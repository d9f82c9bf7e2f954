"""What rules may ask about products, for many orders at a time; the store is asked for those it never told us of."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Row, select

from ..catalog.models import Category, Product
from ..catalog.products import ROOT, ensure_products
from ..extensions import db
from .asker import Asker

MOST = 5000
"""Products kept in memory at once."""
NAMED = frozenset({"product.category", "product.custom_field"})


@dataclass(frozen=True)
class ProductFacts:
    categories: frozenset[int]
    """With everything above them."""
    custom_fields: tuple[tuple[str, str], ...]


# What the merchant wrote into an order by hand is no product of the catalogue.
_BY_HAND = ProductFacts(frozenset(), ())


class Products:
    """The products of one back-test, a batch at a time. `named`: the facts its policies name."""

    def __init__(self, named: frozenset[str], asker: Asker) -> None:
        self._is_named = bool(named & NAMED)
        self._asker = asker
        self._known: dict[int, ProductFacts | None] = {}
        self._above: dict[int, int] = {}
        self._whole: dict[tuple[int, ...], frozenset[int]] = {}

    def learn(self, lines: Iterable[Row[Any]]) -> None:
        """Have the products of these order lines, as far as the store tells."""
        if not self._is_named:
            return
        missing = {line.bc_product_id for line in lines if line.product_then is None} - self._known.keys() - {0}
        if not missing:
            return
        if len(self._known) + len(missing) > MOST:
            self._known.clear()
        never_told = missing - self._read(missing)
        if never_told and self._asker.ask(lambda client: ensure_products(client, never_told)):
            self._above = {}
            self._read(never_told)
        self._known.update(dict.fromkeys(missing - self._known.keys()))

    def of(self, line: Row[Any]) -> ProductFacts | None:
        """What the line's product was when first known, else is now; None: the store did not tell."""
        if not self._is_named:
            return None
        if not line.bc_product_id:
            return _BY_HAND
        then = line.product_then
        if then is None:
            return self._known.get(line.bc_product_id)
        return ProductFacts(frozenset(then["categories"]), _pairs(then["custom_fields"]))

    def _read(self, wanted: set[int]) -> set[int]:
        """Those of `wanted` that we have a row of."""
        query = select(Product.bc_product_id, Product.is_gone, Product.bc_category_ids, Product.custom_fields).where(
            Product.bc_product_id.in_(wanted)
        )
        found = db.session.execute(query).all()
        if found and not self._above:
            self._above = _parents()
        for bc_product_id, is_gone, ids, fields in found:
            # Of a product that was gone before we asked nothing is known.
            told = bool(self._above) and (ids or not is_gone)
            facts = ProductFacts(self._with_ancestors(tuple(ids)), _pairs(fields)) if told else None
            self._known[bc_product_id] = facts
        return {row.bc_product_id for row in found}

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
                if (parent := self._above.get(one, ROOT)) != ROOT:
                    waiting.append(parent)
            found = self._whole[ids] = frozenset(seen)
        return found


def _parents() -> dict[int, int]:
    """The parent of every category; of nothing while the trees were never read."""
    rows = db.session.execute(select(Category.bc_category_id, Category.bc_parent_id)).all()
    above = {bc_category_id: bc_parent_id for bc_category_id, bc_parent_id in rows}  # noqa: C416  types
    return above if ROOT in above else {}


def _pairs(fields: Sequence[Sequence[str]]) -> tuple[tuple[str, str], ...]:
    return tuple((name, value) for name, value in fields)
