"""WeChat Pay, interface version 3, as a provider of payments."""

from __future__ import annotations

import secrets
from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import quote, urlsplit

from zhanggui.api import Arrival, _, _l, clock, current_runtime
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

from . import account as accounts
from . import probing, rules, services, signing, verifier, wire
from .account import Account

PAYMENT, REFUND = "/payment", "/refund"
_PATHS = {"mini_program": "jsapi", "h5": "h5", "qr": "native"}
_LIVES = {"mini_program": timedelta(hours=2), "h5": timedelta(minutes=5), "qr": timedelta(hours=2)}
_MARGIN = timedelta(seconds=30)
_GONE = {"ORDER_NOT_EXIST", "RESOURCE_NOT_EXISTS"}


class WechatPay(Provider):
    """Customers pay in WeChat: from the mini-program, from the phone's browser, or by a code that they scan."""

    id = "wechatpay"
    label = _l("WeChat Pay")
    payer_of = "wechat"

    def capabilities(self) -> Capabilities:
        needs = {"mini_program": _l("sign in through WeChat first: a mini-program pays for the WeChat account that is signed in.")}
        method = Method("wechatpay", _l("WeChat Pay"), tuple(_PATHS), needs_payer=needs)
        return Capabilities([method], max_refunds=50, refund_days=365)

    def simulated(self) -> bool:
        return accounts.is_simulated()

    def play_payer(self, customer_id: int) -> str | None:
        return f"oDEMO{customer_id:023d}" if accounts.is_demo() else None

    def missing(self) -> str | None:
        return accounts.missing()

    def create(self, attempt: AttemptView) -> ClientAction | Snapshot:
        account = accounts.read()
        if attempt.scene == "mini_program" and not attempt.payer:
            raise Declined(_("This customer is not known by WeChat: he has to sign in there first."), code="NO_PAYER")
        said = self._ask(account, "POST", f"/v3/pay/transactions/{_PATHS[attempt.scene]}", _order(account, attempt))
        if said.code == "ORDERPAID":
            return self.query(attempt)
        if said.code == "ORDER_CLOSED":
            return Snapshot(attempt.number, "closed")
        if said.code:
            raise wire.declined(said)
        usable = min(attempt.expires_at, clock.now() + _LIVES[attempt.scene] - _MARGIN)
        try:
            return _action(account, attempt, said.content, usable)
        except ValueError:
            raise OutcomeUnknown(_("WeChat Pay gave an answer that cannot be read.")) from None

    def query(self, attempt: AttemptView) -> Snapshot:
        account = accounts.read()
        said = self._ask(account, "GET", f"/v3/pay/transactions/out-trade-no/{quote(attempt.number, safe='')}?mchid={account.mchid}")
        if said.code in _GONE:
            return Snapshot(attempt.number, "unknown")
        if said.code:
            raise wire.declined(said)
        return _of_this_shop(account, attempt, said.content)

    def close(self, attempt: AttemptView) -> Snapshot:
        account = accounts.read()
        path = f"/v3/pay/transactions/out-trade-no/{quote(attempt.number, safe='')}/close"
        said = self._ask(account, "POST", path, {"mchid": account.mchid})
        if said.code == "ORDERPAID":
            return self.query(attempt)
        if said.code in _GONE:
            return Snapshot(attempt.number, "unknown")
        if said.code and said.code != "ORDER_CLOSED":
            raise wire.declined(said)
        return Snapshot(attempt.number, "closed")

    def refund(self, refund: RefundRequest) -> RefundSnapshot:
        account = accounts.read()
        body = {
            "out_trade_no": refund.attempt.number, "out_refund_no": refund.number, "notify_url": _notify(REFUND),
            "amount": {"refund": refund.amount.amount, "total": refund.attempt.amount.amount, "currency": refund.amount.currency},
        }  # fmt: skip
        said = self._ask(account, "POST", "/v3/refund/domestic/refunds", body)
        if said.code:
            raise wire.declined(said)
        return _of_this_refund(refund, said.content)

    def query_refund(self, refund: RefundRequest) -> RefundSnapshot:
        said = self._ask(accounts.read(), "GET", f"/v3/refund/domestic/refunds/{quote(refund.number, safe='')}")
        if said.code in _GONE:
            return RefundSnapshot(refund.number, "unknown")
        if said.code:
            raise wire.declined(said)
        return _of_this_refund(refund, said.content)

    def parse_notification(self, arrival: Arrival) -> Notification:
        try:
            account = accounts.read()
        except Misconfigured:
            verifier.refuse("settings")
        return verifier.notification(account, services.Believed(account), arrival)

    def probe(self, values: Mapping[str, Any]) -> Any:
        return probing.probe(values)

    @staticmethod
    def _ask(account: Account, method: str, target: str, body: Mapping[str, Any] | None = None) -> wire.Said:
        return wire.ask(account, services.Asking(account), method, target, body)


