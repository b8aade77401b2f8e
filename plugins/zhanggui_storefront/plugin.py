"""What the storefront adds."""

from __future__ import annotations

from zhanggui.api import MenuItem, _l, hookimpl

from . import hookspecs, models, operations, rest, services, views


@hookimpl
def register_hookspecs():
    return [hookspecs]


@hookimpl
def register_models():
    return [models.Token]


@hookimpl
def register_apis():
    return [rest.StorefrontApi]


@hookimpl
def register_views():
    return [views.ShopView]


@hookimpl
def register_menu():
    return [MenuItem("storefront", _l("Web shop"), "building-store", href="/shop/", order=90)]


@hookimpl
def storefront_operations():
    return operations.OPERATIONS


@hookimpl
def storefront_identity_providers():
    return {"demo": services.demo_identity}
