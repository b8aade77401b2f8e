"""Hooks that products offer to other plugins."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy.orm import Session

from zhanggui.api import _l, hookspec


@hookspec(words=_l("Removal of products"), strict=_l("The product cannot be removed now: the plugin “%(plugin)s” failed."))
def products_removing(db: Session, variant_ids: Sequence[int]) -> None:
    """Called before variants are deleted that were made by mistake. A plugin takes away its own rows about them that say nothing.

    Rows that say something keep their variant, by their foreign key: nothing of it is deleted then.

    Example: ``services.forget_empty_levels(db, variant_ids)``
    """
