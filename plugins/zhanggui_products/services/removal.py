"""Taking away what was made by mistake: variants that nothing names yet."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import delete, exists, select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from zhanggui.api import Actor, hooks, one_at_a_time, record_audit, translations

from ..models import Product, Variant
from .editing import CATALOGUE, VARIANT

RESOURCE = "products.Product"
IN_USE = "in_use"


def remove_variants(db: Session, ids: Sequence[int], *, actor: Actor, now: datetime) -> set[int]:
    """Delete variants, and the products that are left without one. Answers those that stay, because something names them."""
    one_at_a_time(db, CATALOGUE)
    products = db.scalars(select(Variant.product_id).where(Variant.id.in_(ids)).distinct()).all()
    stay = set() if _deleted(db, ids) else {variant_id for variant_id in ids if not _deleted(db, [variant_id])}
    left = db.scalars(select(Product.id).where(Product.id.in_(products), ~exists().where(Variant.product_id == Product.id))).all()
    translations.forget(db, RESOURCE, left)
    db.execute(delete(Product).where(Product.id.in_(left)).execution_options(synchronize_session=False))
    if len(stay) < len(ids):
        after = {"variants": len(ids) - len(stay), "products": len(left)}
        record_audit(db, "products.product.removed", target=(RESOURCE, "*"), actor=actor, now=now, after=after)
    db.expire_all()
    return stay


def _deleted(db: Session, ids: Sequence[int]) -> bool:
    """Whether these variants could be deleted: all of them, or none."""
    try:
        with db.begin_nested():
            hooks.call("products_removing", db=db, variant_ids=list(ids))
            translations.forget(db, VARIANT, ids)
            db.execute(delete(Variant).where(Variant.id.in_(ids)).execution_options(synchronize_session=False))
    except IntegrityError:
        return False
    return True
