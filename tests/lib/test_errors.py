"""Three kinds of errors."""

from app.lib.errors import Conflict, Forbidden, NotFound, RemoteError, UserError


def test_a_persons_error_carries_its_code_facts_and_status() -> None:
    error = UserError("over_refund", left="3.00 USD")
    assert (error.code, error.facts, error.status) == ("over_refund", {"left": "3.00 USD"}, 400)
    assert (NotFound().code, NotFound().status) == ("not_found", 404)
    assert (Forbidden().code, Forbidden().status) == ("forbidden", 403)
    assert Conflict("stale_line").status == 409


def test_a_remote_error_says_whether_to_try_again() -> None:
    error = RemoteError("gateway", retryable=True, outcome_unknown=True, retry_after_s=3.5)
    assert (error.retryable, error.outcome_unknown, error.retry_after_s) == (True, True, 3.5)
    assert not isinstance(error, UserError)
