"""What staff can be told of stock."""

from __future__ import annotations

from zhanggui.api import _l, notice_kind

KINDS = (notice_kind("inventory.low", _l("Low stock"), help=_l("Once a day at most for each product that falls to its warn level.")),)
