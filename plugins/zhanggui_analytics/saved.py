"""Questions under a name, kept as views of lists are: one's own, or everybody's. What one may not see is refused when it is opened."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy.orm import Session

from zhanggui.api import Actor, BadRequest, Field, Form, Reader, _l, list_views, metrics

from . import asks
from .catalogue import may_see, metric_of

RESOURCE = "analytics.Report"


@dataclass(frozen=True)
class Kept:
    """A question that somebody kept: ``figures`` are what its figures are called."""

    id: int
    name: str
    href: str
    figures: Sequence[str]
    shared: bool
    may_go: bool


def form(reader: Reader) -> Form:
    """What a question is saved as."""
    share = [Field("shared", _l("For everybody"), "bool", help=_l("Whoever opens it sees what his own rights allow."))] if _may_share(reader.actor) else []
    return Form([Field("name", _l("Name"), required=True, max_length=list_views.LONGEST_NAME), *share], key="analytics.Report.save")


def save(db: Session, *, ask: asks.Ask, name: str, actor: Actor, now: datetime, shared: bool = False) -> None:
    """Keep a question; one's own of this name is replaced.

    :raises Invalid: without a name, or where there are too many. :raises Forbidden: to share it without the right.
    """
    list_views.save(db, RESOURCE, name=name, arguments=ask.words(), columns=(), shared=shared, actor=actor, now=now)


def questions(db: Session, reader: Reader) -> list[Kept]:
    """Those that this reader may open now: a figure that is gone, or not for him, keeps its question away."""
    _look, views = list_views.of_list(db, RESOURCE, reader.actor)
    found = []
    for view in views:
        try:
            ask = asks.read(view.arguments)
            allowed = all(may_see(reader, metric_of(id)) for id in ask.metrics)
        except BadRequest:
            allowed = False
        may_go = view.mine or (view.shared and _may_share(reader.actor))
        if allowed:
            found.append(Kept(view.id, view.name, ask.address(), [str(metrics()[id].label) for id in ask.metrics], view.shared, may_go))
    return found


def _may_share(actor: Any) -> bool:
    return bool(actor.may("can_share", list_views.RESOURCE))
