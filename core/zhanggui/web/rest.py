"""REST: operations described once, served and documented from the same description."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from flask_appbuilder.api import BaseApi
from marshmallow import Schema

from ..kernel.errors import DomainError, WiringError
from ..kernel.methods import CHANGING
from ..kernel.phases import ThreePhases


class Api(BaseApi):
    """Base of admin REST endpoints under ``/api/v1/<plugin>/<resource>/``.

    Set ``resource_name = "<plugin>/<resource>"`` and ``class_permission_name``; guard every method
    with ``@protect``.
    """

    version = "v1"
    allow_browser_login = True


@dataclass(frozen=True)
class Operation:
    """One REST operation of the storefront.

    ``handler(request) -> (body, status) | body`` gets a :class:`ShopRequest`; one that calls somebody far away is
    :class:`~zhanggui.kernel.phases.ThreePhases`, whose ``claim`` gets the request and whose ``answer`` gives the body. ``auth`` is "customer"
    (a bearer token is needed) or "public". ``example`` holds one worked exchange:
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
