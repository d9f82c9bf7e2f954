"""The three kinds of errors: what a person can fix, what another system did, and bugs (everything else)."""

from typing import Any


class UserError(Exception):
    """The person in front of it can fix it. `code` is stable; the sentence is found by code (see `web.errors`).

    `facts` fill the sentence: money, numbers, names already shown to that person.
    """

    status = 400

    def __init__(self, code: str, **facts: Any) -> None:
        super().__init__(code)
        self.code = code
        self.facts = facts


class NotFound(UserError):
    """Nothing of that id in this store: said alike for what never existed and for what is another's."""

    status = 404

    def __init__(self, code: str = "not_found", **facts: Any) -> None:
        super().__init__(code, **facts)


class Conflict(UserError):
    """Somebody was faster: the state asked for is no longer there."""

    status = 409


class Forbidden(UserError):
    """Known, but not allowed to do this."""

    status = 403

    def __init__(self, code: str = "forbidden", **facts: Any) -> None:
        super().__init__(code, **facts)


class RemoteError(Exception):
    """Another system failed us.

    `retryable`: the same call may succeed later. `outcome_unknown`: it may have done the work all the same;
    look before calling again. `retry_after_s`: it said when.
    """

    def __init__(
        self,
        message: str,
        *,
        retryable: bool,
        outcome_unknown: bool = False,
        retry_after_s: float | None = None,
    ) -> None:
        super().__init__(message)
        self.retryable = retryable
        self.outcome_unknown = outcome_unknown
        self.retry_after_s = retry_after_s
