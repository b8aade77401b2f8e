"""The core's own entries of the menu, and the rights of its pages."""

from __future__ import annotations

from ..approvals.screens import waiting
from ..host.declare import Permission
from ..i18n.texts import lazy_gettext as _l
from .describe import MenuItem

PERMISSIONS = [
    Permission("can_manage", "core.Plugin", _l("Enable and disable plugins"), _l("Plugins")),
    Permission("can_manage", "core.Setting", _l("Change settings"), _l("Settings")),
    Permission("can_list", "core.Repair", _l("See what needs repair"), _l("Repairs")),
    Permission("can_retry", "core.Repair", _l("Try again what was paused")),
    Permission("can_add", "core.PrivateFile", _l("Bring private files through the API"), _l("Private files")),
    Permission("can_use", "core.Token", _l("Have tokens for programs"), _l("Tokens for programs")),
    Permission("can_share", "core.ListView", _l("Share views of lists with everybody"), _l("Views of lists")),
    Permission("can_import", "core.Import", _l("Import rows from a file"), _l("Import")),
]

MENU = [
    MenuItem("home", _l("Today"), "home", href="/", tab=10, order=0),
    MenuItem("approvals", _l("Approvals"), "checks", screen="core.Approval", group="shop", badge=waiting, order=95),
    MenuItem("users", _l("Staff"), "users", screen="core.User", group="people", order=10),
    MenuItem("roles", _l("Roles"), "shield", screen="core.Role", group="people", order=20),
    MenuItem("imports", _l("Import and export"), "file-import", href="/imports/", permission=("can_import", "core.Import"), group="system", order=5),
    MenuItem("tokens", _l("Tokens for programs"), "plug", href="/me/tokens/", permission=("can_use", "core.Token"), group="people", order=30),
    MenuItem("plugins", _l("Plugins"), "puzzle", href="/system/plugins/", permission=("can_manage", "core.Plugin"), group="system", order=10),
    MenuItem("settings", _l("Settings"), "settings", href="/system/settings/", permission=("can_manage", "core.Setting"), group="system", order=20),
    MenuItem("repairs", _l("Repairs"), "tool", href="/system/repairs/", permission=("can_list", "core.Repair"), group="system", order=30),
    MenuItem("jobs", _l("Jobs"), "refresh", screen="core.Job", group="system", order=40),
    MenuItem("events", _l("Events"), "bolt", screen="core.Event", group="system", order=50),
    MenuItem("audit", _l("Audit trail"), "history", screen="core.Audit", group="system", order=60),
]  # fmt: skip
