"""E-mail by SMTP. A message has the same Message-ID at each try, so it may be repeated: whoever has it knows it again."""

from __future__ import annotations

import re
import smtplib
import socket
import ssl
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from email import policy
from email.errors import MessageError
from email.headerregistry import Address
from email.message import EmailMessage
from email.utils import format_datetime
from html import escape
from typing import Any

import certifi

from zhanggui.api import (
    Channel,
    Envelope,
    Later,
    ProviderError,
    Recipient,
    Refused,
    Sent,
    SettingTest,
    Unknown,
    _,
    _l,
    clock,
    get_setting,
    outside,
)

from . import addresses, wire
from .account import Values, number, setting

PORTS = (25, 465, 587, 2525)
SECONDS = 10.0  # for each step
_GREYLISTED = 300
_GONE = (550, 551, 553)
_POLICY = re.compile(r"\b5\.7\.\d+")  # refused for what is in it or who sends it: the address is one all the same
_ODD = re.compile(r"[^0-9A-Za-z._-]")
_LINE_BREAKS = re.compile(r"\s+")
_WIRE = policy.SMTP.clone(max_line_length=200)


@dataclass(frozen=True)
class Server:
    """Where mail is handed in, and who sends it."""

    host: str
    port: int
    security: str
    user: str
    password: str = field(repr=False)
    sender: str = ""


def server(values: Values = None) -> Server:
    """As the settings say."""
    return Server(
        setting("smtp_host", values), number("smtp_port", values), setting("smtp_security", values), setting("smtp_user", values),
        setting("smtp_password", values), setting("mail_from", values),
    )  # fmt: skip


class _Line(smtplib.SMTP):
    """A session whose connection goes to an address that was looked at."""

    def __init__(self, to: Server) -> None:
        super().__init__(timeout=SECONDS, local_hostname="localhost")
        self._to = to
        self._host = to.host  # what a certificate is asked for

    def _get_socket(self, host: str, port: int, timeout: float) -> socket.socket:  # type: ignore[override] # always with a time
        line = outside.connect(host, port, ports=PORTS, seconds=timeout)
        line.settimeout(timeout)
        return _trust().wrap_socket(line, server_hostname=host) if self._to.security == "tls" else line

    def begin(self) -> None:
        """Connect, encrypt, sign in.

        :raises ProviderError: in a sentence; nothing was sent.
        """
        to = self._to
        if to.security == "none" and not outside.is_allowed(to.host):
            raise ProviderError(_("Mail is not sent in clear: choose tls or starttls."), retry=False)
        try:
            self.connect(to.host, to.port)
            if to.security == "starttls":
                self.starttls(context=_trust())
            if to.user:
                self.login(to.user, to.password)
        except smtplib.SMTPAuthenticationError:
            raise ProviderError(_("%(host)s does not accept the user and the password together.", host=to.host), retry=False) from None
        except smtplib.SMTPNotSupportedError:
            raise ProviderError(_("%(host)s offers no encryption, or no way to sign in.", host=to.host), retry=False) from None
        except ssl.SSLCertVerificationError:
            raise ProviderError(_("The certificate of %(host)s is not valid.", host=to.host), retry=False) from None
        except (smtplib.SMTPException, OSError):
            raise ProviderError(_("%(host)s cannot be reached.", host=to.host), retry=True) from None


@contextmanager
def _session(to: Server) -> Iterator[_Line]:
    """A session that is ended politely, or at least ended: how the goodbye goes changes nothing of what was sent."""
    line = _Line(to)
    try:
        line.begin()
        yield line
    finally:
        with suppress(smtplib.SMTPException, OSError):
            line.quit()
        line.close()


def _trust() -> ssl.SSLContext:
    trust = ssl.create_default_context()
    trust.load_verify_locations(certifi.where())
    return trust


