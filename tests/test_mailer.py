"""Handing letters to SMTP: taken, refused, or unavailable for now."""

from email.message import EmailMessage

import pytest

from app import mailer
from tests.smtp_double import free_port, postbox, silent_server


def a_message(to: str = "shopper@shop.example") -> EmailMessage:
    message = EmailMessage()
    message["From"], message["To"], message["Subject"] = "returns@backhaul.example", to, "Hello"
    message.set_content("Text")
    return message


def test_a_letter_reaches_the_server_once():
    with postbox() as (box, url):
        mailer.send(a_message(), smtp_url=url)
    assert [letter["To"] for letter in box.letters] == ["shopper@shop.example"]


@pytest.mark.parametrize(("where", "said"), [("to", "550 5.1.1 No such user"), ("answer", "554 5.7.1 No thanks")])
def test_a_letter_answered_with_5xx_is_refused_in_the_servers_words(where, said):
    with postbox() as (box, url):
        setattr(box, where, said)
        with pytest.raises(mailer.MailRefused) as refused:
            mailer.send(a_message(), smtp_url=url)
    assert str(refused.value) == said
    assert not refused.value.retryable
    assert box.letters == []


@pytest.mark.parametrize(("where", "said"), [("to", "451 4.3.0 Later"), ("answer", "452 4.3.1 Full")])
def test_a_letter_answered_with_4xx_may_go_out_later(where, said):
    with postbox() as (box, url):
        setattr(box, where, said)
        with pytest.raises(mailer.MailUnavailable) as busy:
            mailer.send(a_message(), smtp_url=url)
    assert str(busy.value) == said
    assert busy.value.retryable
    assert box.letters == []


def test_silence_is_not_a_refusal():
    with silent_server() as url, pytest.raises(mailer.MailUnavailable) as silence:
        mailer.send(a_message(), smtp_url=url, timeout_s=0.3)
    assert silence.value.retryable
    assert str(silence.value) == "The mail server did not answer."


def test_a_server_that_is_not_there_is_unavailable():
    with pytest.raises(mailer.MailUnavailable, match="cannot be reached"):
        mailer.send(a_message(), smtp_url=f"smtp://127.0.0.1:{free_port()}")


def test_a_server_without_the_wanted_starttls_gets_no_letter():
    with postbox() as (box, url):
        with pytest.raises(mailer.MailUnavailable):
            mailer.send(a_message(), smtp_url=f"{url}?starttls=1")
        with pytest.raises(mailer.MailUnavailable):
            mailer.send(a_message(), smtp_url=url.replace("smtp://", "smtp://name:word@"))
    assert box.letters == []


def test_an_address_that_is_no_smtp_url_is_our_own_mistake():
    with pytest.raises(ValueError, match="SMTP_URL"):
        mailer.send(a_message(), smtp_url="http://localhost")


def test_an_address_outside_ascii_arrives():
    with postbox() as (box, url):
        mailer.send(a_message("zoë@shop.example"), smtp_url=url)
    assert box.letters[0]["To"] == "zoë@shop.example"
