"""Products, categories, customers and their groups."""

from collections.abc import Iterable

from .calls import PAGE, Calls
from .errors import BCNotFound
from .types.catalog import Category, Customer, CustomerGroup, Product

_FIELDS = (
    "name",
    "type",
    "sku",
    "price",
    "cost_price",
    "weight",
    "categories",
    "brand_id",
    "is_visible",
    "inventory_tracking",
)


class Catalog(Calls):
    """Source: https://developer.bigcommerce.com/docs/rest-catalog/products (read 2026-04)"""

    def list_products(self, ids: Iterable[int]) -> list[Product]:
        """The products of `ids`, 250 to a call; what the store no longer has is left out."""
        query = {"include_fields": _FIELDS, "include": ["images", "custom_fields"]}
        return [
            product
            for chunk in _chunks(ids)
            for product in self._pages("catalog/products", {**query, "id:in": chunk}, Product.from_wire)
        ]

    def list_categories(self) -> list[Category]:
        """Every category of every tree."""
        return list(self._pages("catalog/trees/categories", {}, Category.from_wire))

    def list_customer_groups(self) -> list[CustomerGroup]:
        """Every customer group: V2, page after page until one is not full."""
        groups: list[CustomerGroup] = []
        page = 1
        while True:
            found = self._list("customer_groups", {"page": page, "limit": PAGE}, CustomerGroup.from_wire)
            groups += found
            if len(found) < PAGE:
                return groups
            page += 1

    def list_customers(self, ids: Iterable[int]) -> list[Customer]:
        """The customers of `ids` with their store credit, 250 to a call; deleted ones are left out."""
        return [
            customer
            for chunk in _chunks(ids)
            for customer in self._pages("customers", {"id:in": chunk, "include": ["storecredit"]}, Customer.from_wire)
        ]

    def get_customer(self, customer_id: int) -> Customer:
        """One customer. Raises BCNotFound: the list says nothing, so we say it."""
        found = self.list_customers([customer_id])
        if not found:
            raise BCNotFound(f"GET customers: no {customer_id}", status=404, title="No such customer")
        return found[0]


def _chunks(ids: Iterable[int]) -> Iterable[list[int]]:
    unique = sorted(set(ids))
    return (unique[start : start + PAGE] for start in range(0, len(unique), PAGE))
