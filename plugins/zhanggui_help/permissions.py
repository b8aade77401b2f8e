"""What needs a right here. Reading needs only a sign-in, minus what an article itself asks for."""

from __future__ import annotations

from zhanggui.api import Permission, RolePreset, _l

ARTICLE, READING, SEARCH = "help.Article", "help.Reading", "help.Search"
PERMISSIONS = [Permission("can_see", SEARCH, _l("See what was searched for in vain"), _l("Questions without an answer"))]
_SEEN = {ARTICLE: ("list", "show")}
ROLE_PRESETS = [
    RolePreset("clerk", _l("Clerk"), {ARTICLE: ("list", "show", "add", "edit", "publish", "take_back"), SEARCH: ("see",)}),
    RolePreset("warehouse", _l("Warehouse"), _SEEN),
    RolePreset("viewer", _l("Viewer"), _SEEN),
]
