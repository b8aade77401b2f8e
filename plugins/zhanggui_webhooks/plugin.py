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

from . import audit_words, commands, demo, jobs, models, partner_screen, rest, screens, views


@hookimpl
def register_models() -> Sequence[type[Any]]:
    return [models.Partner, models.Endpoint, models.Delivery, models.Try]


@hookimpl
def register_screens() -> Sequence[Screen]:
    return [screens.ENDPOINTS, screens.DELIVERIES, partner_screen.PARTNERS]


@hookimpl
def register_views() -> Sequence[type[Any]]:
    return [views.EndpointSecretView, views.EventsView, views.PartnerTokensView]


@hookimpl
def register_apis() -> Sequence[type[Any]]:
    return [rest.EndpointSecretApi]


@hookimpl
def register_menu() -> Sequence[MenuItem]:
    return [*screens.MENU, *partner_screen.MENU]


@hookimpl
def register_widgets() -> Sequence[Widget]:
    return screens.WIDGETS


@hookimpl
def register_handlers() -> Mapping[str | type[Any], Sequence[JobDef]]:
    return {"*": [jobs.hear]}


@hookimpl
def register_jobs() -> Sequence[JobDef]:
    return [jobs.deliver, jobs.end_test, jobs.tidy, jobs.probe, jobs.tell_of_ends]


@hookimpl
def register_commands() -> Sequence[Command]:
    return commands.COMMANDS


@hookimpl
def register_schedules() -> Sequence[Schedule]:
    return [
        Schedule("deliver", jobs.deliver, seconds=15),
        Schedule("tidy", jobs.tidy, seconds=3600),
        Schedule("probe", jobs.probe, seconds=900),
        Schedule("tell_of_ends", jobs.tell_of_ends, seconds=3600),
    ]


@hookimpl
def register_audit_words() -> Sequence[AuditWords]:
    return audit_words.WORDS


@hookimpl
def register_permissions() -> Sequence[Permission]:
    return [
        Permission("can_list", "webhooks.Event", _l("Read which events are told, and how a message is checked"), _l("Events")),
        Permission("can_show", "webhooks.Secret", _l("See a new secret once"), _l("Secrets")),
        Permission("can_add", "webhooks.PartnerToken", _l("Give a partner a token"), _l("Tokens of partners")),
        Permission("can_revoke", "webhooks.PartnerToken", _l("Revoke a token of a partner"), _l("Tokens of partners")),
    ]


@hookimpl
def register_role_presets() -> Sequence[RolePreset]:
    return [RolePreset("viewer", _l("Viewer"), {"webhooks.Endpoint": ("list", "show"), "webhooks.Delivery": ("list", "show"), "webhooks.Event": ("list",), "webhooks.Partner": ("list", "show")})]


@hookimpl
def register_personal_data() -> Sequence[PersonalData]:
    because = "addresses, headers, secrets and answers of programs are sealed because they hold keys; what is sent holds nothing of a person"
    business = "a partner is a company that the shop works with, and whom to ask there is part of that contract; it goes with the partner"
    return [PersonalData("endpoints", [models.Endpoint, models.Try], because=because), PersonalData("partners", [models.Partner], because=business)]


@hookimpl
def register_demo() -> Sequence[DemoData]:
    return [demo.DEMO]
