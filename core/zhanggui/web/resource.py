"""The REST resource of a screen: list, one row, create, change, delete and its verbs, under ``/api/v1``."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import date, datetime
from typing import Any

from flask import Response, json, request
from flask_appbuilder.api import BaseApi
from sqlalchemy import Row
from werkzeug.datastructures import MultiDict

from ..auth.permissions import expose, protect
from ..db.uow import reading, unit_of_work
from ..host import current_host
from ..i18n.texts import lazy_gettext as _l
from ..kernel import clock
from ..kernel.errors import BadRequest, Invalid
from ..kernel.money import Money, exponent
from . import context, writing
from .cells import reader
from .describe import Action, Column, Screen
from .forms import bind
from .gateway import gateway
from .query import parse, visible_columns

Dump = Callable[[Row[Any]], dict[str, Any]]


def resource_api(screen: Screen) -> type[BaseApi]:
    """The API class of a screen, at ``/api/v1/<plugin><route>/``."""
    resource = screen.resource
    row = f"/<{gateway.key_converter(screen)}row_id>"

    def now() -> Screen:
        return current_host().screens[resource]

    methods: dict[str, Any] = {}

    def add(name: str, url: str, verb: str, function: Callable[..., Any], summary: str, permission: str) -> None:
        function.__name__ = name
        function.__doc__ = _openapi(summary, verb, bool("row_id" in url))
        function._permission_name = permission  # type: ignore[attr-defined]
        methods[name] = expose(url, methods=(verb,))(protect(function))

    thing, things = str(screen.singular), str(screen.title)
    add("get_list", "/", "GET", lambda self: list_rows(now()), f"List {things}", "list")
    add("get", row, "GET", lambda self, row_id: one_row(now(), row_id), f"Show {thing}", "show")
    if screen.create:
        add("post", "/", "POST", lambda self: create_row(now()), f"Add {thing}", "add")
    if screen.update:
        add("patch", row, "PATCH", lambda self, row_id: change_row(now(), row_id), f"Change {thing}", "edit")
    if screen.delete:
        add("delete", row, "DELETE", lambda self, row_id: remove_row(now(), row_id), f"Delete {thing}", "delete")
    for action in screen.actions:
        add(
            f"do_{action.name}", f"{row}/{action.name}", "POST",
            lambda self, row_id, name=action.name: act(now(), name, row_id), f"{action.label}", action.name,
        )  # fmt: skip
    methods |= {
        "resource_name": f"{screen.plugin}{screen.route.removeprefix('/' + screen.plugin) or screen.route}".strip("/"),
        "class_permission_name": resource, "allow_browser_login": True, "openapi_spec_tag": things, "version": "v1",
    }  # fmt: skip
    if "/" not in methods["resource_name"]:
        methods["resource_name"] = f"{screen.plugin}/{methods['resource_name']}"
    return type(resource.replace(".", "") + "Api", (BaseApi,), methods)


def _openapi(summary: str, verb: str, one: bool) -> str:
    where = "\n          parameters:\n          - {in: path, name: row_id, required: true, schema: {type: integer}}" if one else ""
    return f"""{summary}
        ---
        {verb.lower()}:
          summary: {json.dumps(summary)}{where}
          responses:
            200: {{description: Done}}
            default: {{description: Problem, content: {{application/problem+json: {{schema: {{type: object}}}}}}}}
        """


def _send(body: Any, status: int = 200) -> Response:
    return Response(json.dumps(body), status, mimetype="application/json")


def _plain(value: Any) -> Any:
    return value.isoformat() if isinstance(value, datetime | date) else value


def dumper(screen: Screen, columns: list[Column], extra: Mapping[str, Mapping[Any, Any]]) -> Dump:
    """A function that turns a row into JSON, made once an answer."""
    currency = context.currency()
    parts: list[tuple[str, Callable[[Any], Any]]] = []
    for column in columns:
        if column.kind in ("image", "html") and column.load is None:
            continue
        read = reader(column, extra.get(column.name), screen.key)
        if column.kind == "money":
            parts.append((column.name, _money(read, column.currency, currency)))
        elif column.kind in ("datetime", "date"):
            parts.append((column.name, lambda row, read=read: _plain(read(row))))  # type: ignore[misc]
        elif column.kind == "lookup":
            labels = extra.get(column.name, {})
            parts.append((column.name, lambda row, read=read, labels=labels: _label(read(row), labels)))  # type: ignore[misc]
        else:
            parts.append((column.name, lambda row, read=read: _scalar(read(row))))  # type: ignore[misc]
    key = screen.key

    def dump(row: Row[Any]) -> dict[str, Any]:
        body = {"id": str(getattr(row, key))}
        for name, get in parts:
            if name != "id":
                body[name] = get(row)
        return body

    return dump


def _money(read: Callable[[Any], Any], name: str | None, currency: str) -> Callable[[Any], Any]:
    def get(row: Any) -> Any:
        value = read(row)
        return None if value is None else {"amount": value, "currency": getattr(row, name) if name else currency}

    return get


def _label(value: Any, labels: Mapping[Any, Any]) -> Any:
    return None if value is None else {"id": str(value), "label": str(labels.get(value, ""))}


def _scalar(value: Any) -> Any:
    return value if isinstance(value, str | int | float | bool | list | dict | None) else str(value)


def list_rows(screen: Screen) -> Response:
    """``{"items": [...], "next": cursor-or-null}``; takes limit, cursor, sort, q and the screen's filters."""
    args = context.arguments()
    limit = args.pop("limit", "")
    cursor = args.pop("cursor", "")
    if limit and not (limit.isascii() and limit.isdigit() and 1 <= int(limit[:6]) <= 100):
        raise BadRequest(_l("%(name)s must be a number from 1 to 100."), name="limit", field="limit")
    if cursor:
        args["after"] = cursor
    query = parse(screen, args, context.actor(), zone=context.zone(), currency=context.currency())
    if limit:
        from dataclasses import replace

        query = replace(query, size=int(limit))
    with reading() as db:
        found = gateway.page(db, screen, context.actor(), query, counted=False)
    dump = dumper(screen, visible_columns(screen, context.actor()), found.extra)
    return _send({"items": [dump(row) for row in found.rows], "next": found.next or None})


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


