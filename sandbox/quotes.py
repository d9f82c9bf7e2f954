"""What a refund of some items comes to, in the store's habit of taxing and rounding. Pure; exact until the end.

Three habits of rounding: `per_line` rounds the line's share once, `per_unit` rounds one unit and multiplies,
`per_order` adds exact shares and rounds the sum. Two habits of tax: `inclusive` rounds the price with tax and takes
the tax out of it, `exclusive` rounds price and tax apart and adds them. `order` follows the order's own flag.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

from sandbox.money import ZERO, dec, rounded
from sandbox.state import Doc

QUANTITY_TYPES = ("PRODUCT", "GIFT_WRAPPING")
AMOUNT_TYPES = ("ORDER", "SHIPPING", "HANDLING", "TAX", "FEE")


class Refused(Exception):
    """The request cannot be refunded: a sentence for the 422, and which field it is about."""

    def __init__(self, sentence: str, where: str = "items") -> None:
        super().__init__(sentence)
        self.where = where


@dataclass(frozen=True)
class Habit:
    tax_inclusive: bool
    rounding: str
    currency: str


@dataclass(frozen=True)
class Quote:
    """Amounts in the order's currency. `shares`: what each item of the request comes to, in its order."""

    total: Decimal
    tax: Decimal
    order_level: Decimal
    rounding: Decimal
    adjustment: Decimal
    tax_inclusive: bool
    shares: tuple[Decimal, ...] = ()


@dataclass
class _Sum:
    shares: list[Decimal] = field(default_factory=list)
    total: Decimal = ZERO
    tax: Decimal = ZERO
    order_level: Decimal = ZERO

    def add(self, amount: Decimal, tax: Decimal = ZERO) -> None:
        self.shares.append(amount)
        self.total += amount
        self.tax += tax


def habit_of(order: Doc, habits: Doc) -> Habit:
    tax = habits["tax"]
    inclusive = bool(order.get("is_tax_inclusive_pricing")) if tax == "order" else tax == "inclusive"
    return Habit(inclusive, habits["rounding"], order.get("default_currency_code", "USD"))


def quote_items(order: Doc, items: list[Doc], past: list[Doc], habit: Habit) -> Quote:
    """Quote a request. `past`: the refunds of this order that count (declined ones left out).

    Raises Refused for what the store would answer with 422.
    """
    if not items:
        raise Refused("At least one item is required.")
    _check_once(items)
    total = _Sum()
    for item in items:
        kind = item.get("item_type")
        if kind in QUANTITY_TYPES:
            total.add(*_by_quantity(order, item, past, habit))
        elif kind in AMOUNT_TYPES:
            amount, tax = _by_amount(order, item, past, habit)
            total.add(amount, tax)
            if kind == "ORDER":
                total.order_level += amount
        else:
            raise Refused(f"Unknown item_type {kind!r}.", "item_type")
    return _close(order, items, past, habit, total)


def _check_once(items: list[Doc]) -> None:
    seen = set()
    for item in items:
        key = (item.get("item_type"), item.get("item_id"))
        if key in seen:
            raise Refused("The same item is named twice.", "items")
        seen.add(key)


def _close(order: Doc, items: list[Doc], past: list[Doc], habit: Habit, sums: _Sum) -> Quote:
    total, tax = rounded(sums.total, habit.currency), rounded(sums.tax, habit.currency)
    rounding = total - sums.total if habit.rounding == "per_order" else ZERO
    left = left_of_order(order, past)
    if left <= 0:
        raise Refused("The order has already been fully refunded.", "order_id")
    if _empties(order, items, past) and abs(left - total) <= _pennies(order) and habit.rounding != "per_order":
        # Nothing is left afterwards: what rounding ate or invented on the way is settled here.
        rounding, total = left - total, left
    adjustment = ZERO
    if total > left:
        adjustment, total = left - total, left
        tax = min(tax, total)
    if total < 0:
        raise Refused("The deductions are larger than the refund.", "adjustments")
    return Quote(total, tax, sums.order_level, rounding, adjustment, habit.tax_inclusive, tuple(sums.shares))


def _pennies(order: Doc) -> Decimal:
    units = sum(int(line.get("quantity", 1)) for line in order["products"])
    return Decimal("0.01") * (units + 1)


def paid(line: Doc) -> tuple[Decimal, Decimal]:
    """(with tax, tax of it): what the shopper paid for the line after all discounts."""
    full, tax = dec(line.get("total_inc_tax")), dec(line.get("total_tax"))
    inc = dec(line.get("discounted_total_inc_tax", line.get("total_inc_tax")))
    known = line.get("_paid_tax")
    return inc, dec(known) if known is not None else tax * inc / full if full else ZERO


