"""What needs a right here. Reading needs only a sign-in, minus what an article itself asks for."""

from __future__ import annotations

from zhanggui.api import Permission, RolePreset, _l

ARTICLE, SEARCH = "help.Article", "help.Search"
PERMISSIONS = [Permission("can_see", SEARCH, _l("See what was searched for in vain"), _l("Questions without an answer"))]
ROLE_PRESETS = [
    RolePreset("clerk", _l("Clerk"), {SEARCH: ("see",)}),
]
