"""Refunds: what we ask the store to quote and to pay, and what it answers. Amounts in the order's currency."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any

from ..wire import Row, amount, integer, moment, plain, rows, text


@dataclass(frozen=True)
class RefundItem:
    """A part of a refund: `quantity` units of a line, or an `amount` of something else.

    `type`: PRODUCT and GIFT_WRAPPING go by quantity; SHIPPING, HANDLING, ORDER, TAX and FEE by amount.
    `item_id`: the order line; the order address for SHIPPING and HANDLING; the order for ORDER; the fee for FEE.
    `reason`: at most 1000 characters, read back in the list of refunds: it carries our mark.
    `adjustments`: (negative amount, description) pairs; PRODUCT only.
    """

    type: str
    item_id: int
    quantity: int | None = None
    amount: Decimal | None = None
    reason: str = ""
    adjustments: tuple[tuple[Decimal, str], ...] = ()

    @classmethod
    def product(cls, bc_line_id: int, quantity: int, reason: str = "") -> "RefundItem":
        return cls("PRODUCT", bc_line_id, quantity=quantity, reason=reason)

    @classmethod
    def shipping(cls, order_address_id: int, value: Decimal, reason: str = "") -> "RefundItem":
        return cls("SHIPPING", order_address_id, amount=value, reason=reason)

    @classmethod
    def from_json(cls, row: Row) -> "RefundItem":
        """Back from `plain(item.to_wire())`, as a column keeps it."""
        return cls(
            type=row["item_type"],
            item_id=row["item_id"],
            quantity=row.get("quantity"),
            amount=amount(row, "amount") if "amount" in row else None,
            reason=text(row, "reason"),
            adjustments=tuple((amount(part, "amount"), part["description"]) for part in rows(row, "adjustments")),
        )

    def to_json(self) -> dict[str, Any]:
        """For a column: the wire's shape, amounts as decimal strings."""
        return dict(plain(self.to_wire()))

    def to_wire(self) -> dict[str, Any]:
        wire: dict[str, Any] = {"item_type": self.type, "item_id": self.item_id}
        if self.quantity is not None:
            wire["quantity"] = self.quantity
        if self.amount is not None:
            wire["amount"] = self.amount
        if self.reason:
            wire["reason"] = self.reason[:1000]
        if self.adjustments:
            wire["adjustments"] = [{"amount": -abs(value), "description": why[:255]} for value, why in self.adjustments]
        return wire


@dataclass(frozen=True)
class RefundQuoteRequest:
    """What would it be to give these back? One item at least."""

    bc_order_id: int
    items: tuple[RefundItem, ...]

    def to_wire(self) -> dict[str, Any]:
        return {"items": [item.to_wire() for item in self.items]}


@dataclass(frozen=True)
class RefundMethod:
    """One way to pay a part. `provider_id`: a gateway, "storecredit", or "custom" for money outside the store."""

    provider_id: str
    description: str
    amount: Decimal
    offline: bool
    offline_provider: bool
    offline_reason: str

    @classmethod
    def from_wire(cls, row: Row) -> "RefundMethod":
        return cls(
            provider_id=text(row, "provider_id"),
            description=text(row, "provider_description"),
            amount=amount(row, "amount"),
            offline=bool(row.get("offline")),
            offline_provider=bool(row.get("offline_provider")),
            offline_reason=text(row, "offline_reason"),
        )


@dataclass(frozen=True)
class RefundQuote:
    """The store's own figure. `methods`: the ways to pay, each a tuple whose parts are paid together: choose one.

    `adjustment` is negative when more was asked than is left. `raw`: the answer's data, for a column: amounts as
    decimal strings.
    """

    bc_order_id: int
    total: Decimal
    tax: Decimal
    order_level: Decimal
    rounding: Decimal
    adjustment: Decimal
    tax_inclusive: bool
    methods: tuple[tuple[RefundMethod, ...], ...]
    raw: Row

    @classmethod
    def from_wire(cls, row: Row) -> "RefundQuote":
        # The guide's example says is_tax_included, the specification tax_inclusive.
        inclusive = row["tax_inclusive"] if "tax_inclusive" in row else row.get("is_tax_included")
        return cls(
            bc_order_id=int(row["order_id"]),
            total=amount({"total": row["total_refund_amount"]}, "total"),
            tax=amount(row, "total_refund_tax_amount"),
            order_level=amount(row, "order_level_refund_amount"),
            rounding=amount(row, "rounding"),
            adjustment=amount(row, "adjustment"),
            tax_inclusive=bool(inclusive),
            methods=tuple(tuple(RefundMethod.from_wire(part) for part in way) for way in row["refund_methods"]),
            raw=plain(row),
        )


