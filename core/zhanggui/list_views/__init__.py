"""Saved views of lists: a question under a name, one's own or everybody's, and how each user wants a list to look."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import delete, or_, select
from sqlalchemy.orm import Session

from .. import audit
from ..db.upsert import insert_for
from ..host import generation
from ..i18n.texts import lazy_gettext as _l
from ..kernel.actors import Actor
from ..kernel.errors import Forbidden, Invalid, NotFound
from ..runtime import current_runtime
from .models import ListView

RESOURCE = "core.ListView"
MOST = 30  # views of one user over one list
LONGEST_NAME = 60
_REMEMBERED = 2000  # lists of users, in each process
_LOOK = ""  # the name of the row that holds how a user wants the list


@dataclass(frozen=True)
class Saved:
    """A view: the arguments of its list as they stand in an address, and the columns that it shows (none: the usual ones)."""

    id: int
    name: str
    shared: bool
    mine: bool
    arguments: Mapping[str, str]
    columns: Sequence[str]


def of_list(db: Session, screen: str, actor: Actor) -> tuple[Saved | None, list[Saved]]:
    """How this user wants a list, and the views over it that are his or everybody's; one statement."""
    if actor.kind != "user" or actor.id is None:
        return None, []
    mine = ListView.user_id == actor.id
    shown = (ListView.screen == screen) & or_(mine, ListView.shared.is_(True))
    rows = db.execute(select(ListView.__table__).where(shown).order_by(ListView.shared, ListView.name, ListView.id)).all()
    found = [Saved(r.id, r.name, r.shared, r.user_id == actor.id, r.arguments or {}, r.columns or ()) for r in rows]
    return next((one for one in found if one.name == _LOOK and one.mine), None), [one for one in found if one.name != _LOOK]


def kept(db: Session, screen: str, actor: Actor, stamp: int | None) -> tuple[Saved | None, list[Saved]]:
    """The same, remembered by this process until somebody saves or deletes a view.

    :param stamp: the generation of rights that this request goes by; None: nothing is remembered.
    """
    if stamp is None:
        return of_list(db, screen, actor)
    cache: dict[tuple[int | None, str], tuple[int, Any]] = current_runtime().shared.setdefault("list_views", {})
    found = cache.get((actor.id, screen))
    if found is None or found[0] != stamp:
        if len(cache) > _REMEMBERED:
            cache.clear()
        found = cache[actor.id, screen] = (stamp, of_list(db, screen, actor))
    answer: tuple[Saved | None, list[Saved]] = found[1]
    return answer


def keep_look(db: Session, screen: str, *, arguments: Mapping[str, str], columns: Sequence[str], actor: Actor, now: datetime) -> None:
    """Keep how a user wants a list: its page size and columns. Nobody else sees it, and the trail does not tell of it."""
    _put(db, screen, _LOOK, arguments, columns, False, actor, now)


def save(
    db: Session, screen: str, *, name: str, arguments: Mapping[str, str], columns: Sequence[str], shared: bool, actor: Actor, now: datetime
) -> None:  # fmt: skip
    """Save a view under a name; one's own of this name is replaced.

    :raises Invalid: without a name, or beyond ``MOST`` views.
    :raises Forbidden: when it shall be everybody's and the actor may not share views.
    """
    name = " ".join(name.split())[:LONGEST_NAME]
    if not name:
        raise Invalid(errors={"name": _l("The view needs a name.")})
    if shared and not actor.may("can_share", RESOURCE):
        raise Forbidden()
    names = db.scalars(select(ListView.name).where(ListView.screen == screen, ListView.user_id == _id(actor), ListView.name != _LOOK))
    if name not in (there := set(names)) and len(there) >= MOST:
        raise Invalid(_l("There are %(number)s views of this list already. Delete one first.", number=MOST))
    row_id = _put(db, screen, name, arguments, columns, shared, actor, now)
    audit.record(db, "core.list_view.saved", target=(RESOURCE, row_id), label=name, actor=actor, now=now, after={"shared": shared})


def remove(db: Session, screen: str, id: int, *, actor: Actor, now: datetime) -> None:
    """Delete a view: one's own, or a shared one by whoever may share.

    :raises NotFound: when there is none that he may delete.
    """
    row = db.get(ListView, id)
    may = row is not None and (row.user_id == actor.id or (row.shared and actor.may("can_share", RESOURCE)))
    if row is None or not may or row.screen != screen or row.name == _LOOK:
        raise NotFound(_l("There is no such view."))
    db.execute(delete(ListView).where(ListView.id == id))
    generation.bump(db, "security")
    audit.record(db, "core.list_view.deleted", target=(RESOURCE, id), label=row.name, actor=actor, now=now)


def _put(
    db: Session, screen: str, name: str, arguments: Mapping[str, str], columns: Sequence[str], shared: bool, actor: Actor, now: datetime
) -> int:  # fmt: skip
    values: dict[str, Any] = {"arguments": dict(arguments), "columns": list(columns), "shared": shared, "changed_at": now}
    made = insert_for(db, ListView).values(screen=screen, user_id=_id(actor), name=name, **values)
    made = made.on_conflict_do_update(index_elements=["screen", "user_id", "name"], set_=values)
    row_id = int(db.execute(made.returning(ListView.id)).scalar_one())
    generation.bump(db, "security")  # what every process asks before each request: it reads them anew
    return row_id


def _id(actor: Actor) -> int:
    if actor.kind != "user" or actor.id is None:
        raise Forbidden()
    return actor.id
