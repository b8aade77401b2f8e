"""What the storefront adds."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from types import ModuleType
from typing import Any

from zhanggui.api import DemoData, MenuItem, Operation, PersonalData, _l, hookimpl

from . import demo, hookspecs, identity, keeping, models, operations, pages, rest
from .contracts import Identity


@hookimpl
def register_hookspecs() -> Sequence[ModuleType]:
    return [hookspecs]


@hookimpl
def register_models() -> Sequence[type[Any]]:
    return [models.CartLine, models.Favourite]


@hookimpl
def register_personal_data() -> Sequence[PersonalData]:
    return [keeping.ANSWER]


@hookimpl
def register_views() -> Sequence[type[Any]]:
    return [rest.StorefrontView, pages.WebShopView]


@hookimpl
def register_menu() -> Sequence[MenuItem]:
    return [MenuItem("web_shop", _l("Web shop"), "building-store", href="/shop/?staff=1", order=90)]


@hookimpl
def register_demo() -> Sequence[DemoData]:
    return [demo.DEMO]


@hookimpl
def storefront_operations() -> Sequence[Operation]:
    return operations.OPERATIONS


@hookimpl
def storefront_identity_providers() -> Mapping[str, Callable[[str], Identity | None]]:
    return {"demo": identity.demo_identity}
