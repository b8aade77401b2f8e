"""Whether a notification is WeChat Pay's, fresh, and meant for this shop. Asks nobody outside, whatever stands in it."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from typing import Any, NoReturn

from zhanggui.api import Arrival, NotGenuine
from zhanggui_payments.facade import Notification

from . import rules, signing, wire
from .account import Account

log = logging.getLogger(__name__)
ALGORITHM, NONCE = "AEAD_AES_256_GCM", 12
# What each event says of the state inside: one that says something else contradicts itself.
EVENTS = {
    "TRANSACTION.SUCCESS": ("SUCCESS", "REFUND"), "REFUND.SUCCESS": ("SUCCESS",), "REFUND.ABNORMAL": ("ABNORMAL",), "REFUND.CLOSED": ("CLOSED",),
}  # fmt: skip


def notification(account: Account, keys: wire.Keys, arrival: Arrival) -> Notification:
    """What a genuine message says.

    The same message counts once: the core keeps its id. Freshness bounds for how long it could come again.

    :raises NotGenuine: for one that is forged, stale, meant for another merchant, or says nothing that is known here.
    """
    why = wire.distrust(keys, arrival.headers, arrival.body)
    if why is not None:
        refuse("signature")
    try:
        message = rules.read_object(arrival.body)
        number, event = rules.text_of(message, "id"), rules.text_of(message, "event_type")
    except ValueError:
        refuse("envelope")
    if event not in EVENTS or len(number) > 64:
        refuse("event")
    content = _opened(account, message.get("resource"))
    if content.get("mchid") != account.mchid:
        refuse("merchant")
    refund = event.startswith("REFUND")
    if not refund and content.get("appid") != account.app_id:
        refuse("app")
    if content.get("refund_status" if refund else "trade_state") not in EVENTS[event]:
        refuse("state")
    try:
        return Notification(number, [rules.refund(content, status="refund_status") if refund else rules.attempt(content)])
    except ValueError:
        refuse("content")


def _opened(account: Account, resource: Any) -> Mapping[str, Any]:
    if not isinstance(resource, dict) or resource.get("algorithm") != ALGORITHM:
        refuse("algorithm")
    associated = resource.get("associated_data") or ""
    try:
        nonce, ciphertext = rules.text_of(resource, "nonce"), rules.text_of(resource, "ciphertext")
        if len(nonce) != NONCE or not isinstance(associated, str):
            raise ValueError("nonce")
        return rules.read_object(signing.opened(account.api_v3_key, nonce, associated, ciphertext))
    except ValueError:
        refuse("encryption")


def refuse(reason: str) -> NoReturn:
    """Say why in the log, never to the sender.

    :raises NotGenuine: always.
    """
    log.warning("a notification of WeChat Pay was refused: %s", reason)
    raise NotGenuine()
