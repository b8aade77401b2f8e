"""Who may open what: a declared permission on every route and verb, or a reason for none."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import wraps
from typing import Any, TypeVar

from flask import Flask, redirect, request
from flask_appbuilder.baseviews import expose
from flask_appbuilder.security.decorators import permission_name
from flask_appbuilder.security.sqla.models import (
    Permission,
    PermissionView,
    Role,
    ViewMenu,
    assoc_permissionview_role,
)
from sqlalchemy import insert, select
from sqlalchemy.orm import Session
from werkzeug.exceptions import Unauthorized
from werkzeug.routing import Rule

from ..host.declare import RolePreset
from ..kernel.actors import current_actor
from ..kernel.errors import Forbidden, OutOfScope
from ..kernel.methods import SAFE
from .models import OfferedGrant

OWNER = "owner"
F = TypeVar("F", bound=Callable[..., Any])
# The base's own endpoints, each looked at: log-in and refresh are how one gets in, the third asks itself.
_BASE_ENDPOINTS = {"ContainedSecurityApi.login", "ContainedSecurityApi.refresh", "OpenApi.get", "static"}


def _to_login() -> Any:
    from .headers import safe_next

    if request.method not in SAFE:
        raise Unauthorized()
    target = safe_next(request.full_path.rstrip("?"), default="/")
    return redirect(f"/login/?next={_quoted(target)}" if target != "/" else "/login/")


def _quoted(text: str) -> str:
    from urllib.parse import quote

    return quote(text, safe="/")


def has_access(function: F) -> F:
    """Guard a page: ``can_<method>`` on the view's ``class_permission_name``. Strangers go to the log-in."""

    @wraps(function)
    def guarded(self: Any, *args: Any, **kwargs: Any) -> Any:
        actor = current_actor()
        if actor.may(f"can_{guarded._permission_name}", self.class_permission_name):  # type: ignore[attr-defined]
            return function(self, *args, **kwargs)
        if actor.kind == "anonymous":
            return _to_login()
        raise Forbidden()

    guarded._permission_name = getattr(function, "_permission_name", function.__name__)  # type: ignore[attr-defined]
    guarded._zg_guard = "permission"  # type: ignore[attr-defined]
    return guarded  # type: ignore[return-value]


def protect(function: F) -> F:
    """Guard an endpoint of the admin REST API: 401 without a login, 403 without the right.

    A browser's cookie is taken too, but then every unsafe method needs the CSRF header.
    """

    @wraps(function)
    def guarded(self: Any, *args: Any, **kwargs: Any) -> Any:
        actor = current_actor()
        if actor.kind == "anonymous":
            raise Unauthorized()
        if request.method not in SAFE and "Authorization" not in request.headers:
            _check_csrf_header()
        needed = f"can_{guarded._permission_name}"  # type: ignore[attr-defined]
        if not actor.may(needed, self.class_permission_name):
            raise OutOfScope(needed, self.class_permission_name) if actor.scoped else Forbidden()
        return function(self, *args, **kwargs)

    guarded._permission_name = getattr(function, "_permission_name", function.__name__)  # type: ignore[attr-defined]
    guarded._zg_guard = "permission"  # type: ignore[attr-defined]
    return guarded  # type: ignore[return-value]


def _check_csrf_header() -> None:
    from flask_wtf.csrf import validate_csrf
    from wtforms import ValidationError

    try:
        validate_csrf(request.headers.get("X-CSRFToken"))
    except ValidationError:
        raise Forbidden() from None


def signed_in(function: F) -> F:
    """Guard a page that every user has: his home, his messages, his own settings."""

    @wraps(function)
    def guarded(*args: Any, **kwargs: Any) -> Any:
        return _to_login() if current_actor().kind == "anonymous" else function(*args, **kwargs)

    guarded._zg_guard = "signed in"  # type: ignore[attr-defined]
    return guarded  # type: ignore[return-value]


def public(reason: str) -> Callable[[F], F]:
    """Declare that a route needs no login of the admin, and why."""

    def mark(function: F) -> F:
        function._zg_guard = f"public: {reason}"  # type: ignore[attr-defined]
        return function

    return mark


def route_permission(function: Callable[..., Any]) -> str | None:
    """What a view function declared; None means the build must stop."""
    return getattr(function, "_zg_guard", None)


def undeclared_routes(app: Flask) -> list[Rule]:
    """Routes that declare nothing."""
    return [
        rule for rule in app.url_map.iter_rules()
        if rule.endpoint not in _BASE_ENDPOINTS and route_permission(app.view_functions[rule.endpoint]) is None
    ]  # fmt: skip


# -- the database's side ---------------------------------------------------------------------------


def sync_permissions(db: Session, wanted: set[tuple[str, str]], presets: Sequence[RolePreset]) -> None:
    """Make the base's tables know every permission, and offer each role its presets once. About ten statements.

    The caller holds ``core.plugins``: two of these at once would both miss the same rows. Nothing is ever deleted: the grants of a disabled plugin are there when it comes back.
    """
    names = _ids(db, Permission, {name for name, _ in wanted})
    resources = _ids(db, ViewMenu, {resource for _, resource in wanted})
    roles = _roles(db, {OWNER} | {preset.name for preset in presets})
    rows = db.execute(select(PermissionView.id, PermissionView.permission_id, PermissionView.view_menu_id)).all()
    pairs = {(p, v): i for i, p, v in rows}
    missing = [(names[n], resources[r]) for n, r in sorted(wanted) if (names[n], resources[r]) not in pairs]
    if missing:
        db.execute(insert(PermissionView.__table__), [{"permission_id": p, "view_menu_id": v} for p, v in missing])
        rows = db.execute(select(PermissionView.id, PermissionView.permission_id, PermissionView.view_menu_id)).all()
        pairs = {(p, v): i for i, p, v in rows}
    offered = set(db.execute(select(OfferedGrant.role, OfferedGrant.permission, OfferedGrant.resource)).tuples().all())
    fresh = {
        (preset.name, f"can_{verb}", resource)
        for preset in presets
        for resource, verbs in preset.grants.items()
        for verb in verbs
        if (f"can_{verb}", resource) in wanted
    } - offered
    if not fresh:
        return
    held = set(db.execute(select(assoc_permissionview_role.c.permission_view_id, assoc_permissionview_role.c.role_id)).tuples().all())
    grants = {(pairs[names[n], resources[r]], roles[role]) for role, n, r in fresh} - held
    if grants:
        db.execute(insert(assoc_permissionview_role), [{"permission_view_id": p, "role_id": r} for p, r in sorted(grants)])
    db.execute(insert(OfferedGrant.__table__), [{"role": a, "permission": b, "resource": c} for a, b, c in sorted(fresh)])


def _roles(db: Session, wanted: set[str]) -> dict[str, int]:
    from . import names

    before = set(db.scalars(select(Role.name)))
    found = _ids(db, Role, wanted)
    for name in sorted(wanted - before):
        names.take_as_it_is(db, names.ROLE, name, found[name])
    return found


def _ids(db: Session, model: Any, wanted: set[str]) -> dict[str, int]:
    found = dict(db.execute(select(model.name, model.id)).tuples().all())
    missing = sorted(wanted - set(found))
    if missing:
        db.execute(insert(model.__table__), [{"name": name} for name in missing])
        found = dict(db.execute(select(model.name, model.id)).tuples().all())
    return found


__all__ = ["OWNER", "expose", "has_access", "permission_name", "protect", "public", "route_permission", "signed_in", "sync_permissions", "undeclared_routes"]
