"""What WeChat's server interface says no with."""

from __future__ import annotations

from zhanggui.api import ProviderError

TOKEN, QUOTA, BUSY = (40001, 40014, 42001), (45009, 45011, 45047), (-1,)


class WechatRefused(ProviderError):
    """An answer with an ``errcode``. ``code`` is theirs, ``rid`` the number by which they find the request, ``said`` their words for machines."""

    def __init__(self, message: str, code: int, rid: str = "", said: str = "") -> None:
        super().__init__(message, retry=code in BUSY or code in QUOTA, sent=code in BUSY)
        self.code, self.rid, self.said = code, rid, said