def letter(envelope: Envelope, sender: str) -> EmailMessage:
    """A message as a mail: plain text, and the same as simple HTML in which nothing of it is markup.

    :raises ValueError: when one of the addresses is none.
    """
    made = EmailMessage(policy=_WIRE)
    origin = Address(addr_spec=sender)
    made["From"] = Address(_one_line(str(get_setting("instance.name"))), origin.username, origin.domain)
    made["To"] = Address(addr_spec=envelope.address)
    made["Subject"] = _one_line(envelope.subject or envelope.body)[:200]
    made["Date"] = format_datetime(clock.now())
    made["Message-ID"] = f"<{_ODD.sub('-', envelope.message_id)}@{origin.domain}>"
    made["Auto-Submitted"] = "auto-generated"
    leave = envelope.values.get("unsubscribe", "")
    if leave.startswith("https://") and leave.isascii() and not set(leave) & set("<> \r\n\t"):
        made["List-Unsubscribe"] = f"<{leave}>"
        made["List-Unsubscribe-Post"] = "List-Unsubscribe=One-Click"
    made.set_content("\n\n".join(part for part in (envelope.body, envelope.href) if part) + "\n")
    made.add_alternative(_page(envelope), subtype="html")
    return made


def _page(envelope: Envelope) -> str:
    said = "".join(f"<p>{escape(part).replace(chr(10), '<br>')}</p>" for part in envelope.body.split("\n\n"))
    leads = f'<p><a href="{escape(envelope.href)}">{escape(envelope.href)}</a></p>' if envelope.href.startswith(("https://", "http://")) else ""
    language = escape(envelope.locale.replace("_", "-"))
    return f'<!doctype html><html lang="{language}"><body style="font:16px/1.6 sans-serif;max-width:560px;margin:24px auto;padding:0 16px">{said}{leads}</body></html>\n'


def _one_line(text: str) -> str:
    return _LINE_BREAKS.sub(" ", text).strip()


def send(envelope: Envelope) -> wire.Result:
    """Hand it in."""
    return _hand_in(envelope, server())


def _hand_in(envelope: Envelope, to: Server) -> wire.Result:
    try:
        mail = letter(envelope, to.sender)
    except (ValueError, IndexError, MessageError):  # the parser of addresses stumbles over some in its own ways
        return Refused("no_address")
    try:
        with _session(to) as line:
            return _say(line, mail)
    except ProviderError as trouble:
        return Later(wire.SOON, "provider_down") if trouble.retry else Refused("provider_refused")


def _say(line: _Line, mail: EmailMessage) -> wire.Result:
    try:
        line.send_message(mail)
    except smtplib.SMTPRecipientsRefused as refused:
        code, text = next(iter(refused.recipients.values()))
        return _refusal(code, text)
    except smtplib.SMTPNotSupportedError:
        return Refused("provider_refused")
    except smtplib.SMTPResponseException as refused:
        code = refused.smtp_code
        return Unknown() if code < 400 else Later(_GREYLISTED, "provider_down", str(code)) if code < 500 else Refused("provider_refused", str(code))
    except (smtplib.SMTPException, OSError):
        return Unknown()
    return Sent(str(mail["Message-ID"]))


def _refusal(code: int, text: bytes) -> wire.Result:
    if code < 500:
        return Later(_GREYLISTED, "provider_down", str(code))
    if code in _GONE and not _POLICY.search(text.decode("utf-8", "replace")):
        return Refused("no_address", str(code), gone=True)
    return Refused("provider_refused", str(code))


def missing() -> Any:
    """Why it cannot be used yet."""
    to = server()
    return None if to.host and to.sender else _l("Enter the mail server and the sender under Settings.")


def probe(values: Mapping[str, Any]) -> Any:
    """Send a test to the sender's own address, with settings that are only tried.

    :raises ProviderError: in a sentence.
    """
    to = server(values)
    if not (to.host and to.sender):
        raise ProviderError(_("Enter the mail server and the sender under Settings."), retry=False)
    with _session(to):  # what is wrong with the connection is told in a sentence of its own
        said = _("This is a test from your shop. Mail can be sent.")
    name = f"test-{clock.now():%Y%m%d%H%M%S%f}"
    wire.told(_hand_in(Envelope(name, "channels.test", Recipient("user"), to.sender, "", said, said), to))
    return _l("A test is on its way to %(address)s.", address=to.sender)


CHANNEL = Channel("email", _l("E-mail"), "mail", ("customer",), send, missing, addresses.mail_of, repeatable=True, per_minute=60, longest=20_000, reach=addresses.with_mail)
TEST = {"plugin.channels.smtp_password": SettingTest(_l("Send a test to the sender"), probe)}
