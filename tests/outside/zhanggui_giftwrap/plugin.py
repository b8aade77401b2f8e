"""A choice per line, and a fee for each line that is to be wrapped."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from marshmallow import fields
from sqlalchemy.orm import Session

from zhanggui.api import CartChoice, _l, hookimpl
from zhanggui_orders.contracts import Adjustment, Note, PriceStep, Quote

PRICE = 500  # minor units a line


@hookimpl
def register_choices() -> Sequence[CartChoice]:
    return [CartChoice("wrap", fields.Boolean(), per="line")]


@hookimpl
def orders_price_steps() -> Sequence[PriceStep]:
    return [PriceStep("wrap", wrapped, order=700)]


def wrapped(db: Session, quote: Quote, now: datetime) -> list[Adjustment | Note]:
    """A fee on each line that is to be wrapped."""
    parts = {n: PRICE for n, line in enumerate(quote.lines) if line.choices.get("giftwrap", {}).get("wrap")}
    if not parts:
        return [Note("wrap", False, _l("Every line can be wrapped as a gift."), "not_asked")]
    return [Adjustment(_l("Gift wrapping"), kind="fee", source="wrap", parts=parts)]