def _posted(screen: Screen, fields: Any) -> MultiDict[str, str]:
    """A JSON body as the form it stands for, so that there is one way to read input."""
    body = request.get_json(silent=True)
    if not isinstance(body, dict):
        raise BadRequest(_l("A JSON object is needed."))
    form: MultiDict[str, str] = MultiDict()
    names = {f.name: f for f in fields}
    unknown = set(body) - set(names) - {"row_version"}
    if unknown:
        raise Invalid(errors={name: _l("There is no such field.") for name in sorted(unknown)})
    for name, value in body.items():
        f = names.get(name)
        if f is None or value is None:
            continue
        if f.kind == "rows":
            for number, line in enumerate(value if isinstance(value, list) else []):
                for part, item in (line if isinstance(line, dict) else {}).items():
                    form[f"{name}-{number}-{part}"] = _as_text(item, part)
        elif f.kind == "translations" and isinstance(value, dict):
            for code, text in value.items():
                form[f"{name}__{code}"] = _as_text(text, name)
        elif f.kind == "bool":
            if value is True:
                form[name] = "1"
        elif isinstance(value, list):
            form.setlist(name, [_as_text(item, name) for item in value])
        else:
            form[name] = _as_text(value, name)
    return form


def _as_text(value: Any, name: str) -> str:
    if isinstance(value, dict) and set(value) == {"amount", "currency"} and type(value["amount"]) is int:
        return f"{Money(value['amount'], str(value['currency'])).decimal:.{exponent(str(value['currency']))}f}"
    if isinstance(value, bool) or not isinstance(value, str | int):
        raise Invalid(errors={name: _l("This value is not of the right kind.")})
    return str(value)


def create_row(screen: Screen) -> Response:
    """Create from the fields of the form; 201 with the new id."""
    who = context.actor()
    fields = gateway.writable(screen, who)
    form = _posted(screen, fields)
    with unit_of_work() as db:
        values = bind(fields, form, MultiDict(), context.form_context(), db).check()
        if screen.create == "generic":
            row_id = writing.save_new(db, screen, actor=who, now=clock.now(), **values)
        else:
            row_id = screen.create(db, actor=who, now=clock.now(), **values)  # type: ignore[operator,misc]
    return _send({"id": str(row_id)}, 201)


def change_row(screen: Screen, row_id: Any) -> Response:
    """Change the fields that were sent; a stale ``row_version`` is 409."""
    who = context.actor()
    body = request.get_json(silent=True)
    sent = set(body) if isinstance(body, dict) else set()
    fields = [f for f in gateway.writable(screen, who) if f.name in sent]
    form = _posted(screen, gateway.writable(screen, who))
    version = body.get("row_version") if isinstance(body, dict) else None
    if version is not None and type(version) is not int:
        raise Invalid(errors={"row_version": _l("A whole number is needed.")})
    with unit_of_work() as db:
        gateway.one(db, screen, who, row_id, permission="can_edit")
        values = bind(fields, form, MultiDict(), context.form_context(), db).check()
        if screen.update == "generic":
            writing.save(db, screen, id=row_id, row_version=version, actor=who, now=clock.now(), **values)
        else:
            screen.update(db, id=row_id, row_version=version, actor=who, now=clock.now(), **values)  # type: ignore[operator,misc]
    return one_row(screen, row_id)


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
    form = _posted(screen, action.fields) if action.fields else MultiDict()
    with unit_of_work() as db:
        values = bind(action.fields, form, MultiDict(), context.form_context(), db).check()
        action.run(db, id=row_id, actor=who, now=clock.now(), **values)
    return one_row(screen, row_id)
