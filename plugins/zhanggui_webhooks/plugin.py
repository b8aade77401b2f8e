"""What webhooks add."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from zhanggui.api import (
    AuditWords,
    Command,
    DemoData,
    JobDef,
    MenuItem,
    Permission,
    PersonalData,
    RolePreset,
    Schedule,
    Screen,
    Widget,
    _l,
    hookimpl,
)

from . import audit_words, commands, demo, jobs, models, screens, views


@hookimpl
def register_models() -> Sequence[type[Any]]:
    return [models.Endpoint, models.Delivery, models.Try]


@hookimpl
def register_screens() -> Sequence[Screen]:
    return [screens.ENDPOINTS, screens.DELIVERIES]


@hookimpl
def register_views() -> Sequence[type[Any]]:
    return [views.EndpointSecretView, views.EventsView]


@hookimpl
def register_menu() -> Sequence[MenuItem]:
    return screens.MENU


@hookimpl
def register_widgets() -> Sequence[Widget]:
    return screens.WIDGETS


@hookimpl
def register_handlers() -> Mapping[str | type[Any], Sequence[JobDef]]:
    return {"*": [jobs.hear]}


@hookimpl
def register_jobs() -> Sequence[JobDef]:
    return [jobs.deliver, jobs.end_test, jobs.tidy, jobs.probe]


@hookimpl
def register_commands() -> Sequence[Command]:
    return commands.COMMANDS


@hookimpl
def register_schedules() -> Sequence[Schedule]:
    return [
        Schedule("deliver", jobs.deliver, seconds=15),
        Schedule("tidy", jobs.tidy, seconds=3600),
        Schedule("probe", jobs.probe, seconds=900),
    ]


@hookimpl
def register_audit_words() -> Sequence[AuditWords]:
    return audit_words.WORDS


@hookimpl
def register_permissions() -> Sequence[Permission]:
    return [
        Permission("can_list", "webhooks.Event", _l("Read which events are told, and how a message is checked"), _l("Events")),
        Permission("can_show", "webhooks.Secret", _l("See a new secret once"), _l("Secrets")),
    ]


@hookimpl
def register_role_presets() -> Sequence[RolePreset]:
    return [RolePreset("viewer", _l("Viewer"), {"webhooks.Endpoint": ("list", "show"), "webhooks.Delivery": ("list", "show"), "webhooks.Event": ("list",)})]


@hookimpl
def register_personal_data() -> Sequence[PersonalData]:
    because = "addresses, headers, secrets and answers of programs are sealed because they hold keys; what is sent holds nothing of a person"
    return [PersonalData("endpoints", [models.Endpoint, models.Try], because=because)]


@hookimpl
def register_demo() -> Sequence[DemoData]:
    return [demo.DEMO]
