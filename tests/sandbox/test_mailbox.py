"""The mailbox keeps what it gets, shows it harmlessly, and misbehaves when asked to."""

import smtplib
import socket
from email.message import EmailMessage
from types import SimpleNamespace

import pytest
from flask import Flask

from sandbox import mailbox
from sandbox.clock import Clock
from sandbox.pages import control_panel
from sandbox.state import State


@pytest.fixture
def box(tmp_path):
    state = State(tmp_path / "state.db", Clock())
    server = mailbox.Mailbox("127.0.0.1", 0, state)
    server.start()
    yield server
    server.stop()
    state.close()


@pytest.fixture
def pages(box):
    app = Flask("mailbox-test")
    app.config["SANDBOX"] = SimpleNamespace(state=box._state)
    app.register_blueprint(control_panel.bp)
    app.register_blueprint(mailbox.bp)
    return app.test_client()


def letter(to="guest1@shoppers.example", subject="We received your request – thank you"):
    mail = EmailMessage()
    mail["From"] = "Demo Store <shop@store.example>"
    mail["To"] = to
    mail["Subject"] = subject
    mail["Message-ID"] = "<rma-1@store.example>"
    mail.set_content("Your code is 123456.\nhttp://127.0.0.1:5080/r/demostore1\n")
    mail.add_alternative("<p>Your code is <b>123456</b></p><script>alert(1)</script>", subtype="html")
    return mail


def send(box, mail, timeout=10):
    with smtplib.SMTP("127.0.0.1", box.port, timeout=timeout) as client:
        client.send_message(mail)


def test_a_mail_is_kept_with_both_its_parts_and_its_headers(box):
    send(box, letter())
    (kept,) = box._state.mails()
    assert kept["to"] == ["guest1@shoppers.example"]
    assert kept["subject"] == "We received your request – thank you"
    assert kept["message_id"] == "<rma-1@store.example>"
    assert "123456" in kept["text"]
    assert "<b>123456</b>" in kept["html"]
    assert ["From", "Demo Store <shop@store.example>"] in kept["headers"]


def test_mails_outlive_a_restart(tmp_path, box):
    send(box, letter())
    again = State(tmp_path / "state.db", Clock())
    assert len(again.mails()) == 1
    again.close()


@pytest.mark.parametrize("status", [550, 451])
def test_a_refused_mail_is_told_so_and_not_kept(box, status):
    box._state.faults.add({"fault": "smtp_refuse", "status": status, "times": 1})
    with pytest.raises(smtplib.SMTPDataError) as refused:
        send(box, letter())
    assert refused.value.smtp_code == status
    assert box._state.mails() == []
    send(box, letter())
    assert len(box._state.mails()) == 1


def test_a_fault_for_one_recipient_leaves_the_others_alone(box):
    box._state.faults.add({"fault": "smtp_refuse", "match": {"to": "guest1@"}})
    send(box, letter(to="guest2@shoppers.example"))
    with pytest.raises(smtplib.SMTPDataError):
        send(box, letter(to="guest1@shoppers.example"))
    assert [mail["to"] for mail in box._state.mails()] == [["guest2@shoppers.example"]]


@pytest.mark.parametrize("kept", [False, True])
def test_a_silent_server_keeps_the_sender_waiting_whether_or_not_it_took_the_mail(box, kept):
    box._state.faults.add({"fault": "smtp_silent", "delay_s": 5, "times": 1, "kept": kept})
    with pytest.raises((TimeoutError, socket.timeout, smtplib.SMTPServerDisconnected)):
        send(box, letter(), timeout=0.5)
    assert len(box._state.mails()) == int(kept)


def test_the_list_shows_one_recipients_mails_newest_first(box, pages):
    for number in (1, 2):
        send(box, letter(subject=f"Letter {number}"))
    send(box, letter(to="staff@store.example", subject="New request"))
    page = pages.get("/mailbox?to=GUEST1@shoppers.example").text
    assert page.index("Letter 2") < page.index("Letter 1")
    assert "New request" not in page


def test_html_is_shown_where_no_script_can_run(box, pages):
    send(box, letter())
    seq = box._state.mails()[0]["seq"]
    page, body = pages.get(f"/mailbox/{seq}"), pages.get(f"/mailbox/{seq}/body.html")
    assert 'sandbox="allow-popups allow-popups-to-escape-sandbox"' in page.text
    assert "<script>alert(1)</script>" not in page.text
    assert "sandbox" in body.headers["Content-Security-Policy"]
    assert "default-src 'none'" in body.headers["Content-Security-Policy"]


def test_an_unknown_mail_is_not_found(pages):
    assert pages.get("/mailbox/7").status_code == 404


def test_the_mailbox_can_be_emptied(box, pages):
    send(box, letter())
    assert pages.post("/mailbox/clear").status_code == 303
    assert box._state.mails() == []
