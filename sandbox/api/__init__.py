"""BigCommerce's REST and GraphQL doors: `/stores/{hash}/v2`, `/v3` and `/graphql`."""

from flask import Blueprint

from sandbox.api import catalog, content, customers, graphql, hooks, inventory, metafields, orders, refunds, settings

__all__ = ["blueprints"]


def blueprints() -> list[Blueprint]:
    """Every door of the API."""
    rooms = (orders, refunds, metafields, hooks, catalog, customers, inventory, content, settings, graphql)
    return [room.bp for room in rooms]
