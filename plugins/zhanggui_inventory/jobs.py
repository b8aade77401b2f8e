"""Entry points of the worker."""

from __future__ import annotations

from sqlalchemy.orm import Session

from zhanggui.api import _l, clock, job

from .services.levels import ensure_levels


@job(_l("Keep a stock level for each variant"))
def keep_levels(db: Session, *, variant_ids: list[int], **_from_newer_releases: object) -> None:
    """Give a product's variants a stock level and the names that it has now."""
    ensure_levels(db, variant_ids, now=clock.now())
