"""E-mail against a real server on this machine: what is in it, what its refusals mean, and that nothing is sent in clear to strangers."""

from __future__ import annotations

import smtplib
import socket
import threading
from typing import Any

import pytest

from zhanggui.api import SYSTEM, Later, ProviderError, Recipient, Refused, Sent, Unknown, clock, reading, unit_of_work
from zhanggui.outside import CalledInTransaction
from zhanggui_channels import mail
from zhanggui_customers import facade as customers
from zhanggui_sandbox import Sandbox

TO = "wang@customers.example"


@pytest.fixture
def letter(envelope: Any) -> Any:
    def make(**more: Any) -> Any:
        return envelope(TO, **{"href": "https://shop.example/shop/orders/26112785921383", **more})

    return make


def test_it_arrives_as_text_and_as_a_page_in_which_nothing_is_markup(instance: Any, arrived: Any, letter: Any) -> None:
    body = '第一段<script>alert(1)</script> & "引号"\n第二行'
    sent = mail.send(letter(subject="订单已发货\r\nBcc: all@customers.example", body=body, values={"unsubscribe": "https://shop.example/u/abc"}))
    assert sent == Sent("<msg-7f3a@sandbox.example>")
    (found,) = arrived("email")
    assert (found["who"], found["title"]) == (TO, "订单已发货 Bcc: all@customers.example")
    assert found["body"].strip().splitlines() == [*body.splitlines(), "", "https://shop.example/shop/orders/26112785921383"]
    assert "<script>" not in found["html"]
    assert "&lt;script&gt;" in found["html"]
    heads = found["headers"]
    assert (heads["List-Unsubscribe"], heads["List-Unsubscribe-Post"]) == ("<https://shop.example/u/abc>", "List-Unsubscribe=One-Click")
    assert (heads["Auto-Submitted"], "Bcc" in heads, heads["To"]) == ("auto-generated", False, TO)


@pytest.mark.parametrize("where", ["", "http://shop.example/u", "https://shop.example/u>\r\nBcc: x", "javascript:alert(1)"])
def test_only_an_address_by_https_is_offered_to_leave_by(instance: Any, arrived: Any, letter: Any, where: str) -> None:
    assert isinstance(mail.send(letter(values={"unsubscribe": where})), Sent)
    assert "List-Unsubscribe" not in arrived("email")[0]["headers"]


