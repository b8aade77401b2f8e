"""Pages of a list: a cursor that says where the next one begins, and nothing to anybody else."""

from __future__ import annotations

import base64
import json
import os
from collections.abc import Callable, Sequence
from typing import Any, TypeVar

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from zhanggui.api import _l, current_runtime, words

from .bodies import BadArgument
from .contracts import ShopRequest

T = TypeVar("T")
_NONCE = 12


def _cipher() -> AESGCM:
    return AESGCM(current_runtime().keyring.derive("storefront.cursor"))


def _scope(name: str, request: ShopRequest) -> bytes:
    """A cursor is good for one list, one reader and one question."""
    question = {key: value for key, value in request.query.items() if key not in ("cursor", "limit")}
    reader = request.visitor.id if request.visitor else None
    return json.dumps([name, reader, question], sort_keys=True, ensure_ascii=False).encode()


def place_of(name: str, request: ShopRequest) -> list[Any] | None:
    """Where the wanted page begins; None for the first.

    :raises BadArgument: for a cursor that we did not give for this list and this question.
    """
    cursor = request.query.get("cursor")
    if cursor is None:
        return None
    try:
        sealed = base64.urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4))
        return json.loads(_cipher().decrypt(sealed[:_NONCE], sealed[_NONCE:], _scope(name, request)))
    except (ValueError, InvalidTag):
        sentence = _l("This cursor is not of this list.")
        raise BadArgument(_l("%(name)s: %(sentence)s", name="cursor", sentence=sentence), errors={"cursor": sentence}) from None


def page(name: str, request: ShopRequest, items: Sequence[Any], following: Sequence[Any] | None) -> dict[str, Any]:
    """A page as it is answered. ``following`` is the place where the next one begins."""
    cursor = None
    if following is not None:
        # Sealed, not only signed: a row's number in it would tell how many orders the shop has.
        nonce = os.urandom(_NONCE)
        sealed = nonce + _cipher().encrypt(nonce, json.dumps(list(following)).encode(), _scope(name, request))
        cursor = base64.urlsafe_b64encode(sealed).decode().rstrip("=")
    return {"items": list(items), "next": cursor}


def short_page(name: str, request: ShopRequest, rows: Sequence[T], show: Callable[[T], Any], text: Callable[[T], str]) -> dict[str, Any]:
    """A page of a list that is short enough to be read whole; ``text`` is what ``q`` is looked for in."""
    found = [row for row in rows if words.is_found(text(row), request.query["q"])]
    start = (place_of(name, request) or [0])[0]
    end = start + request.query["limit"]
    return page(name, request, [show(row) for row in found[start:end]], [end] if end < len(found) else None)
