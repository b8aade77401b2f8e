"""REST: operations described once, served and documented from the same description."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from flask_appbuilder.api import BaseApi
from marshmallow import Schema

from ..kernel.actors import current_actor
from ..kernel.errors import DomainError, WiringError
from ..kernel.methods import CHANGING
from ..kernel.phases import ThreePhases

Json = dict[str, Any]
_REFUSED = {
    400: "It makes no sense as it was sent.", 401: "A token is needed.", 403: "The token does not reach so far.", 404: "There is no such entry.",
    409: "It cannot be done now.", 413: "It is too large.", 415: "JSON is needed.", 422: "A field needs another look: `errors` says which.",
    429: "Too many tries.",
}  # fmt: skip
_TEXT = {"type": "string"}
_PROBLEM: Json = {
    "type": "object", "required": ["type", "title", "status", "code", "detail"], "description": "RFC 9457",
    "properties": {
        "type": _TEXT, "title": _TEXT, "status": {"type": "integer"}, "code": {**_TEXT, "description": "Stable, for programs."},
        "detail": {**_TEXT, "description": "A sentence in the reader's language."}, "correlation": _TEXT,
        "errors": {"type": "object", "additionalProperties": _TEXT, "description": "By the name of the field."},
        "changed": {"type": "array", "items": _TEXT},
    },
}  # fmt: skip


def _problem() -> Json:
    return {"application/problem+json": {"schema": {"$ref": "#/components/schemas/Problem"}}}


def refusals(statuses: Sequence[int]) -> Json:
    """Answers that say no, each as RFC 9457 has it."""
    return {str(status): {"$ref": f"#/components/responses/Refused{status}"} for status in statuses}


class Api(BaseApi):
    """Base of admin REST endpoints under ``/api/v1/<plugin>/<resource>/``.

    Set ``resource_name = "<plugin>/<resource>"`` and ``class_permission_name``; guard every method
    with ``@protect``. In its OpenAPI a method names its refusals: ``404: {$ref: "#/components/responses/Refused404"}``.
    """

    version = "v1"
    allow_browser_login = True
    told_to_programs = True  # in the document, of what their tokens may do
    apispec_parameter_schemas = {"Problem": _PROBLEM}
    responses = {f"Refused{status}": {"description": told, "content": _problem()} for status, told in _REFUSED.items()}

    def operation_helper(
        self, path: str | None = None, operations: Any = None, methods: Any = None, func: Any = None, **kwargs: Any
    ) -> None:
        """Said at each request: what a form asks for can depend on the moment, and what is said on the reader."""
        if not may_read_of(self, func):
            return
        described = getattr(func, "_described", None)
        if described is None:
            super().operation_helper(path, operations, methods, func, **kwargs)
            return
        for method in methods:
            operations[method.lower()] = {**described(), "security": [{"jwt": []}, {"api_key": []}]}


def may_read_of(api: BaseApi, function: Any) -> bool:
    """Whether the document tells whoever asks of this operation: a token is told of its scopes alone."""
    actor, verb = current_actor(), getattr(function, "_permission_name", None)
    return not actor.scoped or (verb is not None and actor.may(f"can_{verb}", api.class_permission_name))


@dataclass(frozen=True)
class Operation:
    """One REST operation of the storefront.

    ``handler(request) -> (body, status) | body`` gets a :class:`ShopRequest`; one that calls somebody far away is
    :class:`~zhanggui.kernel.phases.ThreePhases`, whose ``claim`` gets the request and whose ``answer`` gives the body. ``auth`` is "customer"
    (a bearer token is needed), "public", or "either" (whoever has a token is known by it). ``example`` holds one worked exchange:
    ``{"request": {...}, "response": {...}}``; it is shown in OpenAPI and tested.
    """

    method: str
    path: str  # "/orders/{number}/cancel"
    handler: Callable[..., Any] | ThreePhases
    summary: str
    auth: str = "customer"
    body: type[Schema] | None = None
    query: type[Schema] | None = None
    answer: type[Schema] | None = None
    status: int = 200
    idempotent: bool = False  # takes an Idempotency-Key
    refuses: Sequence[type[DomainError]] = ()  # what a client meets here and should tell apart, by its code
    example: Mapping[str, Any] | None = None
    fallback: bool = False  # gives way to an operation of another plugin with the same method and path

    def __post_init__(self) -> None:
        if self.method != "GET" and self.method not in CHANGING:
            raise WiringError(f"operation {self.path}: the method is GET or one of {', '.join(sorted(CHANGING))}, not {self.method}")
        if self.method == "GET" and isinstance(self.handler, ThreePhases):
            raise WiringError(f"operation {self.path}: what only asks claims nothing")
