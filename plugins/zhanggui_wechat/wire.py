"""One call to WeChat's server interface. Errors come with status 200 and an ``errcode``; secrets stand in queries, which nobody logs."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlencode

from zhanggui.api import ProviderError, _, get_setting, outside

from .contracts import BUSY, QUOTA, WechatRefused

REAL = "https://api.weixin.qq.com"
PREFIX = "plugin.wechat."
SECONDS, CONNECT_SECONDS = 8.0, 4.0
_RID = re.compile(r"rid: ([0-9a-f-]+)")


@dataclass(frozen=True)
class App:
    """The mini-program by its two settings."""

    app_id: str
    secret: str = field(repr=False)


def app(values: Mapping[str, Any] | None = None) -> App | None:
    """The mini-program of this shop, ``values`` being settings that are only tried; None where none was entered."""
    app_id, secret = (str((values or {}).get(f"{PREFIX}{name}") or get_setting(f"{PREFIX}{name}") or "").strip() for name in ("app_id", "app_secret"))
    return App(app_id, secret) if app_id and secret else None


def call(method: str, path: str, query: Mapping[str, str] | None = None, body: Any = None) -> dict[str, Any]:
    """What they answer.

    :param body: sent as JSON in UTF-8, Chinese as it is.
    :raises WechatRefused: for an ``errcode``.
    :raises ProviderError: when nobody answered, or not in words that can be read.
    """
    base = str(get_setting(f"{PREFIX}sandbox") or REAL).rstrip("/")
    url = f"{base}{path}" + (f"?{urlencode(query)}" if query else "")
    said = outside.request(method, url, json=body, seconds=SECONDS, connect_seconds=CONNECT_SECONDS).expected().json()
    if not isinstance(said, dict):
        raise ProviderError(_("WeChat gave an answer that cannot be read."), retry=False, sent=True)
    code = said.get("errcode") or 0
    if code:
        words = str(said.get("errmsg", ""))[:500]
        found = _RID.search(words)
        raise WechatRefused(sentence(int(code)), int(code), found.group(1) if found else "", words)
    return said


def sentence(code: int) -> str:
    """An errcode in words."""
    if code == 40013:
        return _("WeChat does not know this AppID.")
    if code == 40125:
        return _("The AppSecret is not that of the AppID.")
    if code == 40164:
        return _("This server's address is not on the list of the mini-program: add it in WeChat's console under development settings.")
    if code in BUSY:
        return _("WeChat is busy. Please try again in a moment.")
    if code in QUOTA:
        return _("WeChat's limit for this is used up.")
    return _("WeChat refused: errcode %(code)s.", code=code)
