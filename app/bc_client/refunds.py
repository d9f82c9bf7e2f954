"""Refunds and their quotes: V3. Whoever calls holds the order's lock: the store cannot do two on one order at once."""

from collections.abc import Iterable
from datetime import datetime

from .calls import PAGE, Calls
from .transport import REFUND_PATIENCE
from .types.refunds import RefundQuote, RefundQuoteRequest, RefundReceipt, RefundRequest


class Refunds(Calls):
    """Source: https://developer.bigcommerce.com/docs/store-operations/orders/refunds (read 2026-04)"""

    def quote_refund(self, request: RefundQuoteRequest) -> RefundQuote:
        """What the store would give back, and the ways to pay it. Moves no money and leaves nothing behind.

        The amounts of one way must be used unchanged in the refund, or it is refused (422).
        Raises BCRejected (422: more than is left, or an item unknown), BCNotFound.
        """
        return self._call(
            self._v3,
            "POST",
            f"orders/{request.bc_order_id}/payment_actions/refund_quotes",
            request.to_wire(),
            read=lambda raw: RefundQuote.from_wire(raw["data"]),
            patience=REFUND_PATIENCE,
            changes_nothing=True,
        )

    def create_refund(self, refund: RefundRequest) -> RefundReceipt:
        """Give the money back.

        No idempotency key is documented here, so a timeout leaves us not knowing (`outcome_unknown`):
        ask `list_refunds` before calling again. A 201 may still carry a declined payment (`receipt.declined`), and
        the payments themselves are made later (`receipt.pending`): follow them with `get_refund`.
        Raises BCRejected (422: more than is left, or store credit for a guest), BCRateLimited, BCUnavailable.
        """
        return self._call(
            self._v3,
            "POST",
            f"orders/{refund.bc_order_id}/payment_actions/refunds",
            refund.to_wire(),
            read=lambda raw: RefundReceipt.from_wire(raw["data"]),
            patience=REFUND_PATIENCE,
        )

    def list_refunds(self, bc_order_id: int) -> list[RefundReceipt]:
        """Every refund of an order, also those made by hand in the control panel. Not paged. Raises BCNotFound."""
        return self._call(
            self._v3,
            "GET",
            f"orders/{bc_order_id}/payment_actions/refunds",
            read=lambda raw: [RefundReceipt.from_wire(row) for row in raw["data"]],
        )

    def list_all_refunds(
        self,
        *,
        order_ids: Iterable[int] | None = None,
        created_min: datetime | None = None,
        page: int = 1,
        limit: int = PAGE,
    ) -> list[RefundReceipt]:
        """One page of the store's refunds in the order of their ids; fewer than `limit` on the last one."""
        query = {"order_id:in": order_ids, "created:min": created_min, "page": page, "limit": limit}
        return self._call(
            self._v3,
            "GET",
            "orders/payment_actions/refunds",
            query=query,
            read=lambda raw: [RefundReceipt.from_wire(row) for row in raw["data"]],
        )

    def get_refund(self, refund_id: int) -> RefundReceipt:
        """One refund as it stands now. Raises BCNotFound."""
        return self._call(
            self._v3,
            "GET",
            f"orders/payment_actions/refunds/{refund_id}",
            read=lambda raw: RefundReceipt.from_wire(raw["data"]),
        )
