"""The robot of a DingTalk group. Who sends more than twenty a minute is shut out for ten."""

from __future__ import annotations

import base64
import hashlib
import hmac
from collections.abc import Mapping
from typing import Any
from urllib.parse import urlencode

from zhanggui.api import _l, clock

from .account import Values, setting
from .robots import Code, Robot


def sign(secret: str, at: str) -> str:
    """What they ask for beside the time in milliseconds."""
    return base64.b64encode(hmac.new(secret.encode(), f"{at}\n{secret}".encode(), hashlib.sha256).digest()).decode()


def _request(address: str, text: str, values: Values) -> tuple[str, Mapping[str, Any]]:
    secret = setting("dingtalk_secret", values)
    if secret:
        at = str(int(clock.now().timestamp() * 1000))
        address += ("&" if "?" in address else "?") + urlencode({"timestamp": at, "sign": sign(secret, at)})
    return address, {"msgtype": "text", "text": {"content": text}}


def _code(said: Mapping[str, Any]) -> Code:
    return said.get("errcode")


DINGTALK = Robot("dingtalk", _l("DingTalk group"), "users", _request, _code, busy=(130101, 130102, 90018, -1), wait=600, per_minute=20, most=6000)
