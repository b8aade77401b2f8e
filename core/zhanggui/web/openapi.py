"""What the admin API says of a screen: the arguments, bodies, answers and refusals of each operation, and where each leads."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from ..kernel.actors import current_actor
from .describe import Action, Field, Filter, Screen
from .gateway import gateway
from .kinds import filter_kind, kind_of
from .kinds.periods import PERIODS
from .query import visible_columns, visible_filters
from .rest import refusals

Json = dict[str, Any]
LONGEST_ASKED = 100  # characters of a question or a filter
_TEXT = {"type": "string"}
_KEY = {
    "name": "Idempotency-Key", "in": "header", "schema": {"type": "string", "minLength": 1, "maxLength": 255, "pattern": "^[!-~]+$"},
    "description": "Sent twice with the same body within a day, it is done once, and answered twice the same.",
}  # fmt: skip
_READING, _WRITING = (400, 401, 403, 404), (400, 401, 403, 404, 409, 413, 415, 422, 429)


class Described:
    """The operations of one screen."""

    def __init__(self, screen: Screen) -> None:
        self._screen = screen
        self._row = row_schema(screen)
        self._id = {"in": "path", "name": "row_id", "required": True, "schema": _key(screen)}

    def list_rows(self) -> Json:
        """With a limit, a cursor, sorting, a question and the filters."""
        page: Json = {"type": "object", "required": ["items", "next"], "properties": {"items": {"type": "array", "items": self._row}, "next": {**_TEXT, "nullable": True}}}
        if self._screen.measures:
            page["properties"]["measures"] = {"type": "object"}
        links = {"next": {"operationId": self._named("list"), "parameters": {"cursor": "$response.body#/next"}}, **self._to_row("$response.body#/items/0/id")}
        return {
            "operationId": self._named("list"), "summary": f"List {self._screen.title}", "parameters": _list_parameters(self._screen),
            "responses": {"200": _json("A page.", page, links), **refusals(_READING)},
        }  # fmt: skip

    def one_row(self) -> Json:
        """With its version, where it has one."""
        versioned = "row_version" in gateway.table(self._screen).c
        row = {**self._row, "properties": {**self._row["properties"], **({"row_version": {"type": "integer"}} if versioned else {})}}
        return self._of_row("show", f"Show {self._screen.singular}", {"200": _json("The entry.", row)}, _READING)

    def create(self) -> Json:
        """From the fields of the form."""
        made = {"type": "object", "required": ["id"], "properties": {"id": _TEXT}}
        return {
            "operationId": self._named("add"), "summary": f"Add {self._screen.singular}", "parameters": [_KEY], **_body(_asked(self._fields())),
            "responses": {"201": _json("Its id.", made, self._to_row("$response.body#/id")), **refusals(_WRITING)},
        }  # fmt: skip

    def change(self) -> Json:
        """Only what is sent."""
        return self._of_row(
            "edit", f"Change {self._screen.singular}", self._afterwards(), _WRITING, body=_asked(self._fields(), change=True)
        )

    def remove(self) -> Json:
        """Without a body."""
        return self._of_row("delete", f"Delete {self._screen.singular}", {"204": {"description": "It is gone."}}, _WRITING)

    def act(self, name: str) -> Json:
        """With the questions of the verb."""
        action: Action = next(a for a in self._screen.actions if a.name == name)
        told = {"202": _json("It waits for somebody.", {"type": "object", "required": ["detail"], "properties": {"detail": _TEXT}})}
        return self._of_row(action.name, f"{action.label}", {**self._afterwards(), **told}, _WRITING, body=_asked(action.fields) if action.fields else None)

    def _afterwards(self) -> Json:
        return {"200": _json("The entry afterwards.", self._row), "204": {"description": "Done; it is gone, or not yours to see."}}

    def _of_row(self, verb: str, summary: str, done: Json, statuses: Sequence[int], *, body: Json | None = None) -> Json:
        return {
            "operationId": self._named(verb), "summary": summary, "parameters": [self._id, *([_KEY] if statuses is _WRITING else [])], **(_body(body) if body is not None else {}),
            "responses": {**done, **refusals(statuses)},
        }  # fmt: skip

    def _named(self, verb: str) -> str:
        return f"{self._screen.resource}.{verb}"

    def _to_row(self, place: str) -> Json:
        verbs = ["show", *(["edit"] if self._screen.update else []), *(a.name for a in self._screen.actions), *(["delete"] if self._screen.delete else [])]
        return {verb: {"operationId": self._named(verb), "parameters": {"row_id": place}} for verb in verbs}

    def _fields(self) -> Sequence[Field]:
        """Those of now, where they depend on the moment; none that this reader may not write."""
        return gateway.writable(self._screen, current_actor())


def row_schema(screen: Screen) -> Json:
    """What is answered of a row. Which columns there are depends on who asks, so none is promised but the key."""
    parts = {c.name: {**kind_of(c.kind).schema(c), "nullable": True} for c in screen.columns if kind_of(c.kind).stored or c.load is not None}
    return {"type": "object", "required": ["id"], "properties": {**parts, "id": _TEXT}}


def _asked(fields: Sequence[Field], *, change: bool = False) -> Json:
    body: Json = {"type": "object", "additionalProperties": False, "properties": {f.name: sent_schema(f) for f in fields}}
    needed = [f.name for f in fields if f.required and f.shown_when is None]
    if change:
        body["properties"]["row_version"] = {"type": "integer", "nullable": True, "description": "What it was when it was looked at; a stale one is 409."}
    elif needed:
        body["required"] = needed
    return body


def sent_schema(f: Field) -> Json:
    """A value of a field as it may be sent. One that is needed may not be null."""
    kind = kind_of(f.kind)
    found = kind.schema(f)
    return {**found, "nullable": True} if kind.clears and not f.required else found


def _body(schema: Json) -> Json:
    return {"requestBody": {"required": True, "content": {"application/json": {"schema": schema}}}}


def _json(told: str, schema: Json, links: Json | None = None) -> Json:
    return {"description": told, "content": {"application/json": {"schema": schema}}, **({"links": links} if links else {})}


def _key(screen: Screen) -> Json:
    whole = gateway.key_converter(screen)
    return {"type": "integer", "minimum": 0, "maximum": 10 ** int(whole[4:-2]) - 1} if whole else _TEXT


def _list_parameters(screen: Screen) -> list[Json]:
    who = current_actor()  # what is not for him is refused
    sorts = [name for c in visible_columns(screen, who) if c.sortable for name in (c.name, f"-{c.name}")]
    found = [
        {"name": "limit", "schema": {"type": "integer", "minimum": 1, "maximum": 100}},
        {"name": "cursor", "schema": {"type": "string", "format": "cursor", "pattern": "^[A-Za-z0-9_-]{0,2000}$"}, "description": "`next` of the page before; any other is 400."},
    ]  # fmt: skip
    if sorts:
        found.append({"name": "sort", "schema": {"type": "string", "enum": ["", *sorts]}})
    if screen.search is not None:
        found.append({"name": "q", "schema": {"type": "string", "maxLength": LONGEST_ASKED}, "description": str(screen.search.hint)})
    if screen.measures:
        found.append({"name": "measures", "schema": {"type": "string", "enum": ["", "1"]}, "description": "1: also what all rows add up to."})
    for f in visible_filters(screen, who):
        found += _filter_parameters(f)
    return [{"in": "query", **one} for one in found]


def _filter_parameters(f: Filter) -> list[Json]:
    kind, ranged = filter_kind(f.kind)
    names = (f"{f.name}_from", f"{f.name}_to") if ranged else (f.name,)
    # An argument without a value is none.
    period = [{"name": f.name, "schema": {"type": "string", "enum": ["", *PERIODS]}, "description": str(f.label)}] if ranged and kind.periods else []
    return period + [{"name": name, "schema": {"anyOf": [{"type": "string", "maxLength": 0}, kind.asked_schema(f)]}, "description": str(f.label)} for name in names]
