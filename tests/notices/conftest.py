"""A mail server of the test's own, and a return to write about."""

from collections.abc import Iterator

import pytest
from flask import Flask

from app.extensions import db as database
from app.lib import clock
from app.returns.models import Return, ReturnLine
from tests.factories import a_line, an_order
from tests.smtp_double import Postbox, postbox


@pytest.fixture
def box(app: Flask) -> Iterator[Postbox]:
    """The mail server of the application."""
    before = app.config["SETTINGS"]
    with postbox() as (box, url):
        app.config["SETTINGS"] = before.model_copy(update={"smtp_url": url})
        yield box
    app.config["SETTINGS"] = before


@pytest.fixture
def rma(store) -> Return:
    """RMA-7KQ2MX: two teapots of order 1234."""
    order = an_order(
        [a_line(name="Teapot <blue> & round", quantity=2)],
        bc_order_id=1234,
        shopper_name="Demo Shopper 1",
        shopper_email="shopper1@shop.example",
    )
    rma = Return(
        store_id=store.id,
        number="RMA-7KQ2MX",
        order_id=order.id,
        origin="shopper",
        form_key="key-of-the-form",
        policy_version=1,
        instructions="Pack it well.",
        created_at=clock.now(),
        updated_at=clock.now(),
    )
    rma.lines = [ReturnLine(store_id=store.id, order_line_id=order.lines[0].id, quantity=2, reason="damaged")]
    database.session.add(rma)
    database.session.commit()
    return rma
