"""A statement to make, and running what follows from it without a store to ask."""

from collections.abc import Callable
from typing import Any

import pytest
from sqlalchemy import text

from app.flows import follow_withdrawal, withdraw
from app.withdrawals.models import Withdrawal
from app.withdrawals.queries import get_withdrawal
from app.withdrawals.statement import Statement


def says(order: Any, email: str = "", **changes: str) -> Statement:
    """The statement of somebody who bought `order` (an order, or what they type for it)."""
    reference = str(getattr(order, "bc_order_id", order))
    mail = email or getattr(order, "shopper_email", "shopper@shop.example")
    return Statement(**{"name": "Demo Shopper", "order_reference": reference, "email": mail, **changes})


@pytest.fixture(autouse=True)
def _nobody_to_ask(monkeypatch: pytest.MonkeyPatch) -> None:
    """The store is not asked for parcels and categories: what the test wrote is all there is."""
    monkeypatch.setattr("app.flows.follow_withdrawal.learn", lambda *given: None)


@pytest.fixture
def withdraws(db: Any, store: Any) -> Callable[..., Withdrawal]:
    """State it and let what follows happen; gives the withdrawal."""

    def state(order: Any, email: str = "", *, form_key: str = "", visitor: str = "one", **changes: str) -> Withdrawal:
        stated = withdraw.state(says(order, email, **changes), form_key=form_key, visitor=visitor)
        number = stated.number
        withdrawal_id = db.session.execute(
            text("SELECT id FROM withdrawals WHERE number = :number"), {"number": number}
        ).scalar_one()
        follow_withdrawal.follow(store.id, withdrawal_id)
        return get_withdrawal(withdrawal_id)

    return state
