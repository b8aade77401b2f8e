"""The connection test: which setting is wrong, in one sentence."""

from __future__ import annotations

import secrets
from collections.abc import Mapping
from typing import Any

from zhanggui.api import _, _l
from zhanggui_payments.facade import Declined, Misconfigured

from . import account as accounts
from . import rules, services, wire
from .account import Account


def probe(values: Mapping[str, Any]) -> Any:
    """Ask WeChat Pay whether it knows this shop, with settings that are only tried. Nothing is ordered, stored or moved.

    :raises Misconfigured: naming what is wrong.
    :raises ProviderError: when nobody could be asked.
    """
    account = accounts.read(values)
    try:
        fetched = {one.serial: one.text for one in services.fetch(account)}
    except Declined:
        fetched = {}  # a merchant with the public key alone has none
    if account.public is None and not fetched:
        raise Misconfigured(_("This merchant has no platform certificates: enter WeChat Pay's public key and its ID from the merchant console."))
    _ask_for_nothing(account, services.Believed(account, fetched))
    if fetched:
        return _l("WeChat Pay knows merchant %(mchid)s; key, serial number and APIv3 key are right.", mchid=account.mchid)
    return _l("WeChat Pay knows merchant %(mchid)s. Whether the APIv3 key is right shows with the first payment: there is nothing to try it on.", mchid=account.mchid)


def _ask_for_nothing(account: Account, keys: services.Believed) -> None:
    """An order that is not there: who asks has to be known, and the answer has to be signed."""
    target = f"/v3/pay/transactions/out-trade-no/probe{secrets.token_hex(8)}?mchid={account.mchid}"
    answer = wire.send(account, "GET", target)
    try:
        content = rules.read_object(answer.body)
    except ValueError:
        content = {}
    if answer.status in (400, 401, 403):
        raise Misconfigured(wire.refusal(account, str(content.get("code")), content))
    why = wire.distrust(keys, answer.headers, answer.body)
    if why is not None and account.public is not None:
        raise Misconfigured(_("WeChat Pay's public key does not fit its answers: %(why)s", why=why))
    if why is not None:
        raise Misconfigured(_("WeChat Pay gave an answer that cannot be trusted: %(why)s", why=why))