def test_a_repeat_bears_the_same_id(instance: Any, sandbox: Sandbox, arrived: Any, letter: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(mail, "SECONDS", 1.0)
    sandbox.ask("POST", "/_sim/faults", {"kind": "timeout_after", "operation": "mail", "seconds": 1.3})
    assert mail.send(letter()) == Unknown()
    assert isinstance(mail.send(letter()), Sent)
    assert [one["message_id"] for one in arrived("email")] == ["<msg-7f3a@sandbox.example>"] * 2
    assert (mail.CHANNEL.repeatable, mail.CHANNEL.billable) == (True, False)


@pytest.mark.parametrize(("code", "text", "result"), [
    (550, "5.1.1 no such user", Refused("no_address", "550", gone=True)), (551, "5.1.6 moved", Refused("no_address", "551", gone=True)),
    (550, "5.7.1 we take no mail of yours", Refused("provider_refused", "550")), (554, "5.7.1 spam", Refused("provider_refused", "554")),
    (451, "4.7.1 greylisted", Later(300, "provider_down", "451")), (421, "4.3.2 shutting down", Later(300, "provider_down", "421")),
])  # fmt: skip
def test_a_refusal_says_whether_the_address_is_one(instance: Any, sandbox: Sandbox, arrived: Any, letter: Any, code: int, text: str, result: Any) -> None:
    sandbox.ask("POST", "/_sim/faults", {"kind": "refuse", "operation": "mail", "code": code, "text": text})
    assert mail.send(letter()) == result
    assert arrived("email") == []


@pytest.mark.parametrize("to", ["nobody", "a b@c", "", "x@y\r\nBcc: z@y", "<>"])
def test_what_is_no_address_is_refused_here(instance: Any, arrived: Any, envelope: Any, to: str) -> None:
    assert mail.send(envelope(to)) == Refused("no_address")
    assert arrived("email") == []


def test_who_cannot_be_reached_or_signed_in_to(instance: Any, change: Any, letter: Any) -> None:
    change(smtp_password="another")
    assert mail.send(letter()) == Refused("provider_refused")
    with pytest.raises(ProviderError, match="user and the password"):
        mail.probe({})
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        change(smtp_port=free.getsockname()[1])
        assert mail.send(letter()) == Later(60, "provider_down")


def test_nothing_goes_in_clear_unless_a_file_allows_it(instance: Any, change: Any, arrived: Any, letter: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    change(smtp_security="starttls")
    with pytest.raises(ProviderError, match="no encryption"):
        mail.probe({})
    change(smtp_security="tls")
    assert mail.send(letter()) == Later(60, "provider_down")
    change(smtp_security="none", smtp_host="mail.example")
    with pytest.raises(ProviderError, match="in clear"):
        mail.probe({})
    assert mail.send(letter()) == Refused("provider_refused")
    assert arrived("email") == []


def test_its_server_is_a_public_one_at_a_port_of_mail(instance: Any, change: Any, letter: Any) -> None:
    for host in ("10.1.2.3", "169.254.169.254", "::1", "192.168.0.9"):
        with pytest.raises(ProviderError, match="may not be called"):
            mail.probe({"plugin.channels.smtp_host": host, "plugin.channels.smtp_security": "tls", "plugin.channels.smtp_port": 465})
    with pytest.raises(ProviderError, match="port 6379"):
        mail.probe({"plugin.channels.smtp_host": "8.8.8.8", "plugin.channels.smtp_security": "tls", "plugin.channels.smtp_port": 6379})
    with unit_of_work(), pytest.raises(CalledInTransaction):
        mail.send(letter())


def test_a_server_that_stalls_ends_in_time(instance: Any, change: Any, letter: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(mail, "SECONDS", 0.5)
    with socket.socket() as mute:
        mute.bind(("127.0.0.1", 0))
        mute.listen()
        change(smtp_port=mute.getsockname()[1])
        assert mail.send(letter()) == Later(60, "provider_down")


def test_the_test_button_sends_to_the_sender(instance: Any, arrived: Any, sandbox: Sandbox) -> None:
    assert "shop@sandbox.example" in str(mail.probe({}))
    assert arrived("email")[0]["who"] == "shop@sandbox.example"
    sandbox.ask("POST", "/_sim/faults", {"kind": "refuse", "operation": "mail"})
    with pytest.raises(ProviderError, match="550"):
        mail.probe({})


def test_the_address_is_the_customers_own(instance: Any) -> None:
    with unit_of_work() as db:
        found = customers.find_or_create_by_phone(db, name="Wang Wei", phone="13800000000", actor=SYSTEM, now=clock.now())
    with reading() as db:
        assert mail.CHANNEL.address(db, Recipient("customer", found)) is None
        assert mail.CHANNEL.address(db, Recipient("customer", 999_999)) is None
        assert mail.CHANNEL.address(db, Recipient("staff")) is None
        assert mail.addresses.phone_of(db, Recipient("customer", found)) == "+8613800000000"


def test_the_catcher_understands_pythons_own_client(sandbox: Sandbox, arrived: Any) -> None:
    given = sandbox.ask("GET", "/_sim/credentials")["mail"]
    with smtplib.SMTP("127.0.0.1", given["port"], timeout=5) as line:
        with pytest.raises(smtplib.SMTPAuthenticationError):
            line.login(given["user"], "another")
        line.login(given["user"], given["password"])
        line.sendmail("a@b.example", [TO], "Subject: dots\r\n\r\n.begins with one\r\n..and two\r\n")
    assert arrived("email")[0]["body"].split() == [".begins", "with", "one", "..and", "two"]
    assert threading.active_count() < 50
