"""Amounts and times as Alipay writes them."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta, timezone

from zhanggui.api import Money

CURRENCY = "CNY"
BEIJING = timezone(timedelta(hours=8))
_YUAN = re.compile(r"(0|[1-9]\d{0,8})\.\d{2}")
_AT = re.compile(r"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d")


def yuan(amount: Money) -> str:
    """``Money(1990, "CNY")`` is "19.90"."""
    return f"{amount.decimal:.2f}"


def money(text: str, currency: str = CURRENCY) -> Money:
    """"19.90" is ``Money(1990, "CNY")``.

    :raises ValueError: when it is no amount with two decimals above zero.
    """
    if not _YUAN.fullmatch(text):
        raise ValueError("no amount of yuan")
    found = Money.parse(text, currency)
    if not found:
        raise ValueError("no amount above zero")
    return found


def plain(moment: datetime) -> str:
    """A moment as the clocks of Beijing show it."""
    return moment.astimezone(BEIJING).strftime("%Y-%m-%d %H:%M:%S")


def read_plain(text: str) -> datetime | None:
    """The moment of such a text, which may go on with parts of a second; None for another one."""
    found = _AT.match(text)
    try:
        return datetime.strptime(found.group(), "%Y-%m-%d %H:%M:%S").replace(tzinfo=BEIJING).astimezone(UTC) if found else None
    except ValueError:
        return None
