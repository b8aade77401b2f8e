"""Operations as routes: who sends this, what exactly, in one transaction, at most once."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping
from contextlib import ExitStack
from typing import Any

from flask import Response, current_app, request
from sqlalchemy.orm import Session
from werkzeug.datastructures import WWWAuthenticate
from werkzeug.exceptions import Unauthorized

from zhanggui.api import (
    ANONYMOUS,
    Actor,
    NotFound,
    Operation,
    ThreePhases,
    View,
    acting_as,
    clock,
    expose,
    hooks,
    idempotent,
    idempotent_in_phases,
    in_phases,
    public,
    reading,
    unit_of_work,
    visitor_is_known,
)
from zhanggui_customers.contracts import CustomerView
from zhanggui_customers.facade import CustomerIsBlocked

from . import openapi, services
from .bodies import LARGEST, read_body, read_query, unpacked
from .contracts import ShopRequest

ROOT = "/shop/api/v1"
_PLACE = re.compile(r"\{(\w+)\}")
_ID = re.compile(r"[0-9A-Za-z_-]{1,64}\Z")


def operations() -> list[Operation]:
    """What the enabled plugins offer. One that is there stays: who comes later with the same is refused, by name."""
    found: dict[tuple[str, str], tuple[str, Operation]] = {}
    for plugin, given in hooks.call("storefront_operations"):
        for operation in given or ():
            place = operation.method, _PLACE.sub("{}", operation.path)
            owner, there = found.get(place, (plugin, operation))
            if there is operation or (there.fallback and not operation.fallback):
                found[place] = plugin, operation
            elif not operation.fallback:
                name = f"{operation.method} {operation.path}"
                hooks.tell(plugin, "operation", name, f"{name} is taken by {owner}: it stays, and this one is left out")
    return [operation for _owner, operation in found.values()]


class StorefrontView(View):
    """The routes, one per operation, and the document that describes them."""

    route_base = ROOT
    class_permission_name = "storefront.Api"
    default_view = "document"
    operations: list[Operation]

    def create_blueprint(self, appbuilder: Any, endpoint: str | None = None, static_folder: str | None = None) -> Any:
        """Free of CSRF tokens: who you are is in a header, which no other site can make a browser send."""
        blueprint = super().create_blueprint(appbuilder, endpoint, static_folder)
        current_app.extensions["csrf"].exempt(blueprint)
        return blueprint

    def _register_urls(self) -> None:
        super()._register_urls()
        self.operations = operations()
        for operation in self.operations:
            name = re.sub(r"\W+", "_", f"{operation.method.lower()}{operation.path}").strip("_")
            self.blueprint.add_url_rule(_PLACE.sub(r"<\1>", operation.path), name, _route(operation), methods=[operation.method])

    @expose("/openapi.json")
    @public("describes what is public anyway")
    def document(self) -> Response:
        """OpenAPI 3.1 of what this shop's enabled plugins offer."""
        return _json(200, _encoded(openapi.document(ROOT, self.operations)))


def _route(operation: Operation) -> Callable[..., Response]:
    reason = "customers show a token of their own" if operation.auth == "customer" else "the catalogue is open to everybody"

    @public(reason)
    def route(**path: str) -> Response:
        return serve(operation, path)

    return route


def serve(operation: Operation, path: dict[str, str]) -> Response:
    """Check, run and answer one request."""
    if not all(_ID.match(value) for value in path.values()):
        raise NotFound()
    visitor = customer_of_request() if operation.auth == "customer" else somebody_of_request() if operation.auth == "either" else None
    ip = request.remote_addr
    actor = Actor("customer", visitor.id, visitor.public_id, ip=ip) if visitor else Actor(ANONYMOUS.kind, name=ANONYMOUS.name, ip=ip)
    request.max_content_length = LARGEST
    query = read_query(request.args, operation.query)
    body = read_body(unpacked(request.get_data(), request.headers.get("Content-Encoding", "")), request.mimetype, operation.body)
    # The selector, not get_locale(): content is stored by the instance's own names of languages.
    locale = current_app.extensions["babel"].locale_selector()

    def asked(transaction: Callable[[], Session]) -> ShopRequest:
        return ShopRequest(clock.now(), locale, actor, visitor, path, query, body, transaction, f"{request.scheme}://{request.host}")

    def said(given: Any) -> tuple[int, bytes]:
        content, status = given if isinstance(given, tuple) else (given, operation.status)
        return status, b"" if content is None else _encoded(content)

    handler = operation.handler
    with acting_as(actor), ExitStack() as stack:
        if isinstance(handler, ThreePhases):
            answer = _in_phases(operation, handler, visitor, asked, said)
        elif operation.idempotent and visitor:
            answer = idempotent(f"customer:{visitor.id}", request, lambda db: said(handler(asked(lambda: db))))
        else:
            opened = reading if operation.method == "GET" else unit_of_work
            answer = said(handler(asked(lambda: stack.enter_context(opened()))))
    return _json(*answer)


def _in_phases(
    operation: Operation, phases: ThreePhases, visitor: CustomerView | None, asked: Callable[[Callable[[], Session]], ShopRequest], said: Any,
) -> tuple[int, bytes]:  # fmt: skip
    def claim(db: Session) -> Mapping[str, Any]:
        return phases.claim(asked(lambda: db))

    if operation.idempotent and visitor:
        return idempotent_in_phases(f"customer:{visitor.id}", request, phases, claim, said)
    return in_phases(phases, claim, lambda _db, given: said(given))


def customer_of_request() -> CustomerView:
    """Whose token came with this request. A cookie of the admin counts for nothing here.

    :raises Unauthorized: without a token that is good.
    :raises CustomerIsBlocked: when the shop does not sell to this customer.
    """
    header = request.authorization
    if header is not None and header.type == "bearer" and header.token:
        with reading() as db:
            customer = services.customer_of_token(db, header.token, clock.now())
        if customer is not None:
            visitor_is_known()
            return customer
    raise Unauthorized(www_authenticate=WWWAuthenticate("bearer"))


def somebody_of_request() -> CustomerView | None:
    """Whose token came with this request, where one did that is good: who is nobody may ask as well."""
    try:
        return customer_of_request()
    except (Unauthorized, CustomerIsBlocked):
        return None


def _encoded(content: Any) -> bytes:
    return json.dumps(content, ensure_ascii=False, separators=(",", ":")).encode()


def _json(status: int, body: bytes) -> Response:
    return Response(body, status, mimetype="application/json")
