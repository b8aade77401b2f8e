"""The hook that payments offer to other plugins."""

from __future__ import annotations

from collections.abc import Sequence

from zhanggui.api import _l, hookspec

from .contracts import Provider, check_provider
from .permissions import SET_UP


@hookspec(words=_l("Providers of payments"), settings=SET_UP, check=check_provider)
def payments_providers() -> Sequence[Provider]:
    """Those who move money for this shop. Asking costs nothing: no call outside, no query.

    Settings of a plugin that answers are changed only by who holds ``can_set_up`` on ``payments.Provider``.

    Example: ``return [provider.WechatPay()]``
    """
    return ()
