"""What the core's own acts are called in the trail, and the values that they hold."""

from __future__ import annotations

from ..host.declare import AuditWords
from ..i18n.texts import lazy_gettext as _l
from ..web.describe import Choice, Column

_ROLES = (Column("roles", _l("Roles"), "role"),)
_COUNTS = tuple(
    Column(name, label, "int")
    for name, label in (
        ("rows", _l("Rows")), ("created", _l("New")), ("new", _l("New")), ("updated", _l("Changed")), ("known", _l("There already")),
        ("skipped", _l("Left as they are")), ("rejected", _l("Rejected")), ("look_ups", _l("Searches in five minutes")),
    )
)  # fmt: skip
PARTS = (
    Column("amount", _l("Amount"), "money", currency="currency"), Column("enabled", _l("On"), "bool"), Column("state", _l("State")), *_COUNTS,
)  # fmt: skip
_ENABLED = (Choice(True, _l("on")), Choice(False, _l("off")))

AUDIT_WORDS = [
    AuditWords("core.approval.requested", _l("Asked for a second person")),
    AuditWords("core.approval.approved", _l("Approved by a second person")),
    AuditWords("core.approval.refused", _l("Refused by a second person")),
    AuditWords("core.approval.withdrawn", _l("Request taken back")),
    AuditWords("core.approval.outdated", _l("Request fell out of date")),
    AuditWords("core.import.finished", _l("File imported")),
    AuditWords("core.job.discarded", _l("Job discarded")),
    AuditWords("core.job.requeued", _l("Job tried again")),
    AuditWords("core.login.succeeded", _l("Signed in")),
    AuditWords("core.login.failed", _l("Sign-in refused")),
    AuditWords("core.login.throttled", _l("Sign-in refused: too many tries")),
    AuditWords("core.person.erased", _l("Personal data erased")),
    AuditWords("core.person.exported", _l("Personal data written out")),
    AuditWords("core.person.looked_up", _l("Searched for a person")),
    AuditWords("core.plugin.enabled", _l("Plugin enabled"), [Column("enabled", _l("State"), "choice", choices=_ENABLED)]),
    AuditWords("core.plugin.disabled", _l("Plugin disabled"), [Column("enabled", _l("State"), "choice", choices=_ENABLED)]),
    AuditWords("core.plugin.tried_again", _l("Paused part of a plugin tried again")),
    AuditWords("core.role.created", _l("Role created")),
    AuditWords("core.role.deleted", _l("Role deleted")),
    AuditWords("core.role.grants_changed", _l("Rights of a role changed")),
    AuditWords("core.rows.exported", _l("File written by a command")),
    AuditWords("core.session.ended", _l("Signed out")),
    AuditWords("core.session.replaced", _l("Signed in anew in the same browser")),
    AuditWords("core.session.revoked", _l("Device signed out from afar")),
    AuditWords("core.setting.changed", _l("Setting changed"), [Column("value", _l("Value"))]),
    AuditWords("core.task.canceled", _l("Task canceled")),
    AuditWords("core.task.ended", _l("Task ended")),
    AuditWords("core.task.resumed", _l("Task goes on")),
    AuditWords("core.task.started", _l("Task begun")),
    AuditWords("core.token.created", _l("Token made")),
    AuditWords("core.token.revoked", _l("Token revoked")),
    AuditWords("core.user.created", _l("Account opened"), _ROLES),
    AuditWords("core.user.enabled", _l("Account enabled")),
    AuditWords("core.user.disabled", _l("Account disabled")),
    AuditWords("core.user.password_changed", _l("Password changed")),
    AuditWords("core.user.password_set", _l("New password set")),
    AuditWords("core.user.preferences_changed", _l("Own preferences changed")),
    AuditWords("core.user.roles_changed", _l("Roles changed"), _ROLES),
]  # fmt: skip
