"""Sending what was written: at least once, always the same letter."""

import logging
from datetime import timedelta

from flask import current_app
from sqlalchemy import select

from .. import mailer
from ..extensions import db
from ..lib import clock
from ..stores.queries import get_store, settings_of
from .models import Letter
from .render import BadAddress, render

log = logging.getLogger(__name__)

CODE_LIFE = timedelta(minutes=15)
"""A guest's code is good that long; a later letter would only mislead."""


def deliver(store_id: int, letter_id: int) -> None:
    """Send a letter that waits (job `letter.send`). Run twice, it sends once unless the first run was lost half-way.

    Raises MailUnavailable to be run again; what happened is then already committed for people to see.
    """
    waiting = select(Letter).where(Letter.id == letter_id, Letter.state == "queued")
    letter = db.session.scalar(waiting.with_for_update(skip_locked=True))
    if letter is None:
        return
    if letter.notice == "guest_code" and clock.now() >= letter.queued_at + CODE_LIFE:
        _close(letter, "expired", "The code was too old to be sent.")
        return
    letter.tries += 1
    try:
        _send(letter)
    except mailer.MailRefused as refused:
        log.warning("letter %s of store %s was refused", letter_id, store_id)
        _close(letter, "refused", str(refused))
    except mailer.MailUnavailable as silence:
        letter.error = str(silence)
        # The worker rolls back what a failing handler did, and people should see that it is being tried.
        db.session.commit()
        raise
    else:
        letter.sent_at = clock.now()
        _close(letter, "sent", None)


def _send(letter: Letter) -> None:
    store = get_store()
    try:
        message = render(letter, store, settings_of(store))
    except BadAddress as error:
        raise mailer.MailRefused("There is no proper mail address to write to.") from error
    letter.subject = message["Subject"]
    mailer.send(message, smtp_url=current_app.config["SETTINGS"].smtp_url)


def _close(letter: Letter, state: str, error: str | None) -> None:
    letter.state, letter.error, letter.secret = state, error, None