def _by_quantity(order: Doc, item: Doc, past: list[Doc], habit: Habit) -> tuple[Decimal, Decimal]:
    line = next((line for line in order["products"] if line["id"] == item.get("item_id")), None)
    if line is None:
        raise Refused(f"Order product {item.get('item_id')} does not belong to this order.", "item_id")
    asked, count = item.get("quantity"), int(line["quantity"])
    if not isinstance(asked, int) or isinstance(asked, bool) or asked < 1:
        raise Refused("quantity must be a positive whole number.", "quantity")
    done = refunded_quantity(past, item["item_type"], line["id"])
    if asked > count - done:
        raise Refused(f"Only {count - done} of {count} are left to refund.", "quantity")
    if item["item_type"] == "GIFT_WRAPPING":
        inc, tax = dec(line.get("wrapping_cost_inc_tax")) * count, dec(line.get("wrapping_cost_tax")) * count
    else:
        inc, tax = paid(line)
    amount, part_tax = share(inc, tax, asked, count, habit)
    for adjustment in item.get("adjustments") or []:
        deduction = dec(adjustment.get("amount"))
        if deduction > 0 or item["item_type"] != "PRODUCT":
            raise Refused("Adjustments are negative and for products only.", "adjustments")
        amount += deduction
    if amount < 0:
        raise Refused("The deductions are larger than the line's refund.", "adjustments")
    return amount, part_tax


def share(inc: Decimal, tax: Decimal, asked: int, count: int, habit: Habit) -> tuple[Decimal, Decimal]:
    """(amount with tax, tax of it) for `asked` of `count` units that cost `inc`, of which `tax` is tax."""

    def settle(value: Decimal) -> Decimal:
        if habit.rounding == "per_unit":
            return rounded(value / count, habit.currency) * asked
        exact = value * asked / count
        return rounded(exact, habit.currency) if habit.rounding == "per_line" else exact

    if habit.tax_inclusive:
        return settle(inc), settle(tax)
    return settle(inc - tax) + settle(tax), settle(tax)


def _by_amount(order: Doc, item: Doc, past: list[Doc], habit: Habit) -> tuple[Decimal, Decimal]:
    kind, amount = item["item_type"], dec(item.get("amount"))
    if amount < 0 or amount != rounded(amount, habit.currency):
        raise Refused("amount must be positive with no more decimals than the currency has.", "amount")
    if kind == "ORDER":
        return amount, ZERO
    inc, tax = _bound(order, item)
    left = inc - _refunded_amount(past, kind, item.get("item_id"))
    if amount > left:
        raise Refused(f"Only {left:.2f} of {kind.lower()} is left to refund.", "amount")
    return amount, (amount if kind == "TAX" else rounded(tax * amount / inc, habit.currency) if inc else ZERO)


def _bound(order: Doc, item: Doc) -> tuple[Decimal, Decimal]:
    """What an amount-bound item can come to at most, with tax, and the tax of it."""
    kind, item_id = item["item_type"], item.get("item_id")
    if kind == "TAX":
        return dec(order.get("total_tax")), ZERO
    if kind == "FEE":
        for fee in order.get("fees", []):
            if fee["id"] == item_id:
                return dec(fee["cost_inc_tax"]), dec(fee["cost_tax"])
        raise Refused(f"Fee {item_id} does not belong to this order.", "item_id")
    addresses = order.get("shipping_addresses", [])
    if item_id not in [address["id"] for address in addresses]:
        raise Refused(f"Order address {item_id} does not belong to this order.", "item_id")
    name = "shipping_cost" if kind == "SHIPPING" else "handling_cost"
    if len(addresses) == 1:
        return dec(order.get(f"{name}_inc_tax")), dec(order.get(f"{name}_tax"))
    address = next(address for address in addresses if address["id"] == item_id)
    short = name.removeprefix("shipping_")
    return dec(address.get(f"{short}_inc_tax")), dec(address.get(f"{short}_tax"))


def refunded_quantity(past: list[Doc], kind: str, line_id: int) -> int:
    return sum(
        int(item.get("quantity") or 0)
        for refund in past
        for item in refund["items"]
        if item["item_type"] == kind and item["item_id"] == line_id
    )


def _refunded_amount(past: list[Doc], kind: str, item_id: Any) -> Decimal:
    found = [item for refund in past for item in refund["items"] if item["item_type"] == kind]
    return sum((dec(item["requested_amount"]) for item in found if kind == "TAX" or item["item_id"] == item_id), ZERO)


def refunded_total(past: list[Doc]) -> Decimal:
    return sum((dec(refund["total_amount"]) for refund in past), ZERO)


def left_of_order(order: Doc, past: list[Doc]) -> Decimal:
    """What can still be refunded of all that was paid, whatever the tender."""
    return dec(order.get("total_inc_tax")) - refunded_total(past)


def _empties(order: Doc, items: list[Doc], past: list[Doc]) -> bool:
    """Whether no unit and no shipping is left once these items are refunded."""
    if any(item.get("adjustments") or item["item_type"] == "ORDER" for item in items):
        return False
    now = [{"items": [{**item, "requested_amount": item.get("amount", 0)} for item in items]}]
    every = past + now
    lines = all(refunded_quantity(every, "PRODUCT", line["id"]) >= int(line["quantity"]) for line in order["products"])
    shipping = sum((_refunded_amount(every, "SHIPPING", a["id"]) for a in order.get("shipping_addresses", [])), ZERO)
    return lines and shipping >= dec(order.get("shipping_cost_inc_tax"))
