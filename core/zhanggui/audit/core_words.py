"""What the core's own acts are called in the trail, and the values that they hold."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from babel import Locale

from ..host import current_host
from ..host.declare import AuditWords
from ..i18n.formats import fmt
from ..i18n.texts import gettext as _
from ..i18n.texts import lazy_gettext as _l
from ..i18n.texts import reader
from ..i18n.zones import zone_label
from ..web.describe import Choice, Column


def _role_names(row: Any) -> str:
    from ..auth.screens import role_label

    return _(", ").join(str(role_label(name)) for name in row.roles or ())


def _right_names(side: str) -> Callable[[Any], str]:
    def named(row: Any) -> str:
        from ..auth.rights import right_name

        return _("; ").join(right_name(*pair.split(" ", 1)) for pair in getattr(row, side) or ())

    return named


def _kind_of_import(row: Any) -> str:
    kinds = {importer.kind: importer.label for importer in current_host().every("importers")}
    return str(kinds.get(row.kind, _("something of a plugin that is switched off")))


def _approval(row: Any) -> str:
    what = current_host().approvals.get(row.action)
    return str(what.label) if what is not None else _("An action of a plugin that is switched off")


def _language(row: Any) -> str:
    return str(Locale.parse(row.locale).get_display_name(reader().locale)) if row.locale else _("as the browser says")


def _zone(row: Any) -> str:
    return zone_label(row.time_zone) if row.time_zone else _("as the shop")


def _hidden(*names: str) -> list[Column]:
    return [Column(name, "") for name in names]


def _rows_by_outcome(row: Any) -> str:
    words = {
        "new": _("new"), "changed": _("changed"), "same": _("the same"), "refused": _("with errors"), "undone": _("taken back"), "stayed": _("left as they are"),
    }  # fmt: skip
    return _(", ").join(f"{fmt.number(count)} {words[what]}" for what, count in (row.counts or {}).items() if what in words and count)


_FILE = [Column("kind", _l("Kind"), value=_kind_of_import), Column("counts", _l("Rows"), value=_rows_by_outcome), Column("rows", _l("Rows"), "int")]
_LOOKS = (Choice("auto", _l("As the device")), Choice("light", _l("Light")), Choice("dark", _l("Dark")))
_ASKED = [Column("action", _l("Action"), value=_approval), *_hidden("request", "input")]
_ROLES = (Column("roles", _l("Roles"), value=_role_names),)
_COUNTS = tuple(
    Column(name, label, "int")
    for name, label in (
        ("rows", _l("Rows")), ("created", _l("New")), ("new", _l("New")), ("updated", _l("Changed")), ("known", _l("There already")),
        ("skipped", _l("Left as they are")), ("rejected", _l("Rejected")), ("look_ups", _l("Searches in five minutes")),
    )
)  # fmt: skip
PARTS = (
    Column("amount", _l("Amount"), "money", currency="currency"), Column("enabled", _l("On"), "bool"), Column("searched", _l("With a search"), "bool"),
    Column("filters", _l("Number of filters"), "int", value=lambda row: len(row.filters or ())), *_COUNTS,
)  # fmt: skip
_ENABLED = (Choice(True, _l("on")), Choice(False, _l("off")))

_RESTORED = (Column("made_at", _l("As of"), "datetime"), Column("rows", _l("Rows"), "int"))
_DAY = [Column("day", _l("Day")), Column("kind", _l("What it is"), "choice", choices=(
    Choice("off", _l("Day off")), Choice("work", _l("Day at work")), Choice("named", _l("With a name only"))))]  # fmt: skip
AUDIT_WORDS = [
    AuditWords("core.calendar_day.created", _l("Day of the calendar entered"), _DAY),
    AuditWords("core.calendar_day.changed", _l("Day of the calendar changed"), _DAY),
    AuditWords("core.calendar_day.removed", _l("Day of the calendar deleted"), _DAY),
    AuditWords("core.approval.requested", _l("Asked for a second person"), _ASKED),
    AuditWords("core.approval.approved", _l("Approved by a second person"), _ASKED),
    AuditWords("core.approval.refused", _l("Refused by a second person"), _ASKED),
    AuditWords("core.approval.withdrawn", _l("Request taken back"), _ASKED),
    AuditWords("core.approval.outdated", _l("Request fell out of date"), _ASKED),
    AuditWords("core.import.begun", _l("Import begun"), _FILE),
    AuditWords("core.import.errors_taken", _l("Rows with errors taken away as a file"), _FILE),
    AuditWords("core.import.undo_begun", _l("Import being taken back"), _FILE),
    AuditWords("core.import.undone", _l("Import taken back"), _FILE),
    AuditWords("core.import.finished", _l("File imported"), [Column("kind", _l("Kind"), value=_kind_of_import), *_hidden("outcomes", "reasons", "rounded_rows", "rounding")]),
    AuditWords("core.job.discarded", _l("Job discarded")),
    AuditWords("core.job.requeued", _l("Job tried again"), [Column("count", _l("Number"), "int"), *_hidden("ids")]),
    AuditWords("core.list_view.saved", _l("View of a list saved"), [Column("shared", _l("For everybody"), "bool")]),
    AuditWords("core.list_view.deleted", _l("View of a list deleted")),
    AuditWords("core.login.succeeded", _l("Signed in")),
    AuditWords("core.login.confirmed", _l("Confirmed that it is he")),
    AuditWords("core.factor.added", _l("Second factor set up")), AuditWords("core.factor.removed", _l("Second factor taken away")),
    AuditWords("core.factor.reset", _l("Second factor of another reset")), AuditWords("core.factor.refused", _l("Code of the second factor refused")),
    AuditWords("core.factor.codes_made", _l("Recovery codes made anew")),
    AuditWords("core.factor.code_used", _l("Recovery code used"), [Column("left", _l("Codes left"), "int")]),
    AuditWords("core.login.failed", _l("Sign-in refused")),
    AuditWords("core.login.throttled", _l("Sign-in refused: too many tries")),
    AuditWords("core.person.erased", _l("Personal data erased")),
    AuditWords("core.backup.restored", _l("Backup brought back"), _RESTORED),
    AuditWords("core.backup.table_restored", _l("Table brought back from a backup"), _RESTORED),
    AuditWords("core.person.exported", _l("Personal data written out")),
    AuditWords("core.person.looked_up", _l("Searched for a person")),
    AuditWords("core.plugin.enabled", _l("Plugin enabled"), [Column("enabled", _l("State"), "choice", choices=_ENABLED)]),
    AuditWords("core.plugin.disabled", _l("Plugin disabled"), [Column("enabled", _l("State"), "choice", choices=_ENABLED)]),
    AuditWords("core.plugin.tried_again", _l("Paused part of a plugin tried again"), _hidden("kind", "name")),
    AuditWords("core.role.created", _l("Role created")),
    AuditWords("core.role.deleted", _l("Role deleted")),
    AuditWords("core.role.grants_changed", _l("Rights of a role changed"), [
        Column("taken", _l("Taken away"), value=_right_names("taken")), Column("given", _l("Given"), value=_right_names("given"))]),
    AuditWords("core.rows.exported", _l("File written by a command")),
    AuditWords("core.session.ended", _l("Signed out")),
    AuditWords("core.session.replaced", _l("Signed in anew in the same browser")),
    AuditWords("core.session.revoked", _l("Device signed out from afar")),
    AuditWords("core.setting.changed", _l("Setting changed"), [Column("*", _l("Value"))]),
    AuditWords("core.task.canceled", _l("Task canceled")),
    AuditWords("core.task.ended", _l("Task ended")),
    AuditWords("core.task.resumed", _l("Task goes on")),
    AuditWords("core.task.started", _l("Task begun")),
    AuditWords("core.token.created", _l("Token made")),
    AuditWords("core.token.revoked", _l("Token revoked")),
    AuditWords("core.program_token.created", _l("Token of a partner made")),
    AuditWords("core.program_token.revoked", _l("Token of a partner revoked")),
    AuditWords("core.user.created", _l("Account opened"), _ROLES),
    AuditWords("core.user.enabled", _l("Account enabled")),
    AuditWords("core.user.disabled", _l("Account disabled")),
    AuditWords("core.user.password_changed", _l("Password changed")),
    AuditWords("core.user.password_set", _l("New password set")),
    AuditWords("core.user.preferences_changed", _l("Own preferences changed"), [
        Column("locale", _l("Language"), value=_language), Column("time_zone", _l("Time zone"), value=_zone),
        Column("appearance", _l("Appearance"), "choice", choices=_LOOKS)]),
    AuditWords("core.user.roles_changed", _l("Roles changed"), _ROLES),
]  # fmt: skip
