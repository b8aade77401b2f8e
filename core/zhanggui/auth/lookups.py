"""Looking up people by what is sealed: for who may reveal it, so many in five minutes, each on record."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from sqlalchemy import select

from .. import audit
from ..config import settings
from ..db.crypto import blind_index
from ..db.types import Looked
from ..db.uow import reading, recording
from ..i18n.texts import lazy_gettext as _l
from ..kernel import clock
from ..kernel.actors import Actor, current_actor
from . import throttle
from .models import Throttle

LIMIT = "auth.look_ups"
_COUNTED = ("user", "token")  # jobs and commands have no limit: nobody types into them


class TooManyLookUps(throttle.TooManyTries):
    """Somebody looks up more people than the work needs."""

    code = "too_many_look_ups"
    message = _l("Too many people were looked up. Please wait a few minutes.")


def look_up(
    text: str, indexes: Mapping[str, Callable[[str], str | None]], *, right: tuple[str, str], actor: Actor | None = None
) -> dict[str, Looked]:
    """The values to compare blind indexes with: ``{column: value}``, for those that ``text`` can stand for.

    Nothing for who does not hold ``right``, so that what is there and what is not look the same to them.

    :raises TooManyLookUps: beyond ``auth.look_ups`` different texts in five minutes.
    """
    actor = actor or current_actor()
    if not actor.may(*right):
        return {}
    values = {name: Looked(value) for name, make in indexes.items() if (value := make(text)) is not None}
    if values and actor.kind in _COUNTED:
        _count(actor, text, right[1])
    return values


def _count(actor: Actor, text: str, resource: str) -> None:
    who = f"{actor.kind}:{actor.id}:{actor.name}"
    same = throttle.bucket("looked", f"{who}:{blind_index(f'look-up:{text}')}")
    if _was_asked(same):  # the next page, or the same question at another door
        return
    if _record(actor, resource, [same], throttle.bucket("look-up", who)) > int(settings.get(LIMIT)):
        raise TooManyLookUps()


def _was_asked(same: str) -> bool:
    with reading() as db:
        since = clock.now() - throttle.WINDOW
        return db.scalar(select(Throttle.count).where(Throttle.bucket == same, Throttle.window_start > since)) is not None


def _record(actor: Actor, resource: str, same: list[str], total: str) -> int:
    """Count one look-up and write who made it, not for whom; one that is refused is asked and counted again."""
    with recording() as db:
        count = throttle.count(db, [total])[total]
        if count <= int(settings.get(LIMIT)):
            throttle.count(db, same)
            after: dict[str, Any] = {"look_ups": count}
            audit.record(db, "core.person.looked_up", target=(resource, "*"), actor=actor, now=clock.now(), after=after)
        return count
