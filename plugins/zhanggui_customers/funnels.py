"""Funnels: of those who took the first step, how many took the next ones in this order, within a time. Counts and lists are of one statement."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

from sqlalchemy import ColumnElement, Select, String, case, cast, func, literal, select, true
from sqlalchemy.orm import Session

from zhanggui.api import Choice, _l

from .behaviour import ALL_NAMES, SERVER, ticks
from .models import BehaviourEvent

_event = BehaviourEvent.__table__
VISIT = "visit"
STEPS = (VISIT, "view", "cart_add", "checkout_start", "order_placed", "paid")
UNITS = (Choice("visit", _l("Visits")), Choice("visitor", _l("Visitors")))
WORDS = {choice.value: choice.label for choice in ALL_NAMES} | {VISIT: _l("Came")}
MOST_STEPS = 8


@dataclass(frozen=True)
class Asked:
    """Who is counted: by ``unit``, when the first of ``steps`` lies in ``[start, end)``; all steps within ``window`` of it."""

    start: datetime
    end: datetime
    unit: str = "visit"
    window: timedelta = timedelta(hours=24)
    steps: Sequence[str] = STEPS

    def __post_init__(self) -> None:
        known = {choice.value for choice in ALL_NAMES}
        if not 2 <= len(self.steps) <= MOST_STEPS or not set(self.steps) <= known or self.unit not in {choice.value for choice in UNITS} or self.window <= timedelta(0):
            raise ValueError(f"{self} is no funnel: two to {MOST_STEPS} steps of {sorted(known)}, by visit or visitor, within some time")


@dataclass(frozen=True)
class Step:
    """A step: so many took it and all before it; of these, ``open`` may still go on."""

    name: str
    count: int
    open: int


def _does(step: str, e: Any) -> ColumnElement[bool]:
    """Whoever does anything at all has come."""
    found: ColumnElement[bool] = e.name.not_in(SERVER) if step == VISIT else e.name == step
    return found


def takers(asked: Asked) -> Select[Any]:
    """Each who took the first step: ``who``, when in ticks, and ``reached``, how many steps in a row."""
    window = int(asked.window.total_seconds() * 1000)
    e = _event.c
    who = cast(e.visit_id, String) if asked.unit == "visit" else e.visitor
    inside = (e.reason == "", e.received_at >= asked.start, e.received_at < asked.end, _does(asked.steps[0], e))
    placed = (e.visit_id > 0,) if asked.unit == "visit" else ()
    first = select(who.label("who"), func.min(e.tick).label("began"), func.min(e.tick).label("at"), literal(1).label("reached"))
    table = first.where(*inside, *placed).group_by(who).cte("step1")
    chain = [table]
    for number, step in enumerate(asked.steps[1:], 2):
        before, own = chain[-1], _event.alias(f"e{number}").c
        theirs = cast(own.visit_id, String) if asked.unit == "visit" else own.visitor
        near = (own.tick >= before.c.at, own.tick < before.c.began + window, own.reason == "", _does(step, own))
        taken = select(before.c.who, before.c.began, func.min(own.tick).label("at")).join_from(before, own.tick.table, theirs == before.c.who)
        chain.append(taken.where(*near).group_by(before.c.who, before.c.began).cte(f"step{number}"))
    joined: Any = chain[0]
    for one in chain[1:]:
        joined = joined.outerjoin(one, one.c.who == chain[0].c.who)
    reached = case(*((chain[number].c.who.is_not(None), number + 1) for number in range(len(chain) - 1, 0, -1)), else_=1)
    return select(chain[0].c.who, chain[0].c.began, reached.label("reached")).select_from(joined)


def count(db: Session, asked: Asked, now: datetime) -> list[Step]:
    """How many took each step."""
    table = takers(asked).subquery()
    still = ticks(now) - int(asked.window.total_seconds() * 1000)
    running = func.sum(case((table.c.began > still, 1), else_=0))
    found = {row.reached: (row.many, row.open) for row in db.execute(select(table.c.reached, func.count().label("many"), running.label("open")).group_by(table.c.reached))}
    steps = []
    for number, name in enumerate(asked.steps, 1):
        further = [(many, open_) for reached, (many, open_) in found.items() if reached >= number]
        steps.append(Step(name, sum(many for many, _open in further), sum(open_ for _many, open_ in further)))
    return steps


def people(db: Session, asked: Asked, step: int, limit: int, after: tuple[int, str] | None = None) -> list[Any]:
    """Who took so many steps, the latest first: rows of the very statement that counts them."""
    table = takers(asked).subquery()
    later = true() if after is None else (table.c.began < after[0]) | ((table.c.began == after[0]) & (table.c.who > after[1]))
    listed = select(table.c.who, table.c.began, table.c.reached).where(table.c.reached >= step, later)
    return list(db.execute(listed.order_by(table.c.began.desc(), table.c.who).limit(limit)))


def rate(part: int, whole: int) -> Decimal | None:
    """How many of a hundred; None of nobody.

    :raises ValueError: for more than all: then the counts are wrong, and nothing is made of them.
    """
    if not 0 <= part <= whole:
        raise ValueError(f"{part} of {whole} cannot be: a step has more people than the one before")
    return round(Decimal(part * 100) / whole, 2) if whole else None
