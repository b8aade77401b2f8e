"""The shelves of the shop."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from sqlalchemy import exists, or_, select
from sqlalchemy.orm import Session

from zhanggui.api import KEEP, Actor, DomainError, Invalid, NotFound, StaleRow, _l, one_at_a_time, record_audit, translations, words

from ..models import Category, Product
from .editing import CATALOGUE

RESOURCE = "products.Category"
Texts = str | Mapping[str, str]


class CategoryInUse(DomainError):
    """A category that holds something is not deleted."""

    code = "category_in_use"
    message = _l("%(name)s still holds products or categories.")


def create_category(
    db: Session,
    *,
    actor: Actor,
    now: datetime,
    name: Texts,
    parent_id: int | None = None,
    position: int | None = None,
    visible: bool = True,
    picture: str | None = None,
) -> int:
    """A new category; answers its id."""
    one_at_a_time(db, CATALOGUE)
    category = Category(position=0, visible=True)
    given = {"name": name, "parent_id": parent_id, "position": position, "visible": visible, "picture": picture}
    _fill(db, category, given)
    db.add(category)
    _finish(db, category, given)
    record_audit(
        db, "products.category.created", target=category, label=category.name, actor=actor, now=now,
        after=_facts(category),
    )  # fmt: skip
    return category.id


def update_category(
    db: Session,
    *,
    id: int,
    row_version: int | None,
    actor: Actor,
    now: datetime,
    name: Texts = KEEP,
    parent_id: int | None = KEEP,
    position: int | None = KEEP,
    visible: bool = KEEP,
    picture: str | None = KEEP,
) -> None:
    """Save what is given of a category; the rest stays.

    :raises StaleRow: when somebody saved it since the form was opened.
    """
    one_at_a_time(db, CATALOGUE)
    category = _category(db, id)
    before = _facts(category)
    if row_version is not None and category.row_version != row_version:
        raise StaleRow(changed=before)
    given = {"name": name, "parent_id": parent_id, "position": position, "visible": visible, "picture": picture}
    given = {field: value for field, value in given.items() if value is not KEEP}
    _fill(db, category, given)
    _finish(db, category, given)
    record_audit(
        db, "products.category.changed", target=category, label=category.name, actor=actor, now=now,
        before=before, after=_facts(category),
    )  # fmt: skip


def delete_category(db: Session, *, id: int, actor: Actor, now: datetime) -> None:
    """Delete an empty category.

    :raises CategoryInUse: while it holds products or categories.
    """
    one_at_a_time(db, CATALOGUE)
    category = _category(db, id)
    used = or_(exists().where(Product.category_id == id), exists().where(Category.parent_id == id))
    if db.scalar(select(used)):
        raise CategoryInUse(name=category.name)
    translations.forget(db, RESOURCE, [id])
    record_audit(
        db, "products.category.deleted", target=category, label=category.name, actor=actor, now=now,
        before=_facts(category),
    )  # fmt: skip
    db.delete(category)
    db.flush()


def _category(db: Session, category_id: int) -> Category:
    found = db.get(Category, category_id, populate_existing=True)
    if found is None:
        raise NotFound(_l("There is no such category."))
    return found


def _fill(db: Session, category: Category, given: Mapping[str, Any]) -> None:
    if "name" in given:
        name, others = translations.split(given["name"] or "")
        category.name = name.strip()
        if not category.name:
            raise Invalid(errors={"name": _l("A category needs a name.")})
        kept = translations.texts_in_all(db, RESOURCE, category.id, "name") if others is None and category.id else (others or {}).values()
        category.search_text = words.stored(category.name, *kept)
    if "parent_id" in given:
        above = given["parent_id"]
        while above is not None:
            parent = db.get(Category, above, populate_existing=True)
            if parent is None:
                raise Invalid(errors={"parent_id": _l("There is no such category.")})
            if parent.id == category.id:
                raise Invalid(errors={"parent_id": _l("A category cannot stand below itself.")})
            above = parent.parent_id
        category.parent_id = given["parent_id"]
    if "position" in given:
        category.position = given["position"] or 0
    for field in ("visible", "picture"):
        if field in given:
            setattr(category, field, given[field])


def _finish(db: Session, category: Category, given: Mapping[str, Any]) -> None:
    db.flush()
    if "name" in given:
        others = translations.split(given["name"] or "")[1]
        translations.set_texts(db, RESOURCE, category.id, {"name": (others, category.name)})


def _facts(category: Category) -> dict[str, Any]:
    return {
        "name": category.name,
        "parent_id": category.parent_id,
        "position": category.position,
        "visible": category.visible,
    }
