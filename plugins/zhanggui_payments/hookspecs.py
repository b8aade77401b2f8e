"""The hook that payments offer to other plugins."""

from __future__ import annotations

from collections.abc import Sequence

from zhanggui.api import _l, hookspec

from .contracts import Provider


@hookspec(words=_l("Providers of payments"))
def payments_providers() -> Sequence[Provider]:
    """Those who move money for this shop. Asking costs nothing: no call outside, no query.

    Example: ``return [provider.WechatPay()]``
    """
    return ()