def _notify(path: str) -> str:
    """Where WeChat Pay tells the shop what became of a payment or a refund."""
    config = current_runtime().config
    base = str(config["web.public_url"]).rstrip("/") or f"http://127.0.0.1:{config['web.port']}"
    return f"{base}/notify/wechatpay{path}"


def _order(account: Account, attempt: AttemptView) -> dict[str, Any]:
    body: dict[str, Any] = {
        "appid": account.app_id, "mchid": account.mchid, "description": attempt.subject[:127], "out_trade_no": attempt.number,
        "notify_url": _notify(PAYMENT), "time_expire": attempt.expires_at.isoformat(timespec="seconds"),
        "amount": {"total": attempt.amount.amount, "currency": attempt.amount.currency},
    }  # fmt: skip
    if attempt.scene == "mini_program":
        body["payer"] = {"openid": attempt.payer}
    if attempt.scene == "h5":
        shop = _origin(attempt.return_url) or str(current_runtime().config["web.public_url"]).rstrip("/")
        info = {"type": "Wap", **({"app_url": shop} if shop else {})}
        body["scene_info"] = {"payer_client_ip": attempt.ip or "127.0.0.1", "h5_info": info}
    return body


def _origin(url: str) -> str:
    parts = urlsplit(url)
    return f"{parts.scheme}://{parts.netloc}" if parts.scheme and parts.netloc else ""


def _action(account: Account, attempt: AttemptView, said: Mapping[str, Any], usable: datetime) -> ClientAction:
    if attempt.scene == "qr":
        return ClientAction("qr", {"text": rules.text_of(said, "code_url")}, usable)
    if attempt.scene == "h5":
        url = rules.text_of(said, "h5_url")
        if attempt.return_url:
            url += f"{'&' if '?' in url else '?'}redirect_url={quote(attempt.return_url, safe='')}"
        return ClientAction("redirect", {"url": url}, usable)
    package = f"prepay_id={rules.text_of(said, 'prepay_id')}"
    at, nonce = str(int(clock.now().timestamp())), secrets.token_hex(16)
    signature = signing.sign(account.private, account.app_id, at, nonce, package)
    return ClientAction("mini_program", {"timeStamp": at, "nonceStr": nonce, "package": package, "signType": "RSA", "paySign": signature}, usable)


def _of_this_shop(account: Account, attempt: AttemptView, said: Mapping[str, Any]) -> Snapshot:
    """The answer to a question about this attempt: one about another order answers nothing."""
    try:
        if (said.get("mchid"), said.get("appid"), said.get("out_trade_no")) != (account.mchid, account.app_id, attempt.number):
            raise ValueError("another order")
        return rules.attempt(said)
    except ValueError:
        raise OutcomeUnknown(_("WeChat Pay answered something else than was asked.")) from None


def _of_this_refund(refund: RefundRequest, said: Mapping[str, Any]) -> RefundSnapshot:
    try:
        if (said.get("out_refund_no"), said.get("out_trade_no")) != (refund.number, refund.attempt.number):
            raise ValueError("another refund")
        return rules.refund(said)
    except ValueError:
        raise OutcomeUnknown(_("WeChat Pay answered something else than was asked.")) from None


WECHATPAY = WechatPay()
