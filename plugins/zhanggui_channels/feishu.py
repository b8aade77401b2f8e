"""The robot of a Feishu group. In its texts a tag may call everybody, so no text of ours begins one."""

from __future__ import annotations

import base64
import hashlib
import hmac
from collections.abc import Mapping
from typing import Any

from zhanggui.api import _l, clock

from .account import Values, setting
from .robots import Code, Robot


def sign(secret: str, at: str) -> str:
    """What they ask for beside the time in seconds: the key signs nothing."""
    return base64.b64encode(hmac.new(f"{at}\n{secret}".encode(), b"", hashlib.sha256).digest()).decode()


def _request(address: str, text: str, values: Values) -> tuple[str, Mapping[str, Any]]:
    body: dict[str, Any] = {"msg_type": "text", "content": {"text": text.replace("<", "＜")}}
    secret = setting("feishu_secret", values)
    if secret:
        at = str(int(clock.now().timestamp()))
        body |= {"timestamp": at, "sign": sign(secret, at)}
    return address, body


def _code(said: Mapping[str, Any]) -> Code:
    return said.get("code", said.get("StatusCode"))


FEISHU = Robot("feishu", _l("Feishu group"), "users", _request, _code, busy=(11232, 9499), wait=60, per_minute=100, most=15000)
