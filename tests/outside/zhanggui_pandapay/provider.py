"""The provider's protocol, and nothing of orders: JSON over https, each body signed with the secret that both know."""

from __future__ import annotations

import hashlib
import hmac
import json
from collections.abc import Mapping
from typing import Any

from zhanggui.api import Arrival, NotGenuine, ProviderError, WebhookMessage, _l, get_setting, outside

ADDRESS, SECRET = "plugin.pandapay.address", "plugin.pandapay.secret"


def sign(secret: str, body: bytes) -> str:
    """What stands beside a body."""
    return hmac.new(secret.encode(), body, hashlib.sha256).hexdigest()


def ask(path: str, body: Mapping[str, Any], values: Mapping[str, Any] | None = None) -> Any:
    """Ask the provider; ``values`` are settings that are only tried.

    :raises ProviderError: when it cannot be reached or refuses.
    """
    address, secret = (str((values or {}).get(key) or get_setting(key) or "") for key in (ADDRESS, SECRET))
    if not secret:
        raise ProviderError(_l("Panda Pay has no secret yet: enter it under Settings."), retry=False)
    raw = json.dumps(dict(body)).encode()
    headers = {"Content-Type": "application/json", "Panda-Signature": sign(secret, raw)}
    return outside.post(f"{address}{path}", body=raw, headers=headers).expected().json()


def verify(arrival: Arrival) -> WebhookMessage:
    """:raises NotGenuine: for what the provider did not sign."""
    secret = str(get_setting(SECRET) or "")
    if not secret or not hmac.compare_digest(arrival.headers.get("panda-signature", ""), sign(secret, arrival.body)):
        raise NotGenuine()
    told = json.loads(arrival.body)
    return WebhookMessage(f"{told['number']}:{told['state']}", {"number": told["number"], "state": told["state"]})


def try_secret(values: Mapping[str, Any]) -> Any:
    """The test button of the secret."""
    shop = ask("/whoami", {}, values)["name"]
    return _l("Panda Pay knows this shop as %(name)s.", name=shop)
