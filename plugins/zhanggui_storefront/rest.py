"""``/shop/api/v1``: one door that matches operations, checks who asks and what was sent, and answers."""

from __future__ import annotations

from typing import Any

from flask import Response, json, request
from flask_babel import get_locale
from marshmallow import ValidationError
from werkzeug.exceptions import HTTPException, NotFound, Unauthorized
from werkzeug.routing import Map, Rule

from zhanggui.api import (
    ANONYMOUS,
    Actor,
    Api,
    BadRequest,
    Invalid,
    Operation,
    _l,
    acting_as,
    clock,
    expose,
    hooks,
    idempotent,
    public,
    reading,
    throttled,
    unit_of_work,
)

from . import openapi, services
from .request import ShopRequest

BASE = "/shop/api/v1"
_OWN_ARGUMENTS = {"limit", "cursor", "sort", "q", "category", "stage"}


class StorefrontApi(Api):
    """Bearer tokens only: a cookie means nothing here, so there is nothing to forge."""

    route_base = BASE
    class_permission_name = "storefront.Api"
    _map: Map | None = None
    _operations: dict[str, Operation]

    def add_api_spec(self, api_spec: Any) -> None:
        """The storefront has an OpenAPI document of its own."""

    @expose("/openapi.json")
    @public("what the API offers is no secret; the mini-program's developers read it")
    def document(self) -> Response:
        """The OpenAPI document."""
        return Response(json.dumps(openapi.document(operations())), mimetype="application/json")

    @expose("/<path:path>", methods=["GET", "POST", "PATCH", "PUT", "DELETE"])
    @public("each operation asks for the customer's token itself")
    def call(self, path: str) -> Response:
        """Find the operation, then run it."""
        if self._map is None:
            # Once per app, and an app lives as long as the set of enabled plugins stays.
            self._operations = {f"{op.method} {op.path}": op for op in operations()}
            found = self._operations.items()
            self._map = Map([Rule(op.path.replace("{", "<").replace("}", ">"), methods=[op.method], endpoint=name) for name, op in found])
        try:
            name, params = self._map.bind("", "/").match("/" + path, method=request.method)
        except HTTPException as error:
            raise error if error.code in (404, 405) else NotFound() from error
        return run(self._operations[name], params)


def operations() -> list[Operation]:
    """All operations of every enabled plugin."""
    return [operation for _plugin, part in hooks.call("storefront_operations") for operation in part]


def run(operation: Operation, params: dict[str, str]) -> Response:
    """Check and run one operation; whatever is refused becomes problem+json further out."""
    body = _body(operation)
    now, locale = clock.now(), str(get_locale() or "en")
    locale = "zh_CN" if locale.startswith("zh") else locale
    with reading() as db:
        buyer = services.customer_of_token(db, _token(), now) if _token() else None
        if operation.auth == "customer" and buyer is None:
            raise Unauthorized()
        actor = Actor("customer", buyer.id, buyer.name, ip=request.remote_addr) if buyer else ANONYMOUS
        if operation.method == "GET":
            with acting_as(actor):
                return _answer(operation.handler(ShopRequest(db, now, locale, params, request.args, body, actor, buyer)), operation.status)

    def act(db: Any) -> tuple[int, bytes]:
        result = operation.handler(ShopRequest(db, now, locale, params, request.args, body, actor, buyer))
        return operation.status, b"" if result is None else json.dumps(result).encode()

    with acting_as(actor):
        if operation.path == "/session":
            with throttled(f"shop-session:{request.remote_addr}", counts=services.UnknownCode), unit_of_work() as db:
                status, data = act(db)
        elif operation.idempotent:
            status, data = idempotent(f"customer:{buyer.id if buyer else 0}", request, act)
        else:
            with unit_of_work() as db:
                status, data = act(db)
    return Response(data, status, mimetype="application/json")


def _answer(result: Any, status: int) -> Response:
    return Response(json.dumps(result), status, mimetype="application/json")


def _token() -> str:
    kind, _, token = request.headers.get("Authorization", "").partition(" ")
    return token.strip() if kind.lower() == "bearer" else ""


def _body(operation: Operation) -> dict[str, Any]:
    if operation.body is None:
        return {}
    data = request.get_json(silent=True)
    if data is None and not request.get_data(cache=True):
        data = {}
    if not isinstance(data, dict):
        raise BadRequest(_l("A JSON object is needed."))
    try:
        return dict(operation.body().load(data))
    except ValidationError as error:
        raise Invalid(errors=_flat(error.messages)) from None


def _flat(messages: Any, prefix: str = "") -> dict[str, str]:
    """``{"lines": {0: {"quantity": [..]}}}`` as ``{"lines.0.quantity": ".."}``."""
    if isinstance(messages, dict):
        flat: dict[str, str] = {}
        for name, inner in messages.items():
            flat |= _flat(inner, f"{prefix}.{name}" if prefix else str(name))
        return flat
    return {prefix: " ".join(map(str, messages)) if isinstance(messages, list) else str(messages)}