@dataclass(frozen=True)
class RefundPayment:
    """How a part is paid; provider, amount and offline exactly as one way of the quote said."""

    provider_id: str
    amount: Decimal
    offline: bool

    @classmethod
    def from_json(cls, row: Row) -> "RefundPayment":
        """Back from a column: {provider_id, amount as a decimal string, offline}."""
        return cls(text(row, "provider_id"), amount(row, "amount"), bool(row["offline"]))

    def to_wire(self) -> dict[str, Any]:
        return {"provider_id": self.provider_id, "amount": self.amount, "offline": self.offline}


@dataclass(frozen=True)
class RefundRequest:
    """Give these back, paid this way."""

    bc_order_id: int
    items: tuple[RefundItem, ...]
    payments: tuple[RefundPayment, ...]

    @classmethod
    def by(cls, bc_order_id: int, items: Iterable[RefundItem], way: Iterable[RefundMethod]) -> "RefundRequest":
        """Pay `items` by one `way` of their quote."""
        payments = tuple(RefundPayment(part.provider_id, part.amount, part.offline) for part in way)
        return cls(bc_order_id, tuple(items), payments)

    def to_wire(self) -> dict[str, Any]:
        return {
            "items": [item.to_wire() for item in self.items],
            "payments": [payment.to_wire() for payment in self.payments],
        }


@dataclass(frozen=True)
class ReceiptItem:
    """A part of a refund as the store recorded it; `type` and `item_id` as in RefundItem."""

    type: str
    item_id: int
    quantity: int
    requested_amount: Decimal
    reason: str

    @classmethod
    def from_wire(cls, row: Row) -> "ReceiptItem":
        return cls(
            type=text(row, "item_type"),
            item_id=int(row["item_id"]),
            quantity=integer(row, "quantity"),
            requested_amount=amount(row, "requested_amount"),
            reason=text(row, "reason"),
        )


@dataclass(frozen=True)
class ReceiptPayment:
    """A payment of a refund. Neither declined nor with a transaction: still on its way, unless it is offline."""

    id: int
    provider_id: str
    amount: Decimal
    offline: bool
    is_declined: bool
    declined_message: str
    transaction_id: str

    @classmethod
    def from_wire(cls, row: Row) -> "ReceiptPayment":
        return cls(
            id=integer(row, "id"),
            provider_id=text(row, "provider_id"),
            amount=amount(row, "amount"),
            offline=bool(row.get("offline")),
            is_declined=bool(row.get("is_declined")),
            declined_message=text(row, "declined_message"),
            transaction_id=text(row, "transaction_id"),
        )


@dataclass(frozen=True)
class RefundReceipt:
    """A refund the store has on its books. `user_id`: the clerk, 0 for one made over the API.

    On the books is not yet paid: payments are made later and may be declined.
    """

    id: int
    bc_order_id: int
    user_id: int
    created_at: datetime
    reason: str
    total: Decimal
    total_tax: Decimal
    items: tuple[ReceiptItem, ...]
    payments: tuple[ReceiptPayment, ...]

    @property
    def declined(self) -> bool:
        """Whether any of its payments was declined."""
        return any(payment.is_declined for payment in self.payments)

    @property
    def declined_message(self) -> str:
        return "; ".join(payment.declined_message for payment in self.payments if payment.is_declined)

    @property
    def pending(self) -> bool:
        """Whether a payment is neither declined nor made: ask again later."""
        return any(not (part.is_declined or part.offline or part.transaction_id) for part in self.payments)

    def carries(self, mark: str) -> bool:
        """Whether `mark` stands in its reason or in that of one of its items."""
        return mark in self.reason or any(mark in item.reason for item in self.items)

    @classmethod
    def from_wire(cls, row: Row) -> "RefundReceipt":
        return cls(
            id=int(row["id"]),
            bc_order_id=int(row["order_id"]),
            user_id=integer(row, "user_id"),
            created_at=moment(row["created"]),
            reason=text(row, "reason"),
            total=amount({"total": row["total_amount"]}, "total"),
            total_tax=amount(row, "total_tax"),
            items=tuple(ReceiptItem.from_wire(item) for item in rows(row, "items")),
            payments=tuple(ReceiptPayment.from_wire(payment) for payment in rows(row, "payments")),
        )
