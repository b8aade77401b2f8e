"""What help adds."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from zhanggui.api import HelpTarget, MenuItem, Permission, RolePreset, _l, hookimpl

from . import permissions, views


@hookimpl
def register_views() -> Sequence[type[Any]]:
    return [views.HelpView]


@hookimpl
def register_menu() -> Sequence[MenuItem]:
    return [MenuItem("help", _l("Help"), "help", href="/help/", group="system", order=5)]


@hookimpl
def register_help_targets() -> Sequence[HelpTarget]:
    return [HelpTarget("screen:*", "/help/panel?screen={key}", _l("Help"), order=900)]


@hookimpl
def register_permissions() -> Sequence[Permission]:
    return permissions.PERMISSIONS


@hookimpl
def register_role_presets() -> Sequence[RolePreset]:
    return permissions.ROLE_PRESETS
