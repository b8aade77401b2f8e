"""Which permissions exist while a set of plugins is enabled, and which roles are offered what."""

from __future__ import annotations

from typing import Any

from ..web.describe import Screen
from .declare import RolePreset
from .host import Host

Pair = tuple[str, str]  # ("can_ship", "orders.Order")


def screen_permissions(screen: Screen) -> set[Pair]:
    """The verbs of a screen: reading, writing where it can be written, its actions, its field rules."""
    names = {"can_list", "can_show", "can_export"}
    names |= {
        name
        for name, there in (("can_add", screen.create), ("can_edit", screen.update), ("can_delete", screen.delete))
        if there
    }
    names |= {f"can_{action.name}" for action in screen.actions}
    fields = () if callable(screen.fields) else screen.fields
    lines = (line for field in fields for line in field.rows)
    guarded: Any
    for guarded in (*screen.columns, *fields, *lines, *screen.filters, *screen.measures):
        if isinstance(guarded.permission, str):
            names.add(guarded.permission)
    return {(name, screen.resource) for name in names}


def declared_permissions(host: Host) -> set[Pair]:
    """Every permission that a screen, view, endpoint or plugin declares."""
    declared: set[Pair] = set()
    for screen in host.screens.values():
        declared |= screen_permissions(screen)
    for permission in host.every("permissions"):
        declared.add((permission.name, permission.resource))
    for page in host.every("pages"):
        declared |= {(f"can_{name}", page.resource) for name in ("show", *(block.id for block in page.blocks if block.kind == "form"))}
    declared |= {what.right for what in host.approvals.values()}
    for view in (*host.every("views"), *host.every("apis")):
        resource = view.class_permission_name or view.__name__
        for attribute in dir(view):
            name = getattr(getattr(view, attribute, None), "_permission_name", None)
            if name:
                declared.add((f"can_{name}", resource))
    return declared


def wanted_permissions(host: Host) -> tuple[set[Pair], list[RolePreset]]:
    """Every permission that is declared or asked for, and all role presets."""
    asked = [entry.permission for room in ("widgets", "search", "menu") for entry in host.every(room) if entry.permission]
    return declared_permissions(host) | set(asked), list(host.every("role_presets"))
