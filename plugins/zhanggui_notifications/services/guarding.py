"""Rules of other plugins, asked before a message leaves. One that fails holds nothing back."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from sqlalchemy.orm import Session

from zhanggui.api import Envelope, hooks

from ..contracts import Hold
from ..models import Message

HOOK = "notifications_guards"


def stand() -> bool:
    """Whether anybody has to be asked."""
    return any(guards for _plugin, guards in hooks.call(HOOK))


def refusal(db: Session, message: Message, envelope: Envelope) -> Hold | None:
    """The first that holds it back; what keeps somebody safe is held back by nobody."""
    if message.category == "security":
        return None
    for plugin, guards in hooks.call(HOOK):
        for guard in guards or ():
            said: Any = hooks.contained(plugin, HOOK, _apart, db, guard, envelope)
            if isinstance(said, Hold):
                return replace(said, detail=str(said.detail)[:80])
    return None


def _apart(db: Session, guard: Any, envelope: Envelope) -> Any:
    with db.begin_nested():
        return guard(db, envelope)
