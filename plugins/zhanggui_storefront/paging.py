"""Pages of a list: a cursor that says where the next one begins, and nothing to anybody else."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from typing import Any, TypeVar

from zhanggui.api import decode_cursor, encode_cursor, words

from .contracts import ShopRequest

T = TypeVar("T")


def _scope(name: str, request: ShopRequest) -> bytes:
    """A cursor is good for one list, one reader and one question."""
    question = {key: value for key, value in request.query.items() if key not in ("cursor", "limit")}
    reader = request.visitor.id if request.visitor else None
    return json.dumps([name, reader, question], sort_keys=True, ensure_ascii=False).encode()


def place_of(name: str, request: ShopRequest) -> tuple[Any, ...] | None:
    """Where the wanted page begins; None for the first.

    :raises BadRequest: for a cursor that we did not give for this list and this question.
    """
    cursor = request.query.get("cursor")
    return decode_cursor(cursor, sealed_for=_scope(name, request)) if cursor else None


def page(name: str, request: ShopRequest, items: Sequence[Any], following: Sequence[Any] | None) -> dict[str, Any]:
    """A page as it is answered. ``following`` is the place where the next one begins."""
    # Sealed, not only signed: a row's number in it would tell how many orders the shop has.
    cursor = encode_cursor(following, sealed_for=_scope(name, request)) if following is not None else None
    return {"items": list(items), "next": cursor}


def short_page(name: str, request: ShopRequest, rows: Sequence[T], show: Callable[[T], Any], text: Callable[[T], str]) -> dict[str, Any]:
    """A page of a list that is short enough to be read whole; ``text`` is what ``q`` is looked for in."""
    found = [row for row in rows if words.is_found(text(row), request.query["q"])]
    start = (place_of(name, request) or [0])[0]
    end = start + request.query["limit"]
    return page(name, request, [show(row) for row in found[start:end]], [end] if end < len(found) else None)
