"""The list that a new shop finds on its home page: what is left to do before it sells, ticked by facts alone."""

from __future__ import annotations

from dataclasses import dataclass

from flask_appbuilder.security.sqla.models import User
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from ..config import settings
from ..host import current_host
from ..host.declare import FirstStep
from ..i18n.texts import lazy_gettext as _l
from ..kernel.reader import Reader
from ..runtime import current_runtime

SHOWN = "instance.first_steps"  # the setting that puts the list away
MAY_PUT_AWAY = ("can_manage", "core.Setting")
_DONE = "first_steps_done"


@dataclass(frozen=True)
class Line:
    """One step as it is printed."""

    id: str
    label: str
    help: str
    href: str


@dataclass(frozen=True)
class OpeningList:
    """What is left, the next one first, and what is done already. ``away``: whoever reads may put the list away."""

    left: list[Line]
    done: list[Line]
    away: bool


def opening_list(db: Session, reader: Reader) -> OpeningList | None:
    """The list for whoever reads; None once nothing is left for him, or the owner put it away.

    What was found done once is remembered by this process: a shop that is open for long is asked nothing.
    """
    if not settings.get(SHOWN):
        return None
    known: set[str] = current_runtime().shared.setdefault(_DONE, set())
    left, done = [], []
    for owner, part in current_host().parts.items():
        for first in part.first_steps:
            href = _address(first, reader)
            if not href:
                continue
            name = f"{owner}.{first.id}"
            is_done = True if name in known else first.done(db, reader)
            if is_done is None:  # its plugin failed
                continue
            if is_done:
                known.add(name)
            line = Line(name, str(first.label), str(first.help), href)
            (done if is_done else left).append((first.order, line))
    if not left:
        return None
    lines = [[line for _order, line in sorted(side, key=lambda pair: pair[0])] for side in (left, done)]
    return OpeningList(*lines, away=reader.may(*MAY_PUT_AWAY) and settings.locked_by(SHOWN) is None)


def _address(first: FirstStep, reader: Reader) -> str:
    """Where a line leads, or "" when whoever reads would be refused there."""
    if not reader.may(*first.permission):
        return ""
    if first.screen is None:
        return first.href or ""
    screen = current_host().screens.get(first.screen)
    return f"{screen.route}/" if screen is not None and reader.may("can_list", screen.resource) else ""


def _is_named(_db: Session, _reader: Reader) -> bool:
    name = settings.get("instance.name")
    return bool(name) and name != current_runtime().config.settings["instance.name"].default and bool(settings.get("instance.logo"))


def _has_team(db: Session, _reader: Reader) -> bool:
    two = select(User.id).where(User.active.is_(True)).limit(2).subquery()
    return (db.scalar(select(func.count()).select_from(two)) or 0) > 1


FIRST_STEPS = (
    FirstStep(
        "name_and_logo", _l("Name and logo of the shop"), _l("Customers see them first, in the shop and on papers."), _is_named, MAY_PUT_AWAY,
        href="/system/settings/", order=10,
    ),
    FirstStep(
        "team", _l("Add your team"), _l("Everybody gets an account of their own, with the rights they need and no more."), _has_team, ("can_add", "core.User"),
        href="/people/users/add", order=50,
    ),
)  # fmt: skip
