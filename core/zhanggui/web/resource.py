"""The REST resource of a screen: list, one row, create, change, delete and its verbs, under ``/api/v1``."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

from flask import Response, json, request
from sqlalchemy import Row
from sqlalchemy.orm import Session

from ..approvals import RowChanged
from ..auth.idempotency import idempotent, idempotent_in_phases
from ..auth.permissions import expose, protect
from ..config.days import shop_zone
from ..db.uow import reading, unit_of_work
from ..host import current_host
from ..i18n.texts import lazy_gettext as _l
from ..kernel import clock
from ..kernel.actors import Actor
from ..kernel.errors import BadRequest, Forbidden, Invalid, NotFound
from ..kernel.phases import ThreePhases
from . import context, writing
from .bodies import json_object
from .cells import reader as value_reader
from .describe import Action, Column, Screen
from .gateway import gateway
from .kinds import filter_kind, kind_of
from .openapi import LONGEST_ASKED, Described
from .query import decode_cursor, parse, visible_columns
from .rest import Api
from .sum_bar import ask, for_programs

Json = dict[str, Any]
KEY = "Idempotency-Key"
Dump = Callable[[Row[Any]], dict[str, Any]]


def resource_api(screen: Screen) -> type[Api]:
    """The API class of a screen, at ``/api/v1/<plugin><route>/``."""
    resource = screen.resource
    row = f"/<{gateway.key_converter(screen)}row_id>"

    def now() -> Screen:
        return current_host().screens[resource]

    methods: dict[str, Any] = {}

    def add(name: str, url: str, verb: str, function: Callable[..., Any], permission: str, described: Callable[[Described], Json]) -> None:
        function.__name__ = name
        function._permission_name, function._described = permission, lambda: described(Described(now()))  # type: ignore[attr-defined] # names that the API's base reads
        methods[name] = expose(url, methods=(verb,))(protect(function))

    add("get_list", "/", "GET", lambda self: list_rows(now()), "list", Described.list_rows)
    add("get", row, "GET", lambda self, row_id: one_row(now(), row_id), "show", Described.one_row)
    if screen.create:
        add("post", "/", "POST", lambda self: create_row(now()), "add", Described.create)
    if screen.update:
        add("patch", row, "PATCH", lambda self, row_id: change_row(now(), row_id), "edit", Described.change)
    if screen.delete:
        add("delete", row, "DELETE", lambda self, row_id: remove_row(now(), row_id), "delete", Described.remove)
    for action in screen.actions:
        add(
            f"do_{action.name}", f"{row}/{action.name}", "POST",
            lambda self, row_id, name=action.name: act(now(), name, row_id), action.name,
            lambda of, name=action.name: of.act(name),
        )  # fmt: skip
    methods |= {
        "resource_name": f"{screen.plugin}{screen.route.removeprefix('/' + screen.plugin) or screen.route}".strip("/"),
        "class_permission_name": resource, "openapi_spec_tag": str(screen.title),
    }  # fmt: skip
    if "/" not in methods["resource_name"]:
        methods["resource_name"] = f"{screen.plugin}/{methods['resource_name']}"
    return type(resource.replace(".", "") + "Api", (Api,), methods)


def _send(body: Any, status: int = 200) -> Response:
    return Response(json.dumps(body), status, mimetype="application/json")


def dumper(screen: Screen, columns: list[Column], extra: Mapping[str, Mapping[Any, Any]]) -> Dump:
    """A function that turns a row into JSON, made once an answer."""
    currency = context.currency()
    parts: list[tuple[str, Callable[[Any], Any]]] = []
    for column in columns:
        kind = kind_of(column.kind)
        if kind.stored or column.load is not None:
            labels = extra.get(column.name, {})
            parts.append((column.name, kind.dumper(column, value_reader(column, labels, screen.key), labels, currency)))
    key = screen.key

    def dump(row: Row[Any]) -> dict[str, Any]:
        body = {"id": str(getattr(row, key))}
        for name, get in parts:
            if name != "id":
                body[name] = get(row)
        return body

    return dump


def list_rows(screen: Screen) -> Response:
    """``{"items": [...], "next": cursor-or-null}``; takes limit, cursor, sort, q and the screen's filters; with ``measures=1`` also ``measures``."""
    args = context.arguments()
    short = {"q", *(f.name for f in screen.filters if "maxLength" in filter_kind(f.kind)[0].asked_schema(f))}
    if long := next((name for name, text in args.items() if len(text) > LONGEST_ASKED and name in short), None):
        raise BadRequest(_l("%(name)s has at most %(most)s characters."), name=long[:40], most=LONGEST_ASKED, field=long[:40])
    limit = args.pop("limit", "")
    cursor = args.pop("cursor", "")
    measured = args.pop("measures", "")
    if measured not in ("", "1") or (measured and not screen.measures):
        raise BadRequest(_l("%(name)s must be one of %(choices)s."), name="measures", choices="1" if screen.measures else "-", field="measures")
    if limit and not (limit.isascii() and limit.isdigit() and len(limit) <= 3 and 1 <= int(limit) <= 100):
        raise BadRequest(_l("%(name)s must be a number from 1 to 100."), name="limit", field="limit")
    query = parse(screen, args, context.actor(), zone=shop_zone(), currency=context.currency())
    query = replace(query, size=int(limit) if limit else query.size, after=decode_cursor(cursor) if cursor else query.after)
    with reading() as db:
        found = gateway.page(db, screen, context.reader(), query, counted=False)
        sums = ask(db, screen, context.actor(), query, bounded=False) if measured else None
    dump = dumper(screen, visible_columns(screen, context.actor()), found.extra)
    answer = {"items": [dump(row) for row in found.rows], "next": found.next or None}
    return _send(answer | {"measures": for_programs(sums)} if sums is not None else answer)


