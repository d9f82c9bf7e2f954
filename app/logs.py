"""Logs as JSON lines on standard error: ids, never tokens, addresses or bodies."""

import logging
import sys

import structlog


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
                structlog.processors.JSONRenderer(),
            ],
        )
    )
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(level)
    # They log request lines and job arguments by the hundred.
    for noisy in ("procrastinate", "urllib3", "werkzeug", "bigcommerce", "aiosmtpd"):
        logging.getLogger(noisy).setLevel(logging.WARNING)
