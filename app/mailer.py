"""Hands a finished letter to SMTP."""

import smtplib
from email.message import EmailMessage
from ssl import create_default_context
from urllib.parse import SplitResult, parse_qs, unquote, urlsplit

from .lib.errors import RemoteError

TIMEOUT_S = 20.0
_PORTS = {"smtp": 25, "smtps": 465}


class MailRefused(RemoteError):
    """The server does not want this letter, now or later. The message is what it said."""

    def __init__(self, message: str) -> None:
        super().__init__(message, retryable=False)


class MailUnavailable(RemoteError):
    """The server was silent, busy or not there; the same letter may go out later."""

    def __init__(self, message: str, *, outcome_unknown: bool = False) -> None:
        super().__init__(message, retryable=True, outcome_unknown=outcome_unknown)


def send(message: EmailMessage, *, smtp_url: str, timeout_s: float = TIMEOUT_S) -> None:
    """Hand `message` to the server at `smtp_url`: smtp://[user:password@]host[:port][?starttls=1] or smtps://.

    Raises MailRefused when the server answers this letter with 5xx, MailUnavailable for anything else:
    4xx, silence, no connection, a log-in that fails (that is our own affair and can be mended).
    """
    url = urlsplit(smtp_url)
    if url.scheme not in _PORTS or not url.hostname:
        raise ValueError("SMTP_URL must be smtp://host[:port] or smtps://host[:port]")
    server = _connected(url, timeout_s)
    try:
        _hand_over(server, message)
    finally:
        _part(server)


def _connected(url: SplitResult, timeout_s: float) -> smtplib.SMTP:
    host, port = url.hostname or "", url.port or _PORTS[url.scheme]
    server: smtplib.SMTP | None = None
    try:
        if url.scheme == "smtps":
            server = smtplib.SMTP_SSL(host, port, timeout=timeout_s, context=create_default_context())
        else:
            server = smtplib.SMTP(host, port, timeout=timeout_s)
        if url.scheme == "smtp" and parse_qs(url.query).get("starttls") == ["1"]:
            server.starttls(context=create_default_context())
        if url.username:
            server.login(unquote(url.username), unquote(url.password or ""))
        return server
    except (smtplib.SMTPException, OSError) as error:
        if server is not None:
            server.close()
        raise MailUnavailable(_words(error)) from error


def _hand_over(server: smtplib.SMTP, message: EmailMessage) -> None:
    try:
        server.send_message(message)
    except smtplib.SMTPRecipientsRefused as error:
        code, said = next(iter(error.recipients.values()))
        raise _by_code(code, said) from error
    except smtplib.SMTPResponseException as error:
        raise _by_code(error.smtp_code, error.smtp_error) from error
    except smtplib.SMTPNotSupportedError as error:
        raise MailRefused("The mail server cannot write to this address.") from error
    except (smtplib.SMTPException, OSError) as error:
        raise MailUnavailable(_words(error), outcome_unknown=True) from error


def _part(server: smtplib.SMTP) -> None:
    # What the server says to our good-bye changes nothing about the letter.
    try:
        server.quit()
    except (smtplib.SMTPException, OSError):
        server.close()


def _by_code(code: int, said: bytes | str) -> MailRefused | MailUnavailable:
    text = said.decode("utf-8", "replace") if isinstance(said, bytes) else said
    words = f"{code} {' '.join(text.split())}"[:200]
    return MailRefused(words) if 500 <= code < 600 else MailUnavailable(words)


def _words(error: Exception) -> str:
    """What happened, in a short form that can be shown."""
    if isinstance(error, smtplib.SMTPResponseException):
        return str(_by_code(error.smtp_code, error.smtp_error))
    if isinstance(error, (TimeoutError, smtplib.SMTPServerDisconnected)):
        return "The mail server did not answer."
    return f"The mail server cannot be reached ({type(error).__name__})."
