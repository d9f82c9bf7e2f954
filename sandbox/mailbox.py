"""The mailbox: an SMTP server that keeps every mail it gets, and the pages that show them.

Mails live in the state, so a restart keeps them. `smtp_refuse` and `smtp_silent` are armed at the control API.
"""

from __future__ import annotations

import asyncio
import socket
import threading
from email import message_from_bytes, policy
from email.message import EmailMessage
from typing import Any

from aiosmtpd.smtp import SMTP, Envelope, Session
from flask import (
    Blueprint,
    abort,
    current_app,
    make_response,
    redirect,
    render_template,
    request,
    url_for,
)
from flask.typing import ResponseReturnValue
from werkzeug.exceptions import HTTPException

from sandbox.state import State

MAX_BYTES = 10_000_000
bp = Blueprint("mailbox", __name__, url_prefix="/mailbox", template_folder="templates")


class Mailbox:
    """`start()` listens on host:port (0 takes a free one, see `port` afterwards); `stop()` frees it."""

    def __init__(self, host: str, port: int, state: State) -> None:
        self.host, self.port = host, port
        self._state = state
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, name="mailbox", daemon=True)
        self._server: asyncio.Server | None = None

    def start(self) -> None:
        self._thread.start()
        self._server = asyncio.run_coroutine_threadsafe(self._listen(), self._loop).result(timeout=10)
        self.port = self._server.sockets[0].getsockname()[1]

    def stop(self) -> None:
        if self._server is None:
            return
        asyncio.run_coroutine_threadsafe(self._close(), self._loop).result(timeout=10)
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(timeout=5)
        self._loop.close()
        self._server = None

    async def _listen(self) -> asyncio.Server:
        handler = _Keep(self._state)
        return await self._loop.create_server(
            lambda: SMTP(handler, hostname="mailbox.sandbox.example", data_size_limit=MAX_BYTES, loop=self._loop),
            self.host,
            self.port,
            family=socket.AF_INET,
        )

    async def _close(self) -> None:
        if self._server is not None:
            self._server.close()
        tasks = [task for task in asyncio.all_tasks() if task is not asyncio.current_task()]
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


class _Keep:
    """What the SMTP server does with a mail."""

    def __init__(self, state: State) -> None:
        self._state = state

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:
        recipients = [str(address) for address in envelope.rcpt_tos]
        fault = self._state.faults.take_smtp(" ".join(recipients))
        if fault is not None and fault["fault"] == "smtp_refuse":
            return f"{int(fault.get('status') or 550)} refused by the sandbox's own wish"
        if fault is None or fault.get("kept"):
            self._state.add_mail(as_document(bytes(envelope.content or b""), str(envelope.mail_from), recipients))
        if fault is not None:
            # The sender hears nothing until it gives up, and cannot know whether the mail was taken.
            await asyncio.sleep(float(fault.get("delay_s") or 60))
            return "421 the sandbox was silent on purpose"
        return "250 kept"


def as_document(raw: bytes, sender: str, recipients: list[str]) -> dict[str, Any]:
    """The mail as the state keeps it: {to, from, subject, message_id, text, html, headers, attachments}."""
    mail = message_from_bytes(raw, policy=policy.default)
    return {
        "to": recipients,
        "from": str(mail["From"] or sender),
        "subject": str(mail["Subject"] or ""),
        "message_id": str(mail["Message-ID"] or ""),
        "text": _part(mail, "plain"),
        "html": _part(mail, "html"),
        "headers": [[name, str(value)] for name, value in mail.items()],
        "attachments": [part.get_filename() or "unnamed" for part in mail.iter_attachments()],
    }


def _part(mail: EmailMessage, kind: str) -> str:
    part = mail.get_body(preferencelist=(kind,))
    return str(part.get_content()) if part is not None else ""


@bp.errorhandler(HTTPException)
def show_error(error: HTTPException) -> ResponseReturnValue:
    return render_template("panel/error.html", error=error), error.code or 500


def _state() -> State:
    return current_app.config["SANDBOX"].state


@bp.get("")
def index() -> ResponseReturnValue:
    """Every mail, newest first; `?to=` keeps one recipient's."""
    wanted = request.args.get("to", "").strip()
    mails = sorted(_state().mails(wanted or None), key=lambda mail: -mail["seq"])
    return render_template("mailbox/list.html", mails=mails[:200], total=len(mails), wanted=wanted)


@bp.get("/<int:seq>")
def show(seq: int) -> ResponseReturnValue:
    return render_template("mailbox/mail.html", mail=_find(seq))


@bp.get("/<int:seq>/body.html")
def body(seq: int) -> ResponseReturnValue:
    """The HTML part alone, for the frame: no script, no form; links open beside it."""
    answer = make_response(f'<base target="_blank">{_find(seq)["html"]}')
    answer.headers["Content-Security-Policy"] = (
        "default-src 'none'; style-src 'unsafe-inline'; img-src http: https: data:;"
        " sandbox allow-popups allow-popups-to-escape-sandbox"
    )
    return answer


@bp.post("/clear")
def clear() -> ResponseReturnValue:
    _state().clear_log("mail")
    return redirect(url_for("mailbox.index"), code=303)


def _find(seq: int) -> dict[str, Any]:
    found = [mail for mail in _state().mails(since=seq - 1) if mail["seq"] == seq]
    return found[0] if found else abort(404)
