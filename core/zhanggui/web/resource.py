"""The REST resource of a screen: list, one row, create, change, delete and its verbs, under ``/api/v1``."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import Any

from flask import Response, json, request
from flask_appbuilder.api import BaseApi
from sqlalchemy import Row
from sqlalchemy.orm import Session
from werkzeug.datastructures import MultiDict

from ..auth.idempotency import idempotent
from ..auth.permissions import expose, protect
from ..db.uow import reading, unit_of_work
from ..host import current_host
from ..i18n.texts import gettext as _
from ..i18n.texts import lazy_gettext as _l
from ..kernel import clock
from ..kernel.errors import BadRequest, Forbidden, Invalid, NotFound
from . import context, writing
from .bodies import json_object
from .cells import reader
from .describe import Action, Column, Field, Form, Screen
from .forms import Standing, bind
from .gateway import gateway
from .kinds import kind_of
from .query import parse, visible_columns
from .sum_bar import ask, for_programs
from .verbs import perform

Dump = Callable[[Row[Any]], dict[str, Any]]


def resource_api(screen: Screen) -> type[BaseApi]:
    """The API class of a screen, at ``/api/v1/<plugin><route>/``."""
    resource = screen.resource
    row = f"/<{gateway.key_converter(screen)}row_id>"

    def now() -> Screen:
        return current_host().screens[resource]

    methods: dict[str, Any] = {}

    def add(name: str, url: str, verb: str, function: Callable[..., Any], summary: str, permission: str, **shapes: Any) -> None:
        function.__name__ = name
        function.__doc__ = _openapi(summary, verb, bool("row_id" in url), **shapes)
        function._permission_name = permission  # type: ignore[attr-defined]
        methods[name] = expose(url, methods=(verb,))(protect(function))

    thing, things = str(screen.singular), str(screen.title)
    shown, asked = _answered(screen), () if callable(screen.fields) else screen.fields
    found = {"type": "object", "properties": {"items": {"type": "array", "items": shown}, "next": {"type": "string", "nullable": True}}}
    if screen.measures:
        found["properties"]["measures"] = {"type": "object"}  # type: ignore[index]
    add("get_list", "/", "GET", lambda self: list_rows(now()), f"List {things}", "list", answer=found)
    add("get", row, "GET", lambda self, row_id: one_row(now(), row_id), f"Show {thing}", "show", answer=shown)
    if screen.create:
        add("post", "/", "POST", lambda self: create_row(now()), f"Add {thing}", "add", body=_asked(asked))
    if screen.update:
        add("patch", row, "PATCH", lambda self, row_id: change_row(now(), row_id), f"Change {thing}", "edit", body=_asked(asked, change=True))
    if screen.delete:
        add("delete", row, "DELETE", lambda self, row_id: remove_row(now(), row_id), f"Delete {thing}", "delete")
    for action in screen.actions:
        add(
            f"do_{action.name}", f"{row}/{action.name}", "POST",
            lambda self, row_id, name=action.name: act(now(), name, row_id), f"{action.label}", action.name,
            body=_asked(action.fields),
        )  # fmt: skip
    methods |= {
        "resource_name": f"{screen.plugin}{screen.route.removeprefix('/' + screen.plugin) or screen.route}".strip("/"),
        "class_permission_name": resource, "allow_browser_login": True, "openapi_spec_tag": things, "version": "v1",
    }  # fmt: skip
    if "/" not in methods["resource_name"]:
        methods["resource_name"] = f"{screen.plugin}/{methods['resource_name']}"
    return type(resource.replace(".", "") + "Api", (BaseApi,), methods)


def _answered(screen: Screen) -> dict[str, Any]:
    """What is answered of a row. Which columns there are depends on who asks, so none is promised but the key."""
    parts = {c.name: {**kind_of(c.kind).schema(c), "nullable": True} for c in screen.columns if kind_of(c.kind).stored or c.load is not None}
    return {"type": "object", "required": ["id"], "properties": {**parts, "id": {"type": "string"}}}


def _asked(fields: Sequence[Field], *, change: bool = False) -> dict[str, Any] | None:
    """What may be sent; None where that depends on the moment, or there is nothing to send."""
    if not fields:
        return None
    body: dict[str, Any] = {"type": "object", "properties": {f.name: {**kind_of(f.kind).schema(f), "nullable": True} for f in fields}}
    needed = [f.name for f in fields if f.required and f.shown_when is None]
    if change:
        body["properties"]["row_version"] = {"type": "integer", "nullable": True}
    elif needed:
        body["required"] = needed
    return body


def _openapi(summary: str, verb: str, one: bool, *, answer: dict[str, Any] | None = None, body: dict[str, Any] | None = None) -> str:
    described: dict[str, Any] = {"summary": summary}
    if one:
        described["parameters"] = [{"in": "path", "name": "row_id", "required": True, "schema": {"type": "integer"}}]
    if body is not None:
        described["requestBody"] = {"content": {"application/json": {"schema": body}}}
    done: dict[str, Any] = {"description": "Done"}
    if answer is not None:
        done["content"] = {"application/json": {"schema": answer}}
    problem = {"description": "Problem", "content": {"application/problem+json": {"schema": {"type": "object"}}}}
    described["responses"] = {"200": done, "default": problem}
    return f"{summary}\n---\n{json.dumps({verb.lower(): described})}"


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
            parts.append((column.name, kind.dumper(column, reader(column, labels, screen.key), labels, currency)))
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
    limit = args.pop("limit", "")
    cursor = args.pop("cursor", "")
    measured = args.pop("measures", "")
    if measured not in ("", "1") or (measured and not screen.measures):
        raise BadRequest(_l("%(name)s must be one of %(choices)s."), name="measures", choices="1" if screen.measures else "-", field="measures")
    if limit and not (limit.isascii() and limit.isdigit() and len(limit) <= 3 and 1 <= int(limit) <= 100):
        raise BadRequest(_l("%(name)s must be a number from 1 to 100."), name="limit", field="limit")
    if cursor:
        args["after"] = cursor
    query = parse(screen, args, context.actor(), zone=context.zone(), currency=context.currency())
    if limit:
        query = replace(query, size=int(limit))
    with reading() as db:
        found = gateway.page(db, screen, context.actor(), query, counted=False)
        sums = ask(db, screen, context.actor(), query, bounded=False) if measured else None
    dump = dumper(screen, visible_columns(screen, context.actor()), found.extra)
    answer = {"items": [dump(row) for row in found.rows], "next": found.next or None}
    return _send(answer | {"measures": for_programs(sums)} if sums is not None else answer)


def one_row(screen: Screen, row_id: Any) -> Response:
    """One row, with its ``row_version`` where it can be edited."""
    with reading() as db:
        row = gateway.one(db, screen, context.actor(), row_id)
        columns = visible_columns(screen, context.actor())
        extra = gateway.extras(db, screen, columns, [row])
    body = dumper(screen, columns, extra)(row)
    if "row_version" in row._fields:
        body["row_version"] = row.row_version
    return _send(body)


def _posted(fields: Sequence[Field], body: Mapping[str, Any]) -> MultiDict[str, str]:
    """A JSON body as the form it stands for, so that there is one way to read input.

    :raises Invalid: naming the field that there is not, or whose value is of the wrong kind.
    """
    names = {f.name: f for f in fields}
    unknown = set(body) - set(names) - {"row_version"}
    if unknown:
        raise Invalid(errors={name: _l("There is no such field.") for name in sorted(unknown)})
    form: MultiDict[str, str] = MultiDict()
    for name, value in body.items():
        if name in names:
            kind_of(names[name].kind).put(form, names[name], name, value, context.form_context())
    return form


def _given(form: Form, sent: MultiDict[str, str], body: Mapping[str, Any], db: Session, standing: Standing | None = None) -> dict[str, Any]:
    """The values of a body.

    :raises Invalid: for one that is wrong, and for one that is not asked for as things stand: to a program it would seem saved.
    """
    bound = bind(form, sent, MultiDict(), context.form_context(), db, standing=standing)
    for f in form.fields:
        if f.name in bound.unasked and f.shown_when is not None and body.get(f.name) is not None:
            bound.errors[f.name] = _("This is not asked for here: it depends on “%(field)s”.", field=f.shown_when.field)
    return bound.check()


def create_row(screen: Screen) -> Response:
    """Create from the fields of the form; 201 with the new id. The same ``Idempotency-Key`` creates once."""
    who = context.actor()
    form, body = gateway.form(screen, who), json_object()
    sent = _posted(form.fields, body)

    def create(db: Session) -> tuple[int, bytes]:
        given = _given(form, sent, body, db, Standing(screen, lambda: None, db, context.form_context()))
        values, extra = writing.split_slots(screen, given)
        if screen.create == "generic":
            row_id = writing.save_new(db, screen, actor=who, now=clock.now(), **values)
        else:
            row_id = screen.create(db, actor=who, now=clock.now(), **values)  # type: ignore[operator,misc]
        writing.save_slots(db, screen, row_id, extra, actor=who, now=clock.now())
        return 201, json.dumps({"id": str(row_id)}).encode()

    status, answer = idempotent(f"user:{who.id}", request, create)
    return Response(answer, status, mimetype="application/json")


def change_row(screen: Screen, row_id: Any) -> Response:
    """Change the fields that were sent; a stale ``row_version`` is 409."""
    who = context.actor()
    body = json_object()
    whole = gateway.form(screen, who)
    form = replace(whole, fields=[f for f in whole.fields if f.name in body])
    version = body.get("row_version")
    if version is not None and type(version) is not int:
        raise Invalid(errors={"row_version": _l("A whole number is needed.")})
    with unit_of_work() as db:
        row = gateway.one(db, screen, who, row_id, permission="can_edit")
        sent = _posted(whole.fields, _with_other_parts(db, form.fields, row, body))
        given = _given(form, sent, body, db, Standing(screen, lambda: row, db, context.form_context()))
        values, extra = writing.split_slots(screen, given)
        if screen.update == "generic":
            writing.save(db, screen, id=row_id, row_version=version, actor=who, now=clock.now(), **values)
        else:
            screen.update(db, id=row_id, row_version=version, actor=who, now=clock.now(), **values)  # type: ignore[operator,misc]
        writing.save_slots(db, screen, row_id, extra, actor=who, now=clock.now())
    return _now_or_nothing(screen, row_id)


def _with_other_parts(db: Session, fields: Sequence[Field], row: Any, body: Mapping[str, Any]) -> dict[str, Any]:
    """The body, with the parts of a value that were not sent, such as languages, as they stand."""
    whole = dict(body)
    for f in fields:
        kind = kind_of(f.kind)
        if kind.partial and f.get is not None:
            whole[f.name] = kind.merged(body[f.name], f.get(db, row), context.form_context())
    return whole


def _now_or_nothing(screen: Screen, row_id: Any) -> Response:
    """The row after a change; 204 when it is gone, or not for this actor to see: the change was made all the same."""
    try:
        return one_row(screen, row_id)
    except (NotFound, Forbidden):
        return Response(status=204)


def remove_row(screen: Screen, row_id: Any) -> Response:
    """Delete one row; 204."""
    who = context.actor()
    with unit_of_work() as db:
        gateway.one(db, screen, who, row_id, permission="can_delete")
        if screen.delete == "generic":
            writing.remove(db, screen, id=row_id, actor=who, now=clock.now())
        else:
            screen.delete(db, id=row_id, actor=who, now=clock.now())  # type: ignore[operator,misc]
    return Response(status=204)


def act(screen: Screen, name: str, row_id: Any) -> Response:
    """One verb on one row; its questions are the body."""
    who = context.actor()
    action: Action = next(a for a in screen.actions if a.name == name)
    with reading() as db:
        gateway.one(db, screen, who, row_id, permission=f"can_{name}")
    form = gateway.questions(screen, action, who)
    body = json_object() if form.fields else {}
    sent = _posted(form.fields, body)
    waiting = perform(action, row_id, who, lambda db: _given(form, sent, body, db))
    if waiting:
        return _send({"detail": waiting}, 202)
    return _now_or_nothing(screen, row_id)
