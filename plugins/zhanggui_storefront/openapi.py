"""The OpenAPI document, made from the operations themselves."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from itertools import groupby
from typing import Any

from apispec import APISpec
from apispec.ext.marshmallow import MarshmallowPlugin
from marshmallow import Schema

from zhanggui.api import Operation, choice_schemas, get_setting

from . import schemas
from .extensions import extensions

_PLACE = re.compile(r"\{(\w+)\}")
_KEY = {
    "name": "Idempotency-Key", "in": "header", "required": False,
    "schema": {"type": "string", "minLength": 1, "maxLength": 255},
    "description": "Sent twice with the same body, the request happens once and is answered twice the same.",
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
        spec.path(operation.path, operations={operation.method.lower(): _operation(operation)})
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


def _operation(operation: Operation) -> dict[str, Any]:
    asked = (operation.example or {}).get("request", {})
    described: dict[str, Any] = {
        "summary": operation.summary,
        "operationId": operation.handler.__name__,
        "tags": [operation.path.split("/")[1]],
        "security": [{"customer": []}] if operation.auth == "customer" else [],
        "parameters": _parameters(operation, asked),
        "responses": _responses(operation),
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


def _responses(operation: Operation) -> dict[str, Any]:
    example = operation.example or {}
    good: dict[str, Any] = {"description": "Done"}
    if operation.answer is not None:
        good["content"] = {"application/json": {"schema": operation.answer}}
    refused: dict[str, Any] = {"application/problem+json": {"schema": {"$ref": "#/components/schemas/Problem"}}}
    found = {str(operation.status): good, "default": {"description": "Refused (RFC 9457)", "content": refused}}
    for status, kinds in groupby(sorted(operation.refuses, key=lambda kind: kind.status), key=lambda kind: kind.status):
        told = " ".join(f"`{kind.code}`: {(kind.__doc__ or kind.code).splitlines()[0]}" for kind in kinds)
        found[str(status)] = {"description": told, "content": refused}
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
