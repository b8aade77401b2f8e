"""Hooks for buying: what several plugins of the shop offer to the one that takes orders."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from . import hookspec

if TYPE_CHECKING:
    from ..host.declare import CartChoice


@hookspec
def register_choices() -> Sequence[CartChoice]:
    """What whoever orders may choose beside products: a coupon, points, wrapping. What nobody offers is refused.

    Example: ``return [CartChoice("code", fields.String(validate=Length(max=32))), CartChoice("wrap", fields.Boolean(), per="line")]``
    """
    return ()
