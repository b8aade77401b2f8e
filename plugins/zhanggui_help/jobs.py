"""What runs beside: the index follows the files, old questions go."""

from __future__ import annotations

from sqlalchemy.orm import Session

from zhanggui.api import _l, job

from .services import asking, indexing


@job(_l("Bring the index of help up to date"))
def index(db: Session, **_from_newer_releases: object) -> None:
    """Almost always there is nothing to do."""
    indexing.bring_up(db)


@job(_l("Forget old questions of help"))
def tidy(db: Session, **_from_newer_releases: object) -> None:
    """Once a night."""
    asking.forget(db)
