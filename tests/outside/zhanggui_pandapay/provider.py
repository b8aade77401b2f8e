"""The provider's protocol, and nothing of orders: JSON over https; each body, asked or answered, signed with the secret that both know."""

from __future__ import annotations

import hashlib
import hmac
import json
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from zhanggui.api import Arrival, Money, NotGenuine, _, _l, get_setting, outside
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
    Retryable,
    Snapshot,
)

ADDRESS, SECRET = "plugin.pandapay.address", "plugin.pandapay.secret"


def sign(secret: str, body: bytes) -> str:
    """What stands beside a body."""
    return hmac.new(secret.encode(), body, hashlib.sha256).hexdigest()


def ask(path: str, body: Mapping[str, Any], values: Mapping[str, Any] | None = None) -> Any:
    """Ask the provider; ``values`` are settings that are only tried.

    :raises Declined: when it says no, with its code.
    :raises OutcomeUnknown: for an answer that it did not sign: they may have done what was asked.
    """
    address, secret = (str((values or {}).get(key) or get_setting(key) or "") for key in (ADDRESS, SECRET))
    if not secret:
        raise Misconfigured(_("Panda Pay has no secret yet: enter it under Settings."))
    raw = json.dumps(dict(body)).encode()
    answer = outside.post(f"{address}{path}", body=raw, headers={"Content-Type": "application/json", "Panda-Signature": sign(secret, raw)})
    if answer.status in (429, 503):
        raise Retryable(_("Panda Pay is busy: status %(status)s.", status=answer.status))
    answer.expected()
    if not hmac.compare_digest(answer.headers.get("Panda-Signature", ""), sign(secret, answer.body)):
        raise OutcomeUnknown(_("Panda Pay gave an answer that it did not sign."))
    said = answer.json()
    if said.get("refused"):
        raise Declined(_("Panda Pay refused: %(code)s.", code=said["refused"]), code=said["refused"])
    return said


def _snapshot(said: Mapping[str, Any]) -> Snapshot:
    amount = Money(said["amount"], said["currency"]) if said.get("amount") is not None else None
    return Snapshot(said["number"], said["state"], amount, said.get("transaction"), _at(said), code=said.get("code", ""))


def _refund_snapshot(said: Mapping[str, Any]) -> RefundSnapshot:
    amount = Money(said["amount"], said["currency"]) if said.get("amount") is not None else None
    return RefundSnapshot(said["refund"], said["state"], amount, said.get("transaction"), _at(said), said.get("number"), said.get("code", ""))


def _at(said: Mapping[str, Any]) -> datetime | None:
    return datetime.fromisoformat(said["at"]) if said.get("at") else None


class PandaPay(Provider):
    """Customers pay on a page of Panda Pay."""

    id = "pandapay"
    label = _l("Panda Pay")

    def capabilities(self) -> Capabilities:
        return Capabilities([Method("panda", _l("Panda Pay"), ("h5", "page"))])

    def missing(self) -> str | None:
        return None if get_setting(SECRET) else _("Panda Pay has no secret yet: enter it under Settings.")

    def create(self, attempt: AttemptView) -> ClientAction:
        body = {"number": attempt.number, "amount": attempt.amount.amount, "currency": attempt.amount.currency, "for": attempt.subject}
        return ClientAction("redirect", {"url": ask("/charges", body)["pay_url"]}, attempt.expires_at)

    def query(self, attempt: AttemptView) -> Snapshot:
        return _snapshot(ask("/state", {"number": attempt.number}))

    def close(self, attempt: AttemptView) -> Snapshot:
        return _snapshot(ask("/close", {"number": attempt.number}))

    def refund(self, refund: RefundRequest) -> RefundSnapshot:
        body = {"number": refund.attempt.number, "refund": refund.number, "amount": refund.amount.amount, "currency": refund.amount.currency}
        return _refund_snapshot(ask("/refunds", body))

    def query_refund(self, refund: RefundRequest) -> RefundSnapshot:
        return _refund_snapshot(ask("/refund-state", {"refund": refund.number}))

    def parse_notification(self, arrival: Arrival) -> Notification:
        secret = str(get_setting(SECRET) or "")
        if not secret or not hmac.compare_digest(arrival.headers.get("panda-signature", ""), sign(secret, arrival.body)):
            raise NotGenuine()
        said = json.loads(arrival.body)
        return Notification(said["id"], [_refund_snapshot(said) if "refund" in said else _snapshot(said)])

    def probe(self, values: Mapping[str, Any]) -> Any:
        return _l("Panda Pay knows this shop as %(name)s.", name=ask("/whoami", {}, values)["name"])


PANDA = PandaPay()
