"""The OpenAPI document, made from the operations themselves."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from itertools import groupby
from typing import Any

from apispec import APISpec
from apispec.ext.marshmallow import MarshmallowPlugin
from marshmallow import Schema

from zhanggui.api import Operation, ThreePhases, choice_schemas, get_setting

from . import schemas
from .extensions import extensions

_PLACE = re.compile(r"\{(\w+)\}")
_KEY = {
    "name": "Idempotency-Key", "in": "header", "required": False,
    "schema": {"type": "string", "minLength": 1, "maxLength": 255, "pattern": "^[!-~]+$"},
    "description": "Sent twice with the same body, the request happens once and is answered twice the same.",
}  # fmt: skip
_REFUSED = {
    400: "It makes no sense as it was sent.", 401: "A token is needed.", 403: "The shop does not sell to this customer.", 404: "There is no such thing.",
    409: "It cannot be done now.", 413: "It is too large.", 415: "JSON is needed.", 422: "A field needs another look: `errors` says which.",
    429: "Too many tries.", 503: "The shop is busy, or somebody far away did not answer.",
}  # fmt: skip


def document(root: str, operations: Sequence[Operation]) -> dict[str, Any]:
    """OpenAPI 3.1 with one worked example per operation."""
    marshmallow = MarshmallowPlugin(schema_name_resolver=lambda schema: _name(schema))
    spec = APISpec(
        title=get_setting("instance.name"), version="1", openapi_version="3.1.0", plugins=[marshmallow],
        info={"description": "The storefront: what the mini-program and the web shop are built on."},
        servers=[{"url": get_setting("web.public_url").rstrip("/") + root}],
    )  # fmt: skip
    assert marshmallow.converter is not None
    marshmallow.converter.add_attribute_function(_of_plugins)
    spec.components.security_scheme("customer", {"type": "http", "scheme": "bearer"})
    spec.components.schema("Problem", schema=schemas.Problem)
    for operation in operations:
        spec.path(operation.path, operations={operation.method.lower(): _operation(operation, operations)})
    return spec.to_dict()


def _of_plugins(converter: Any, field: Any, **_more: Any) -> dict[str, Any]:
    """What the plugins that are enabled now put into ``choices`` and ``extra``."""
    if isinstance(field, schemas.ChoicesField):
        known = choice_schemas(field.metadata["choices"])
        properties = {plugin: converter.resolve_nested_schema(schema) for plugin, schema in known.items()}
        return {"type": ["object", "null"], "properties": properties, "additionalProperties": False}
    if isinstance(field, schemas.ExtraField):
        known = {plugin: extension.schema for plugin, extension in extensions(field.metadata["extra"])}
        properties = {plugin: converter.resolve_nested_schema(schema) for plugin, schema in known.items()}
        return {"type": "object", "properties": properties}
    return {}


def _name(schema: Any) -> str:
    kind = schema if isinstance(schema, type) else type(schema)
    return kind.__name__


def _operation(operation: Operation, operations: Sequence[Operation]) -> dict[str, Any]:
    asked = (operation.example or {}).get("request", {})
    described: dict[str, Any] = {
        "summary": operation.summary,
        "operationId": _id(operation),
        "tags": [operation.path.split("/")[1]],
        "security": {"customer": [{"customer": []}], "either": [{}, {"customer": []}]}.get(operation.auth, []),
        "parameters": _parameters(operation, asked),
        "responses": _responses(operation, operations),
    }
    if operation.body is not None:
        content = {"schema": operation.body, **({"example": asked["body"]} if "body" in asked else {})}
        described["requestBody"] = {"required": _must_be_sent(operation.body), "content": {"application/json": content}}
    return described


def _must_be_sent(body: type[Schema]) -> bool:
    return any(field.required for field in body().fields.values())


def _parameters(operation: Operation, asked: Mapping[str, Any]) -> list[Any]:
    path, query, headers = (asked.get(part, {}) for part in ("path", "query", "headers"))
    found: list[Any] = [
        {"name": name, "in": "path", "required": True, "schema": {"type": "string"}, **_shown(path, name)}
        for name in _PLACE.findall(operation.path)
    ]
    if operation.query is not None:
        converter = MarshmallowPlugin()
        APISpec("", "", "3.1.0", plugins=[converter])
        assert converter.converter is not None
        for parameter in converter.converter.schema2parameters(operation.query, location="query"):
            found.append({**parameter, **_shown(query, parameter["name"])})
    if operation.idempotent:
        found.append({**_KEY, **_shown(headers, "Idempotency-Key")})
    return found


def _shown(examples: Mapping[str, Any], name: str) -> dict[str, Any]:
    return {"example": examples[name]} if name in examples else {}


def _refusing(operation: Operation) -> list[int]:
    """The statuses that an operation can answer besides the ones that it names."""
    found = {429, 503}
    found |= {401, 403} if operation.auth == "customer" else set()
    found |= {404} if _PLACE.search(operation.path) or operation.method != "GET" else set()
    found |= {400} if operation.method != "GET" or operation.query is not None else set()
    found |= {409, 413, 422} if operation.method != "GET" else set()
    found |= {415} if operation.body is not None else set()
    return sorted(found)


def _links(operation: Operation, operations: Sequence[Operation]) -> dict[str, Any]:
    """Where an answer leads: what it names (``number``, ``id``) stands in the path of others, below what was asked."""
    if operation.answer is None:
        return {}
    answered, listed = operation.answer().fields, "items" in operation.answer().fields
    if listed:
        answered = answered["items"].inner.schema.fields  # type: ignore[attr-defined] # a list of one schema
    shelf = operation.path.split("/")[1]
    found = {}
    for other in operations:
        places = _PLACE.findall(other.path)
        if len(places) == 1 and places[0] in answered and other.path.split("/")[1] == shelf:
            place = f"$response.body#/{'items/0/' if listed else ''}{places[0]}"
            found[_id(other)] = {"operationId": _id(other), "parameters": {places[0]: place}}
    if listed and operation.query is not None and "cursor" in operation.query().fields:
        found["next"] = {"operationId": _id(operation), "parameters": {"cursor": "$response.body#/next"}}
    return found


def _id(operation: Operation) -> str:
    handler = operation.handler
    return (handler.claim if isinstance(handler, ThreePhases) else handler).__name__


def _responses(operation: Operation, operations: Sequence[Operation]) -> dict[str, Any]:
    example = operation.example or {}
    good: dict[str, Any] = {"description": "Done"}
    if operation.answer is not None:
        good["content"] = {"application/json": {"schema": operation.answer}}
    if links := _links(operation, operations):
        good["links"] = links
    refused: dict[str, Any] = {"application/problem+json": {"schema": {"$ref": "#/components/schemas/Problem"}}}
    found = {str(operation.status): good}
    for status in _refusing(operation):
        found[str(status)] = {"description": _REFUSED[status], "content": refused}
    for status, kinds in groupby(sorted(operation.refuses, key=lambda kind: kind.status), key=lambda kind: kind.status):
        told = " ".join(f"`{kind.code}`: {(kind.__doc__ or kind.code).splitlines()[0]}" for kind in kinds)
        found[str(status)] = {"description": f"{_REFUSED.get(status, 'It was refused.')} {told}", "content": refused}
    if example.get("response") is None:
        return found
    if example.get("status", operation.status) == operation.status:
        good["content"]["application/json"]["example"] = example["response"]
    else:
        found[str(example["status"])] = {
            "description": str(example["response"].get("detail", "Refused")),
            "content": {"application/problem+json": {**refused["application/problem+json"], "example": example["response"]}},
        }
    return found
