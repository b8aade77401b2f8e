"""What providers of short messages tell later: each that was taken did arrive, or did not.

Neither of them signs what it tells. So the address at which the shop is told holds a key that only this shop makes, and what is
told names no more than a message that was taken before.
"""

from __future__ import annotations

import hashlib
import hmac
import json
from collections.abc import Mapping
from dataclasses import asdict
from typing import Any

from zhanggui.api import (
    Arrival,
    NotGenuine,
    ProviderError,
    SettingTest,
    WebhookMessage,
    _,
    _l,
    blind_index,
    current_runtime,
)

from .account import setting
from .sms import Provider

ID, PATH = "sms", "/<provider>/<key>"
MOST = 1000  # messages of one report


def address(provider: Provider) -> str:
    """What the merchant enters in the provider's console.

    :raises ProviderError: before the account is known, or the shop has an address of its own.
    """
    base = str(current_runtime().config["web.public_url"]).rstrip("/")
    if not base:
        raise ProviderError(_("This shop has no public address yet: set web.public_url first."), retry=False)
    if not setting(f"{provider.name}_id"):
        raise ProviderError(_("Enter the keys and save them first: the address belongs to the account."), retry=False)
    return f"{base}/notify/{ID}/{provider.name}/{_key(provider)}"


def where(provider: Provider) -> dict[str, SettingTest]:
    """The button on the settings screen that tells the address."""

    def tell(values: Mapping[str, Any]) -> Any:
        return _l("Enter this in the provider's console as the address for delivery reports: %(address)s", address=address(provider))

    return {f"plugin.channels.{provider.name}_id": SettingTest(_l("Show the address for delivery reports"), tell)}


def verify(arrival: Arrival, providers: Mapping[str, Provider]) -> WebhookMessage:
    """Believe what came to an address that this shop made for this provider and account.

    :raises NotGenuine: for any other address, and for what is no list of reports.
    """
    provider = providers.get(arrival.path["provider"])
    if provider is None or not hmac.compare_digest(arrival.path["key"], _key(provider)):
        raise NotGenuine("address")
    try:
        rows = json.loads(arrival.body)
    except (ValueError, RecursionError):
        rows = None
    if not isinstance(rows, list) or len(rows) > MOST or not all(isinstance(row, dict) for row in rows):
        raise NotGenuine("body")
    found = [asdict(report) for report in map(provider.reported, rows) if report is not None]
    return WebhookMessage(hashlib.sha256(arrival.body).hexdigest(), found, provider.taken)


def _key(provider: Provider) -> str:
    """Of this shop and this account of the provider's, always the same."""
    return blind_index(f"delivery reports:{provider.name}:{setting(f'{provider.name}_id')}")
