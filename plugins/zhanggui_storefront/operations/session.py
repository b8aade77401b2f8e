"""Signing in and out."""

from __future__ import annotations

from typing import Any

from flask import request as http

from zhanggui.api import Operation, told_to_wait
from zhanggui_customers import facade as customers

from .. import examples, schemas, services
from ..contracts import ShopRequest
from ..extensions import extended


def open_session(request: ShopRequest) -> dict[str, Any]:
    """A token for a login code. Failures are counted by address, outside of the transaction that they undo.

    A code cannot be guessed: whoever brings a right one comes in, whatever others did at the same address.
    """
    with told_to_wait(f"shop-session:{http.remote_addr}", counts=services.WrongCode):
        identity = services.identify(request.body["code"])
    token, seconds = services.open_session(
        request.db, identity=identity, address=http.remote_addr, locale=request.locale, now=request.now
    )
    return {"token": token, "expires_in": seconds}


def end_session(request: ShopRequest) -> tuple[None, int]:
    """The token of this request lets nobody in any more."""
    services.end_session(request.db, token=http.authorization.token or "", now=request.now)  # type: ignore[union-attr]
    return None, 204


def show_me(request: ShopRequest) -> dict[str, Any]:
    """Who the token of this request belongs to."""
    me = request.customer
    return extended("customer", request, [me], [me.id], [{"id": me.public_id, "name": me.name}])[0]


OPERATIONS = [
    Operation(
        "POST", "/session", open_session, "Sign in: a login code for a token", auth="public", body=schemas.SessionBody,
        answer=schemas.Session, refuses=(services.WrongCode, services.TooManyNewcomers, customers.CustomerIsBlocked),
        example=examples.SIGN_IN,
    ),
    Operation("GET", "/me", show_me, "Who I am", answer=schemas.Me, example=examples.ME),
    Operation("DELETE", "/session", end_session, "Sign out on this device", status=204, example=examples.SIGN_OUT),
]  # fmt: skip
