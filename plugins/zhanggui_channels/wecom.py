"""The robot of a WeCom group. 45009: more than twenty a minute."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from zhanggui.api import _l

from .account import Values
from .robots import Code, Robot


def _request(address: str, text: str, values: Values) -> tuple[str, Mapping[str, Any]]:
    return address, {"msgtype": "text", "text": {"content": text}}


def _code(said: Mapping[str, Any]) -> Code:
    return said.get("errcode")


WECOM = Robot("wecom", _l("WeCom group"), "users", _request, _code, busy=(45009, -1), wait=60, per_minute=20, most=2048)
