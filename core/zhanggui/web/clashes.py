"""What a database refuses while a row is written, as a sentence at the field that it is about."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager

from sqlalchemy import UniqueConstraint
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from ..i18n.texts import lazy_gettext as _l
from ..kernel.errors import DomainError, Invalid
from .describe import Screen
from .gateway import gateway
from .generic import fields_of

_UNIQUE_ON_SQLITE = re.compile(r"UNIQUE constraint failed: (.+)")
_UNIQUE_ON_POSTGRESQL = "23505"  # SQLSTATE
_POINTED_AT_ON_POSTGRESQL = ("23503", "23001")


class StillUsed(DomainError):
    """A row that others point to is not deleted."""

    code = "still_used"
    message = _l("This is still used elsewhere and cannot be deleted.")


@contextmanager
def told_as_fields(screen: Screen) -> Iterator[None]:
    """Write inside, and flush.

    :raises Invalid: for a value that another row has, naming its field. What breaks otherwise is an error of its own.
    """
    try:
        yield
    except IntegrityError as error:
        taken = _taken_columns(screen, error)
        if taken is None:
            raise
        names = [f.name for f in fields_of(screen) if f.name in taken]
        if names:
            raise Invalid(errors={names[-1]: _l("This is taken already.")}) from error
        raise Invalid(_l("This clashes with an entry that is there already.")) from error


@contextmanager
def told_as_used(db: Session) -> Iterator[None]:
    """Delete inside.

    :raises StillUsed: when a foreign key of another table points to what is deleted.
    """
    try:
        with db.begin_nested():
            yield
    except IntegrityError as error:
        pointed_at = getattr(error.orig, "sqlstate", None) in _POINTED_AT_ON_POSTGRESQL or "FOREIGN KEY" in str(error.orig)
        if not pointed_at:
            raise
        raise StillUsed() from error


def _taken_columns(screen: Screen, error: IntegrityError) -> list[str] | None:
    """The columns of a unique constraint that broke; None when it was no such constraint.

    Of other tables only the name of the column is known: a line of the form may have a field of that name.
    """
    found = _UNIQUE_ON_SQLITE.search(str(error.orig))
    if found is not None:
        return [part.strip().rpartition(".")[2] for part in found[1].split(",")]
    if getattr(error.orig, "sqlstate", None) != _UNIQUE_ON_POSTGRESQL:
        return None
    name = error.orig.diag.constraint_name  # type: ignore[union-attr] # psycopg's
    table = gateway.table(screen)
    for rule in [*table.constraints, *table.indexes]:
        if rule.name == name and (isinstance(rule, UniqueConstraint) or getattr(rule, "unique", False)):
            return [column.name for column in rule.columns]  # type: ignore[union-attr] # it is a unique constraint here
    listed = re.search(r"\(([^()]*)\)=\(", str(error.orig.diag.message_detail or ""))  # type: ignore[union-attr] # psycopg's error has a diagnosis
    return [part.strip(' "') for part in listed[1].split(",")] if listed else []
