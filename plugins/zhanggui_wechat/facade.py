"""What other plugins may ask of WeChat's platform. Nothing of it is called inside a transaction."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from zhanggui.api import ProviderError, _

from . import services, wire
from .contracts import WechatRefused

__all__ = ["WechatRefused", "access_token", "call"]


def _app() -> wire.App:
    found = wire.app()
    if found is None:
        raise ProviderError(_("The mini-program is not set up yet: enter its AppID and AppSecret under Settings."), retry=False)
    return found


def access_token() -> str:
    """The token of the server interface, the same one in every process until its time is over.

    :raises ProviderError: when it cannot be had.
    """
    return services.current_token(_app()).text


def call(method: str, path: str, body: Any = None, *, query: Mapping[str, str] | None = None) -> dict[str, Any]:
    """Call the server interface with the token: ``call("POST", "/wxa/msg_sec_check", {...})``.

    A token that they do not take any more is replaced once and the call is made once more, and nothing else is repeated.

    :raises WechatRefused: for an ``errcode``; ``code`` is theirs.
    :raises ProviderError: when nobody answered.
    """
    return services.call_with_token(_app(), method, path, body, query)
