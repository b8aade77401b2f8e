"""What backups add."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from zhanggui.api import (
    AuditWords,
    JobDef,
    MenuItem,
    MessageKind,
    Permission,
    RolePreset,
    Schedule,
    Screen,
    SettingTest,
    Widget,
    _l,
    hookimpl,
)

from . import audit_words, jobs, messages, models, screens, targets, views


@hookimpl
def register_models() -> Sequence[type[Any]]:
    return [models.Run]


@hookimpl
def register_screens() -> Sequence[Screen]:
    return [screens.RUNS]


@hookimpl
def register_views() -> Sequence[type[Any]]:
    return [views.BackupView]


@hookimpl
def register_menu() -> Sequence[MenuItem]:
    return screens.MENU


@hookimpl
def register_widgets() -> Sequence[Widget]:
    return screens.WIDGETS


@hookimpl
def register_jobs() -> Sequence[JobDef]:
    return [jobs.back_up, jobs.rehearse, jobs.send, jobs.look]


@hookimpl
def register_schedules() -> Sequence[Schedule]:
    return [Schedule("look", jobs.look, seconds=60)]


@hookimpl
def register_setting_tests() -> Mapping[str, SettingTest]:
    return targets.TESTS


@hookimpl
def register_message_kinds() -> Sequence[MessageKind]:
    return messages.KINDS


@hookimpl
def register_audit_words() -> Sequence[AuditWords]:
    return audit_words.WORDS


@hookimpl
def register_permissions() -> Sequence[Permission]:
    return [
        Permission("can_list", "backup.Backup", _l("See the copies of the shop"), _l("Backups")),
        Permission("can_show", "backup.Backup", _l("See one copy")),
        Permission("can_create", "backup.Backup", _l("Back up now")),
        Permission("can_drill", "backup.Backup", _l("Rehearse a copy")),
        Permission("can_download", "backup.Backup", _l("Download a copy")),
        Permission("can_restore", "backup.Backup", _l("Bring a copy back")),
    ]


@hookimpl
def register_role_presets() -> Sequence[RolePreset]:
    return [RolePreset("viewer", _l("Viewer"), {"backup.Backup": ("list", "show"), "backup.Run": ("list", "show")})]
