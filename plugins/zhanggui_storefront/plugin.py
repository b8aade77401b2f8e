"""What the storefront adds."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from types import ModuleType
from typing import Any

from zhanggui.api import JobDef, MenuItem, Operation, _l, hookimpl
from zhanggui_customers.events import CustomerErased

from . import hookspecs, identity, jobs, operations, pages, rest
from .contracts import Identity


@hookimpl
def register_hookspecs() -> Sequence[ModuleType]:
    return [hookspecs]


@hookimpl
def register_views() -> Sequence[type[Any]]:
    return [rest.StorefrontView, pages.WebShopView]


@hookimpl
def register_menu() -> Sequence[MenuItem]:
    return [MenuItem("web_shop", _l("Web shop"), "building-store", href="/shop/", order=90)]


@hookimpl
def register_jobs() -> Sequence[JobDef]:
    return [jobs.end_sessions_of_erased]


@hookimpl
def register_handlers() -> Mapping[str | type[Any], Sequence[JobDef]]:
    return {CustomerErased: [jobs.end_sessions_of_erased]}


@hookimpl
def storefront_operations() -> Sequence[Operation]:
    return operations.OPERATIONS


@hookimpl
def storefront_identity_providers() -> Mapping[str, Callable[[str], Identity | None]]:
    return {"demo": identity.demo_identity}
