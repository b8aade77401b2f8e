"""An action: its button, and what it does to one row, in one transaction, or claimed, worked and answered in three phases."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from sqlalchemy.orm import Session

from ..approvals import SAID, RowChanged
from ..db.uow import unit_of_work
from ..jobs.phases import in_phases
from ..kernel import clock
from ..kernel.actors import Actor
from ..kernel.phases import ThreePhases
from .describe import Action, Screen
from .page import ActionButton


def perform(action: Action, row_id: Any, actor: Actor, values: Callable[[Session], Mapping[str, Any]]) -> str:
    """Do it. ``values`` reads the answers to its questions, in the transaction that they are used in.

    Answers what is to be said in place of the action's own "done"; "" for that.

    :raises OutsideTrouble: when somebody far away did not do his part; what was claimed stays visible.
    """
    run = action.run
    if isinstance(run, ThreePhases):
        claim = run.claim
        in_phases(run, lambda db: claim(db, id=row_id, actor=actor, now=clock.now(), **values(db)), lambda _db, said: said)
        return ""
    try:
        with unit_of_work() as db:
            run(db, id=row_id, actor=actor, now=clock.now(), **values(db))
            return str(db.info.get(SAID, ""))
    except RowChanged as error:
        with unit_of_work() as db:
            error.afterwards(db)
        raise


def button(screen: Screen, action: Action, href: str) -> ActionButton:
    """An action as a button that posts below ``href``; without one, as what a row's menu copies."""
    return ActionButton(
        action.name, str(action.label), f"{href}/{action.name}" if href else "", action.icon, action.tone, action.asks,
        "" if action.asks else action.question(), f"{screen.resource}.{action.name}", str(action.stays),
    )  # fmt: skip
