"""Who stands behind the code of ``wx.login``."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from zhanggui.api import ProviderError, _

from . import wire
from .contracts import WechatRefused

PROVIDER, UNION = "wechat", "wechat_union"
_CODE = re.compile(r"[0-9A-Za-z_-]{16,128}\Z")
_NOBODY = (40029, 40163, 40226)  # no such code, or too old; used before; somebody whom WeChat blocks


def identity_of_code(code: str) -> Mapping[str, Any] | None:
    """The customer by his openid, as an ``Identity`` of the storefront. The session key that comes with it is used for nothing here and kept nowhere.

    :raises ProviderError: when WeChat cannot be asked, or does not know the mini-program.
    """
    app = wire.app()
    if app is None or not _CODE.match(code):
        return None
    query = {"appid": app.app_id, "secret": app.secret, "js_code": code, "grant_type": "authorization_code"}
    try:
        said = wire.call("GET", "/sns/jscode2session", query)
    except WechatRefused as refused:
        if refused.code in _NOBODY:
            return None
        raise
    openid, unionid = said.get("openid"), said.get("unionid")
    if not isinstance(openid, str) or not openid:
        raise ProviderError(_("WeChat gave an answer that cannot be read."), retry=True, sent=True)
    also = {UNION: unionid} if isinstance(unionid, str) and unionid else {}
    return {"provider": PROVIDER, "subject": openid, "name": _("WeChat customer"), "also": also}
