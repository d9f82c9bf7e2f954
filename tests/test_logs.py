"""What the log keeps to itself."""

import logging

import pytest

from app.logs import set_up

MAIL = "shopper@shop.example"


def test_the_row_that_a_database_error_quotes_stays_out(capsys: pytest.CaptureFixture[str]) -> None:
    before = logging.getLogger().handlers[:]
    try:
        set_up()
        try:
            raise ValueError(f"duplicate key\nDETAIL: Key (email)=({MAIL}) exists.\nHINT: none")
        except ValueError:
            logging.getLogger("app").exception("a bug")
    finally:
        logging.getLogger().handlers[:] = before
    said = capsys.readouterr().err
    assert MAIL not in said
    assert "DETAIL: (left out)" in said
    assert "duplicate key" in said
