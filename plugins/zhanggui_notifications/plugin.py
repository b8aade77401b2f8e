"""What messages add."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from types import ModuleType
from typing import Any

from zhanggui.api import (
    Approvable,
    AuditWords,
    DemoData,
    JobDef,
    Kind,
    MenuItem,
    MessageKind,
    Operation,
    Permission,
    PersonalData,
    PublicEvent,
    RolePreset,
    Schedule,
    Screen,
    Slot,
    Widget,
    _l,
    hookimpl,
)

from . import (
    audit_words,
    campaign_screen,
    demo,
    events,
    hookspecs,
    jobs,
    kinds,
    messages,
    models,
    people,
    public_events,
    rest,
    screens,
    views,
    words_views,
)
from .services import campaigns


@hookimpl
def register_models() -> Sequence[type[Any]]:
    return [
        models.Message, models.Attempt, models.KindSetting, models.Template, models.Address, models.Preference, models.Consent, models.Rate, models.Breaker,
        models.Campaign, models.CampaignRecipient,
    ]  # fmt: skip


@hookimpl
def register_events() -> Sequence[type[Any]]:
    return [events.MessageSent, events.MessageFailed, events.AddressBounced, events.CampaignStarted, events.CampaignFinished]


@hookimpl
def register_public_events() -> Sequence[PublicEvent]:
    return public_events.PUBLIC


@hookimpl
def register_message_kinds() -> Sequence[MessageKind]:
    return messages.KINDS


@hookimpl
def register_approvals() -> Sequence[Approvable]:
    return [
        Approvable(
            "start_campaign", _l("Campaign to many people"), "notifications.Campaign", ("can_approve", "notifications.Campaign"), campaigns.begin,
            words=lambda values: _l("%(count)s people", count=values["people"]),
        )
    ]  # fmt: skip


@hookimpl
def register_hookspecs() -> Sequence[ModuleType]:
    return [hookspecs]


@hookimpl
def register_screens() -> Sequence[Screen]:
    return [screens.MESSAGES, campaign_screen.CAMPAIGNS]


@hookimpl
def register_kinds() -> Sequence[Kind]:
    return kinds.KINDS


@hookimpl
def register_views() -> Sequence[type[Any]]:
    return [views.KindsView, views.MessageTextView, views.MineView, words_views.WordsView, words_views.LeaveView]


@hookimpl
def register_slots() -> Sequence[Slot]:
    return screens.SLOTS


@hookimpl
def register_menu() -> Sequence[MenuItem]:
    return screens.MENU


@hookimpl
def register_widgets() -> Sequence[Widget]:
    return screens.WIDGETS


@hookimpl
def register_handlers() -> Mapping[str | type[Any], Sequence[JobDef]]:
    return {"*": [jobs.route], "core.message.reported@1": [jobs.take_report]}


@hookimpl
def register_jobs() -> Sequence[JobDef]:
    return [jobs.take_report, jobs.deliver, jobs.tidy, jobs.pump, jobs.freeze]


@hookimpl
def register_schedules() -> Sequence[Schedule]:
    return [
        Schedule("deliver", jobs.deliver, seconds=15), Schedule("pump", jobs.pump, seconds=10), Schedule("tidy", jobs.tidy, cron="40 3 * * *"),
    ]  # fmt: skip


@hookimpl
def register_permissions() -> Sequence[Permission]:
    return [
        Permission("can_reveal", "notifications.Message", _l("Read what a message said")),
        Permission("can_list", "notifications.Kind", _l("See which messages are sent, and how"), _l("Kinds of messages")),
        Permission("can_edit", "notifications.Kind", _l("Switch messages on and off, choose their channels and words")),
        Permission("can_approve", "notifications.Campaign", _l("Agree to a campaign to many people")),
        Permission("can_try_out", "notifications.Kind", _l("Send a message to oneself to see how it looks")),
        Permission("can_choose", "notifications.Mine", _l("Choose what I am told myself, and where"), _l("My messages")),
    ]


@hookimpl
def register_role_presets() -> Sequence[RolePreset]:
    seen = ("list", "show")
    log = {"notifications.Message": seen, "notifications.Campaign": seen, "notifications.Kind": ("list",), "notifications.Mine": ("choose",)}
    clerk = {"notifications.Message": (*seen, "reveal", "send_again", "cancel"), "notifications.Kind": ("list", "try_out")}
    return [
        RolePreset("clerk", _l("Clerk"), {**log, **clerk}),
        RolePreset("warehouse", _l("Warehouse"), {"notifications.Mine": ("choose",)}),
        RolePreset("viewer", _l("Viewer"), log),
    ]


@hookimpl
def register_personal_data() -> Sequence[PersonalData]:
    return [people.ANSWER]


@hookimpl
def register_audit_words() -> Sequence[AuditWords]:
    return audit_words.WORDS


@hookimpl
def register_demo() -> Sequence[DemoData]:
    return [demo.DEMO]


@hookimpl
def storefront_operations() -> Sequence[Operation]:
    return rest.OPERATIONS
