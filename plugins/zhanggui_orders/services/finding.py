"""Under what the staff finds an order: its number, and the words of what was ordered."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from sqlalchemy import insert
from sqlalchemy.orm import Session

from zhanggui.api import words

from ..models import OrderTerm

MOST = 200  # terms of one order; a hundred lines have more, of which the first ones are found


def write_terms(db: Session, orders: Iterable[tuple[int, datetime, str, Iterable[str]]]) -> None:
    """Write the terms of new orders: ``(id, placed at, number, texts of its lines)`` each."""
    rows = [
        {"term": term, "placed_at": placed_at, "order_id": order_id}
        for order_id, placed_at, number, texts in orders
        for term in terms_of(number, texts)
    ]
    if rows:
        db.execute(insert(OrderTerm.__table__), rows)


def terms_of(number: str, texts: Iterable[str]) -> list[str]:
    """The terms of one order, in the order in which an index takes them fastest."""
    found = dict.fromkeys([words.fold(number), *words.digits(number)])
    for text in dict.fromkeys(texts):
        found |= dict.fromkeys(sorted(words.terms(text)))
    return sorted(list(found)[:MOST])
