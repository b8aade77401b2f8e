"""What it adds."""

from __future__ import annotations

from zhanggui.api import Permission, RolePreset, hookimpl

from . import papers, work


@hookimpl
def register_screens():
    return [papers.SCREEN]


@hookimpl
def register_permissions():
    return [Permission("can_see_salary", "dossier.Paper", "See salaries")]


@hookimpl
def register_role_presets():
    verbs = ("list", "show", "add", "edit", "delete", "export")
    return [RolePreset(role, role.title(), {"dossier.Paper": verbs}) for role in ("clerk", "viewer")]


@hookimpl
def register_jobs():
    return [work.count_up]