def one_row(screen: Screen, row_id: Any) -> Response:
    """One row, with its ``row_version`` where it can be edited."""
    with reading() as db:
        return _send(_dumped(db, screen, row_id))


def _dumped(db: Session, screen: Screen, row_id: Any) -> Json:
    row = gateway.one(db, screen, context.actor(), row_id)
    columns = visible_columns(screen, context.actor())
    extra = gateway.extras(db, screen, context.reader(), columns, [row])
    body = dumper(screen, columns, extra)(row)
    if "row_version" in row._fields:
        body["row_version"] = row.row_version
    return body


def _row_of(db: Session, screen: Screen, row_id: Any) -> tuple[int, bytes]:
    """As :func:`_now_or_nothing`, inside of the transaction of the change."""
    try:
        return 200, json.dumps(_dumped(db, screen, row_id)).encode()
    except (NotFound, Forbidden):
        return 204, b""


def create_row(screen: Screen) -> Response:
    """Create from the fields of the form; 201 with the new id. The same ``Idempotency-Key`` creates once."""
    who, body = context.actor(), json_object()

    def create(db: Session) -> tuple[int, bytes]:
        row_id = writing.create_row(db, resource=screen.resource, values=body, actor=who, now=clock.now())
        return 201, json.dumps({"id": str(row_id)}).encode()

    status, answer = idempotent(_sender(who), request, create)
    return Response(answer, status, mimetype="application/json")


def _sender(who: Actor) -> str:
    """Whose keys are told apart: two programs of one user never meet."""
    return f"token:{who.token}" if who.token is not None else f"user:{who.id}"


def _once(write: Callable[[Session], None], screen: Screen, row_id: Any) -> Response:
    """A write of a row that is there: the same ``Idempotency-Key`` does it once, and answers the same again."""

    def act(db: Session) -> tuple[int, bytes]:
        write(db)
        if KEY not in request.headers:  # answered after the commit
            return 0, b""
        db.flush()
        return _row_of(db, screen, row_id)

    status, answer = idempotent(_sender(context.actor()), request, act)
    return Response(answer or None, status, mimetype="application/json") if status else _now_or_nothing(screen, row_id)


def change_row(screen: Screen, row_id: Any) -> Response:
    """Change the fields that were sent; a stale ``row_version`` is 409."""
    body = json_object()
    version = body.pop("row_version", None)
    if version is not None and type(version) is not int:
        raise Invalid(errors={"row_version": _l("A whole number is needed.")})

    def change(db: Session) -> None:
        writing.change_row(db, resource=screen.resource, id=row_id, values=body, row_version=version, actor=context.actor(), now=clock.now())

    return _once(change, screen, row_id)


def _now_or_nothing(screen: Screen, row_id: Any) -> Response:
    """The row after a change; 204 when it is gone, or not for this actor to see: the change was made all the same."""
    try:
        return one_row(screen, row_id)
    except (NotFound, Forbidden):
        return Response(status=204)


def remove_row(screen: Screen, row_id: Any) -> Response:
    """Delete one row; 204."""

    def remove(db: Session) -> tuple[int, bytes]:
        writing.remove_row(db, resource=screen.resource, id=row_id, actor=context.actor(), now=clock.now())
        return 204, b""

    idempotent(_sender(context.actor()), request, remove)
    return Response(status=204)


def act(screen: Screen, name: str, row_id: Any) -> Response:
    """One verb on one row; its questions are the body."""
    who = context.actor()
    action: Action = next(a for a in screen.actions if a.name == name)
    form = writing.form_of_verb(screen, action, row_id, who)
    body = json_object() if form.fields else {}
    if KEY in request.headers:
        return _act_once(screen, action, row_id, body)
    waiting = writing.act_on_row(resource=screen.resource, action=name, id=row_id, values=body, actor=who, now=clock.now())
    if waiting:
        return _send({"detail": waiting}, 202)
    return _now_or_nothing(screen, row_id)


def _act_once(screen: Screen, action: Action, row_id: Any, body: Json) -> Response:
    """One verb under an ``Idempotency-Key``: a retry is answered what the first one was, and changes nothing."""
    who, values = context.actor(), writing.values_of_verb(screen, action, row_id, body, context.actor())

    def do(db: Session) -> tuple[int, bytes]:
        waiting = writing.act_within(db, resource=screen.resource, action=action.name, id=row_id, values=body, actor=who, now=clock.now())
        if waiting:
            return 202, json.dumps({"detail": waiting}).encode()
        db.flush()
        return _row_of(db, screen, row_id)

    try:
        if isinstance(action.run, ThreePhases):
            claim = action.run.claim
            claimed = lambda db: claim(db, id=row_id, actor=who, now=clock.now(), **values(db))  # noqa: E731 - one line, as its neighbors
            status, answer = idempotent_in_phases(_sender(who), request, action.run, claimed, lambda _said: (204, b""))
        else:
            status, answer = idempotent(_sender(who), request, do)
    except RowChanged as error:
        with unit_of_work() as db:
            error.afterwards(db)
        raise
    return Response(answer or None, status, mimetype="application/json")
