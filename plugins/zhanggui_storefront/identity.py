"""The demo's login: ``demo:<name>`` is anybody who says so. Never on a shop that is in earnest."""

from __future__ import annotations

from zhanggui.api import get_setting

from .contracts import Identity

PREFIX = "demo:"
LONGEST = 40


def demo_login_allowed() -> bool:
    """Whether anybody may sign in under any name: a demo or a test shop, and no https address."""
    wanted = get_setting("instance.demo") or get_setting("plugin.storefront.allow_demo_login")
    return bool(wanted) and not get_setting("web.public_url").lower().startswith("https:")


def demo_identity(code: str) -> Identity | None:
    """The person that a code ``demo:<name>`` names, where that is allowed."""
    if not code.startswith(PREFIX) or not demo_login_allowed():
        return None
    name = code.removeprefix(PREFIX).strip()
    if not 0 < len(name) <= LONGEST or not name.isprintable():
        return None
    return Identity("demo", name, name)
