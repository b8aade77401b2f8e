"""Where the merchant says which days are off, at work, or have a name of their own."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

from sqlalchemy import delete, insert, select, update
from sqlalchemy.orm import Session

from ..audit import record
from ..db.locks import one_at_a_time
from ..i18n.texts import lazy_gettext as _l
from ..kernel.actors import Actor
from ..kernel.errors import Invalid, NotFound
from ..kernel.ids import Code
from ..web.describe import Card, Choice, Column, Field, Filter, MenuItem, Screen
from . import NAMED, OFF, WORK
from .models import CalendarDay

RESOURCE = "core.CalendarDay"
KINDS = (Choice(OFF, _l("Day off")), Choice(WORK, _l("Day at work")), Choice(NAMED, _l("With a name only")))
_day = CalendarDay.__table__


def create_day(db: Session, *, actor: Actor, now: datetime, day: date, kind: str, name: str | None = None) -> int:
    """A day of the merchant's own; answers its id."""
    values = _checked(db, None, day, kind, name)
    day_id = int(db.execute(insert(_day).values(values).returning(_day.c.id)).scalar_one())
    _note(db, "core.calendar_day.created", day_id, values, actor, now)
    return day_id


def update_day(db: Session, *, id: int, row_version: int | None, actor: Actor, now: datetime, **given: Any) -> None:
    """Change it."""
    row = db.execute(select(_day).where(_day.c.id == id)).first()
    if row is None:
        raise NotFound()
    values = _checked(db, id, given.get("day", row.day), given.get("kind", row.kind), given.get("name", row.name))
    db.execute(update(_day).where(_day.c.id == id).values(values))
    _note(db, "core.calendar_day.changed", id, values, actor, now)


def remove_day(db: Session, *, id: int, actor: Actor, now: datetime) -> None:
    """What is shipped counts again."""
    row = db.execute(select(_day).where(_day.c.id == id)).first()
    if row is None:
        raise NotFound()
    db.execute(delete(_day).where(_day.c.id == id))
    _note(db, "core.calendar_day.removed", id, {"day": row.day, "kind": row.kind, "name": row.name}, actor, now)


def _checked(db: Session, id: int | None, day: date, kind: str, name: str | None) -> dict[str, Any]:
    """:raises Invalid: for a day that is there already, and one that only has a name and has none."""
    one_at_a_time(db, "core.calendar")
    if db.scalar(select(_day.c.id).where(_day.c.day == day, _day.c.id != (id or 0))) is not None:
        raise Invalid(errors={"day": _l("This day is in the list already.")})
    if kind == NAMED and not (name or "").strip():
        raise Invalid(errors={"name": _l("This is needed.")})
    return {"day": day, "kind": kind, "name": (name or "").strip()}


def _note(db: Session, action: str, id: int, values: dict[str, Any], actor: Actor, now: datetime) -> None:
    label = Code(values["day"].isoformat())
    record(db, action, target=(RESOURCE, id), label=label, actor=actor, now=now, after={"day": label, "kind": Code(values["kind"])})


CALENDAR = Screen(
    resource=RESOURCE, source=CalendarDay, route="/calendar", title=_l("Calendar"), singular=_l("Day of the calendar"), icon="calendar", label=lambda row: row.day.isoformat(),
    always=("day",),
    columns=[
        Column("day", _l("Day"), "date", sortable=True, order=10),
        Column("kind", _l("What it is"), "choice", choices=KINDS, order=20),
        Column("name", _l("Name"), order=30),
    ],
    card=Card(title="day", badge="kind", sub=("name",)),
    filters=[Filter("kind", _l("What it is"), "choice", choices=KINDS), Filter("day", _l("Day"), "date_range")],
    fields=[
        Field("day", _l("Day"), "date", required=True, order=10),
        Field("kind", _l("What it is"), "choice", choices=KINDS, required=True, order=20),
        Field("name", _l("Name"), max_length=60, help=_l("Stands on charts, for example “Anniversary of the shop”."), order=30),
    ],
    create=create_day, update=update_day, delete=remove_day, default_sort=("-day",),
    empty=_l("Festivals and decreed days off are known already. Enter here what is different in your shop, and years that are decreed."),
)  # fmt: skip
MENU = [MenuItem("calendar", _l("Calendar"), "calendar", screen=RESOURCE, group="system", order=25)]
