"""Alipay as payments see it: four places to pay, asking, closing, giving back."""

from __future__ import annotations

import secrets
from collections.abc import Mapping
from datetime import timedelta
from ipaddress import ip_address
from typing import Any
from urllib.parse import urlsplit

from zhanggui.api import Arrival, Money, NotGenuine, _, _l, clock, get_setting
from zhanggui_payments.facade import (
    AttemptView,
    Capabilities,
    ClientAction,
    Declined,
    Method,
    Misconfigured,
    Notification,
    OutcomeUnknown,
    Provider,
    RefundRequest,
    RefundSnapshot,
    Snapshot,
)

from . import client, keys, notices
from .amounts import CURRENCY, money, plain, read_plain, yuan

OWN_HOST = "openapi.alipay.com"
NOTIFY = "/notify/alipay"
_SOONEST = timedelta(minutes=1)
_PAGE, _CODE = timedelta(minutes=10), timedelta(minutes=110)  # what a signed address and a code live for
_PAGES = {"h5": ("alipay.trade.wap.pay", "QUICK_WAP_WAY"), "page": ("alipay.trade.page.pay", "FAST_INSTANT_TRADE_PAY")}
_STATES = {"WAIT_BUYER_PAY": "pending", "TRADE_SUCCESS": "captured", "TRADE_FINISHED": "captured", "TRADE_CLOSED": "closed"}
_UNKNOWN = "ACQ.TRADE_NOT_EXIST"


class Alipay(Provider):
    """Customers pay with the app of Alipay or on its pages."""

    id = "alipay"
    label = _l("Alipay")
    payer_of = "alipay"

    def capabilities(self) -> Capabilities:
        needs = {"mini_program": _l("sign in through Alipay first: a mini-program pays for the account that is signed in.")}
        method = Method("alipay", self.label, ("mini_program", "h5", "page", "qr"), (CURRENCY,), needs)
        return Capabilities([method], max_refunds=50)

    def simulated(self) -> bool:
        return is_simulated()

    def missing(self) -> str | None:
        return keys.missing()

    def create(self, attempt: AttemptView) -> ClientAction:
        there, now = keys.account(), clock.now()
        ends = max(attempt.expires_at, now + _SOONEST)
        content: dict[str, Any] = {
            "out_trade_no": attempt.number, "total_amount": _yuan(attempt.amount), "subject": _subject(attempt.subject), "time_expire": plain(ends),
        }  # fmt: skip
        if attempt.scene in _PAGES:
            method, content["product_code"] = _PAGES[attempt.scene]
            if attempt.return_url and attempt.scene == "h5":
                content["quit_url"] = attempt.return_url
            url = client.address(there, method, content, host=_known_as(there.gateway, attempt.return_url), notify_url=told_at(there), return_url=attempt.return_url)
            return ClientAction("redirect", {"url": url}, min(ends, now + _PAGE))
        if attempt.scene == "qr":
            said = client.ask(there, "alipay.trade.precreate", content, notify_url=told_at(there))
            return ClientAction("qr", {"text": _text(said, "qr_code")}, min(ends, now + _CODE))
        if not attempt.payer:
            raise Declined(_("Alipay does not know this customer yet: sign in by Alipay first, or pay another way."), code="payer_unknown")
        buyer = "buyer_id" if attempt.payer.startswith("2088") and len(attempt.payer) == 16 else "buyer_open_id"
        content |= {"product_code": "JSAPI_PAY", "op_app_id": there.app_id, buyer: attempt.payer}
        said = client.ask(there, "alipay.trade.create", content, notify_url=told_at(there))
        return ClientAction("mini_program", {"trade_no": _text(said, "trade_no")}, ends)

    def query(self, attempt: AttemptView) -> Snapshot:
        try:
            said = client.ask(keys.account(), "alipay.trade.query", {"out_trade_no": attempt.number})
        except Declined as no:
            if no.code == _UNKNOWN:  # nobody has opened the page or scanned the code yet
                return Snapshot(attempt.number, "unknown")
            raise
        _same(said, "out_trade_no", attempt.number)
        state = _STATES.get(str(said.get("trade_status", "")))
        if state is None:
            raise OutcomeUnknown(_("Alipay gave an answer that cannot be read."))
        if state == "closed" and said.get("send_pay_date"):
            state = "captured"  # all of it went back since
        if state != "captured":
            return Snapshot(attempt.number, state)
        amount = _money(said, "total_amount", str(said.get("trans_currency") or CURRENCY))
        payer = said.get("buyer_open_id") or said.get("buyer_user_id")
        return Snapshot(attempt.number, state, amount, _text(said, "trade_no"), read_plain(str(said.get("send_pay_date", ""))), str(payer) if payer else None)

    def close(self, attempt: AttemptView) -> Snapshot:
        try:
            client.ask(keys.account(), "alipay.trade.close", {"out_trade_no": attempt.number})
        except Declined as no:
            if no.code == _UNKNOWN:
                # A page or a code that nobody used has no trade to close; it ends by its own time.
                return Snapshot(attempt.number, "unknown")
            return self._already(attempt, no)
        return Snapshot(attempt.number, "closed")

    def _already(self, attempt: AttemptView, no: Declined) -> Snapshot:
        """It cannot be closed: paid, or closed before."""
        said = self.query(attempt)
        if said.state in ("captured", "closed"):
            return said
        raise OutcomeUnknown(str(no))

    def refund(self, refund: RefundRequest) -> RefundSnapshot:
        content = {"out_trade_no": refund.attempt.number, "refund_amount": _yuan(refund.amount), "out_request_no": refund.number}
        said = client.ask(keys.account(), "alipay.trade.refund", content)
        _same(said, "out_trade_no", refund.attempt.number)
        if said.get("fund_change") == "Y":
            at = read_plain(str(said.get("gmt_refund_pay", "")))
            return RefundSnapshot(refund.number, "succeeded", refund.amount, at=at, attempt=refund.attempt.number)
        # Nothing moved in this very call: it did in one before, or will.
        found = self.query_refund(refund)
        return found if found.state != "unknown" else RefundSnapshot(refund.number, "processing", attempt=refund.attempt.number)

    def query_refund(self, refund: RefundRequest) -> RefundSnapshot:
        number, trade = refund.number, refund.attempt.number
        try:
            said = client.ask(keys.account(), "alipay.trade.fastpay.refund.query", {"out_trade_no": trade, "out_request_no": number})
        except Declined as no:
            if no.code == _UNKNOWN:
                return RefundSnapshot(number, "unknown", attempt=trade)
            # That a question is refused says nothing of the money.
            raise OutcomeUnknown(str(no)) from None
        if not said.get("out_request_no"):
            return RefundSnapshot(number, "unknown", attempt=trade)
        _same(said, "out_request_no", number)
        if said.get("refund_status") != "REFUND_SUCCESS":
            return RefundSnapshot(number, "processing", attempt=trade)
        at = read_plain(str(said.get("gmt_refund_pay", "")))
        return RefundSnapshot(number, "succeeded", _money(said, "refund_amount"), at=at, attempt=trade)

    def parse_notification(self, arrival: Arrival) -> Notification:
        try:
            there = keys.account()
        except Misconfigured:
            raise NotGenuine() from None  # nobody can be believed whose key is not here
        return notices.read(there, arrival.body)

    def probe(self, values: Mapping[str, Any]) -> Any:
        """Asks about a payment that there is not: the answer proves app, key pair and Alipay's key at once."""
        there = keys.account(values)
        keys.check_dates(values)
        number = f"probe{secrets.token_hex(12)}"
        try:
            client.ask(there, "alipay.trade.query", {"out_trade_no": number})
        except Declined as no:
            if no.code != _UNKNOWN:
                raise
        return said_when_well(there)


