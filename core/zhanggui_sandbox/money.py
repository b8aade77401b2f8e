"""Amounts are whole fen inside; yuan with two decimals where a provider writes them so. Never a float."""

from __future__ import annotations

import re
from decimal import ROUND_HALF_UP, Decimal

_YUAN = re.compile(r"(0|[1-9]\d{0,8})(\.\d{1,2})?")
_FEE = Decimal("0.006")


def yuan(fen: int) -> str:
    """1990 is "19.90"."""
    return f"{Decimal(fen) / 100:.2f}"


def fen(text: str) -> int:
    """ "19.90" is 1990.

    :raises ValueError: when it is no such amount.
    """
    if not _YUAN.fullmatch(text):
        raise ValueError(text)
    return int(Decimal(text) * 100)


def fee(amount: int) -> int:
    """What both providers keep here: 0.6 %, rounded to the fen."""
    return int((Decimal(amount) * _FEE).quantize(Decimal(1), ROUND_HALF_UP))
