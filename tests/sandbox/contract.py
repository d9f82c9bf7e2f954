"""The published contract for tests: `contract_or_skip()` says plainly when it is not beside this repository."""

from __future__ import annotations

import pytest

from tests.sandbox.conftest import CONTRACT


def contract_or_skip() -> str:
    """The contract's path; skips the test loudly where the folder is missing."""
    if not CONTRACT.exists():
        pytest.skip(f"NOT CHECKED against the REST contract: {CONTRACT} is missing")
    return str(CONTRACT)
