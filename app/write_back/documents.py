"""What the store's books say of a return: the shapes of our metafields, and the line for people."""

from collections.abc import Sequence
from typing import Any

from ..returns.models import Return, ReturnLine
from ..returns.states import header, word

NAMESPACE = "returns"
NOTE_START = "Returns (Backhaul)"
NOTE_LIMIT = 2000


def shopper_document(rma: Return) -> dict[str, Any]:
    """What the shopper may see (metafield `<number>`):
    {number, status, detail, updated_at, lines: [{order_product_id, quantity, status}]}."""
    return {
        "number": rma.number,
        "status": rma.word,
        "detail": rma.detail,
        "updated_at": rma.updated_at.isoformat(),
        "lines": [
            {"order_product_id": line.order_line.bc_line_id, "quantity": line.quantity, "status": _word(line)}
            for line in rma.lines
        ],
    }


def internal_document(rma: Return) -> dict[str, Any]:
    """For programs of the merchant (metafield `<number>-internal`, ours alone):
    {number, version, lines: [{order_product_id, quantity, decision, custody, money, reason}]}."""
    return {
        "number": rma.number,
        "version": rma.version,
        "lines": [
            {
                "order_product_id": line.order_line.bc_line_id,
                "quantity": line.quantity,
                "decision": line.decision,
                "custody": line.custody,
                "money": line.money,
                "reason": line.reason,
            }
            for line in rma.lines
        ],
    }


def summary_document(returns: Sequence[Return]) -> dict[str, Any]:
    """All returns of the order (metafield `summary`): {status, returns: [{number, status, detail}]}."""
    lines = [line.state for rma in returns for line in rma.lines]
    return {
        "status": str(header(lines).word),
        "returns": [{"number": rma.number, "status": rma.word, "detail": rma.detail} for rma in returns],
    }


def staff_note(returns: Sequence[Return]) -> str:
    """The one line of ours in the order's staff notes."""
    told = "; ".join(f"{rma.number} {rma.word} ({rma.detail})" for rma in returns)
    return f"{NOTE_START}: {told}"[:NOTE_LIMIT]


def _word(line: ReturnLine) -> str:
    state = line.state
    return str(word(state.decision, state.custody, state.money, repaired=state.repaired))