def said_when_well(there: keys.Account) -> Any:
    """What the person reads whose settings are right."""
    if urlsplit(there.gateway).hostname != OWN_HOST:
        return _("The sandbox answers, and both sides believe each other’s keys. Money is simulated.")
    if not told_at(there):
        return _("Alipay answers, and both sides believe each other’s keys. This shop has no public address, so payments are asked about and not told.")
    return _("Alipay answers, and both sides believe each other’s keys.")


def is_simulated() -> bool:
    """Whether another gateway than Alipay's own stands in the files: then no money moves."""
    return urlsplit(str(get_setting(f"{keys.PREFIX}gateway"))).hostname != OWN_HOST


def told_at(there: keys.Account) -> str:
    """Where Alipay tells what happened: below the shop's public address; a sandbox on this machine finds the shop here. Empty: nowhere."""
    public = str(get_setting("web.public_url")).rstrip("/")
    if not public and _is_here(there.gateway):
        public = f"http://127.0.0.1:{get_setting('web.port')}"
    return f"{public}{NOTIFY}" if public else ""


def _is_here(address: str) -> bool:
    host = urlsplit(address).hostname or ""
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def _known_as(gateway: str, return_url: str) -> str:
    """A gateway on this machine is known to a phone by the name under which it came to the shop; else the gateway's own host (empty)."""
    return (urlsplit(return_url).hostname or "") if return_url and _is_here(gateway) else ""


def _yuan(amount: Money) -> str:
    if amount.currency != CURRENCY:
        raise Declined(_("Alipay takes yuan alone."), code="currency")
    return yuan(amount)


def _subject(text: str) -> str:
    """Alipay takes no / = & there."""
    return text.translate(str.maketrans("/=&", "   "))[:128] or "-"


def _text(said: Mapping[str, Any], name: str) -> str:
    found = said.get(name)
    if not isinstance(found, str) or not found or len(found) > 512:
        raise OutcomeUnknown(_("Alipay gave an answer that cannot be read."))
    return found


def _same(said: Mapping[str, Any], name: str, ours: str) -> None:
    """:raises OutcomeUnknown: for an answer about something else."""
    if said.get(name) != ours:
        raise OutcomeUnknown(_("Alipay answered about another payment than was asked for."))


def _money(said: Mapping[str, Any], name: str, currency: str = CURRENCY) -> Money:
    try:
        return money(_text(said, name), currency)
    except ValueError:
        raise OutcomeUnknown(_("Alipay gave an answer that cannot be read.")) from None


ALIPAY = Alipay()
