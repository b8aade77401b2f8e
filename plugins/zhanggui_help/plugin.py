"""What help adds."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from zhanggui.api import (
    AuditWords,
    DemoData,
    HelpTarget,
    JobDef,
    MenuItem,
    Operation,
    Permission,
    RolePreset,
    Schedule,
    Screen,
    SearchProvider,
    _l,
    hookimpl,
)

from . import audit_words, demo, jobs, models, permissions, rest, screens, views
from .services import searching


@hookimpl
def register_models() -> Sequence[type[Any]]:
    return [models.Entry, models.Term, models.Word, models.Query, models.Vote, models.Article, models.Version, models.TourRun]


@hookimpl
def register_screens() -> Sequence[Screen]:
    return [screens.OWN]


@hookimpl
def register_views() -> Sequence[type[Any]]:
    return [views.HelpView, views.AskedView]


@hookimpl
def register_menu() -> Sequence[MenuItem]:
    return [
        MenuItem("help", _l("Help"), "help", href="/help/", group="system", order=5),
        MenuItem("articles", _l("Articles of the shop"), "file-text", screen=permissions.ARTICLE, group="shop", order=92),
    ]


@hookimpl
def register_search() -> Sequence[SearchProvider]:
    return [SearchProvider("help", _l("Help"), None, searching.hits, order=900)]


@hookimpl
def register_help_targets() -> Sequence[HelpTarget]:
    return [HelpTarget("screen:*", "/help/panel?screen={key}", _l("Help"), order=900)]


@hookimpl
def register_permissions() -> Sequence[Permission]:
    return permissions.PERMISSIONS


@hookimpl
def register_role_presets() -> Sequence[RolePreset]:
    return permissions.ROLE_PRESETS


@hookimpl
def register_jobs() -> Sequence[JobDef]:
    return [jobs.index, jobs.tidy]


@hookimpl
def register_schedules() -> Sequence[Schedule]:
    return [Schedule("index", jobs.index, seconds=60), Schedule("tidy", jobs.tidy, cron="15 4 * * *")]


@hookimpl
def register_audit_words() -> Sequence[AuditWords]:
    return audit_words.WORDS


@hookimpl
def register_demo() -> Sequence[DemoData]:
    return [demo.DEMO]


@hookimpl
def storefront_operations() -> Sequence[Operation]:
    return rest.OPERATIONS
