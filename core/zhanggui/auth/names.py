"""Who bears a name: users and roles, found and kept apart by what their names look like."""

from __future__ import annotations

from typing import Any

from flask_appbuilder.security.sqla.models import User
from sqlalchemy import case, delete, or_, select
from sqlalchemy.orm import Session

from ..db.upsert import insert_or_skip
from ..i18n.texts import lazy_gettext as _l
from ..kernel.errors import Invalid
from ..kernel.names import alike, fold, plain, well_formed
from .models import Profile, TakenName

USER, ROLE = "user", "role"
_SIGNS = {USER: "._-@", ROLE: " ._-@()&/+,:、·"}
_RULES = {
    USER: _l("A user name has letters, digits, dots, dashes or underscores, in one script (Chinese and Latin go together)."),
    ROLE: _l("A role's name has letters, digits and spaces, in one script (Chinese and Latin go together)."),
}
TAKEN = _l("This name, or one that looks like it, is taken already.")
_LONGEST = 64
_c = TakenName.__table__.c


def checked(kind: str, name: str, *, field: str) -> str:
    """The name as it is kept.

    :raises Invalid: when it has other signs than names have, or mixes scripts.
    """
    name = plain(name)
    if len(name) > _LONGEST or not well_formed(name, _SIGNS[kind]):
        raise Invalid(errors={field: _RULES[kind]})
    return name


def take(db: Session, kind: str, name: str, row_id: int, *, field: str) -> None:
    """Give a name to a row; of two that want it at once, the second waits and is refused.

    :raises Invalid: when another row has this name or one that looks like it.
    """
    if not _take(db, kind, alike(name), row_id):
        raise Invalid(errors={field: TAKEN})


def take_as_it_is(db: Session, kind: str, name: str, row_id: int) -> None:
    """Give a name that cannot be refused (a plugin brings the role): one that is taken is found by its exact spelling."""
    for folded in sorted(alike(name)):
        if not _take(db, kind, {folded}, row_id):
            _take(db, kind, {f"{folded} #{row_id}"}, row_id)


def _take(db: Session, kind: str, folded: set[str], row_id: int) -> bool:
    # In order, so that two who want the same ones do not wait for each other.
    return all(insert_or_skip(db, TakenName, kind=kind, folded=text, row_id=row_id) for text in sorted(folded))


def give_back(db: Session, kind: str, row_id: int) -> None:
    """The row is gone: its name is free."""
    db.execute(delete(TakenName).where(_c.kind == kind, _c.row_id == row_id))


def user_named(db: Session, typed: str) -> Any:
    """The user whose name was typed, in whatever case and width, with what signing in asks of him; None for nobody.

    The exact spelling goes first: among users from before names were folded, two may look alike.
    """
    folded = select(_c.row_id).where(_c.kind == USER, _c.folded == fold(typed))
    found = select(User.id, User.username, User.password, User.active, Profile.credentials_since)
    found = found.outerjoin(Profile, Profile.user_id == User.id).where(or_(User.username == typed, User.id.in_(folded)))
    return db.execute(found.order_by(case((User.username == typed, 0), else_=1)).limit(1)).first()
