"""The OpenAPI document, written from the operations."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any

from apispec import APISpec
from apispec.ext.marshmallow import MarshmallowPlugin

from zhanggui.api import Operation

_PROBLEM = {
    "type": "object",
    "required": ["status", "code", "detail"],
    "properties": {
        "status": {"type": "integer"}, "code": {"type": "string"}, "title": {"type": "string"}, "detail": {"type": "string"},
        "errors": {"type": "object"}, "correlation": {"type": "string"}, "type": {"type": "string"},
    },
}  # fmt: skip
_LIST = [
    {"in": "query", "name": "limit", "schema": {"type": "integer", "minimum": 1, "maximum": 100, "default": 20}},
    {"in": "query", "name": "cursor", "schema": {"type": "string"}},
]


def document(operations: Sequence[Operation]) -> dict[str, Any]:
    """OpenAPI 3.1 for these operations."""
    plugin = MarshmallowPlugin(schema_name_resolver=lambda schema: _name(schema))
    spec = APISpec("Storefront", "1", "3.1.0", plugins=[plugin], servers=[{"url": "/shop/api/v1"}])
    spec.components.security_scheme("token", {"type": "http", "scheme": "bearer"})
    spec.components.schema("Problem", _PROBLEM)
    paths: dict[str, dict[str, Any]] = {}
    for operation in operations:
        paths.setdefault(operation.path, {})[operation.method.lower()] = _describe(operation)
    for path, verbs in paths.items():
        spec.path(path, operations=verbs)
    found: dict[str, Any] = spec.to_dict()
    return found


def _name(schema: Any) -> str:
    cls = schema if isinstance(schema, type) else type(schema)
    return cls.__name__.removesuffix("Shape")


def _describe(operation: Operation) -> dict[str, Any]:
    example = operation.example or {}
    parameters: list[dict[str, Any]] = [
        {"in": "path", "name": name, "required": True, "schema": {"type": "string"}} for name in re.findall(r"{(\w+)}", operation.path)
    ]
    if operation.method == "GET" and "{" not in operation.path:
        parameters += _LIST
    if operation.idempotent:
        parameters.append({"in": "header", "name": "Idempotency-Key", "schema": {"type": "string", "maxLength": 255}})
    success: dict[str, Any] = {"description": "Done"}
    status = example.get("status", operation.status)
    problem = {"application/problem+json": {"schema": "Problem"}}
    if operation.answer is not None:
        success["content"] = {"application/json": {"schema": operation.answer}}
        if status < 400 and "response" in example:
            success["content"]["application/json"]["example"] = example["response"]
    responses = {str(operation.status): success, "default": {"description": "Problem", "content": problem}}
    if status >= 400:
        responses[str(status)] = {
            "description": "Problem",
            "content": {"application/problem+json": {"schema": "Problem", "example": example["response"]}},
        }
    described: dict[str, Any] = {"summary": operation.summary, "parameters": parameters, "responses": responses}
    described["operationId"] = f"{operation.method.lower()}{re.sub(r'[^a-z]+', '_', operation.path)}".rstrip("_")
    described["security"] = [{"token": []}] if operation.auth == "customer" else []
    if operation.body is not None:
        content: dict[str, Any] = {"schema": operation.body}
        if "request" in example:
            content["example"] = example["request"]
        described["requestBody"] = {"required": True, "content": {"application/json": content}}
    return described
