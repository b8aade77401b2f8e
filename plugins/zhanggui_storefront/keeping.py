"""What the shop keeps for a customer between two visits: the cart, and what he likes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import delete, exists, func, insert, select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from zhanggui.api import Actor, DomainError, Invalid, NotFound, PersonalData, _l
from zhanggui_customers import facade as customers
from zhanggui_products import facade as products

from .models import CartLine, Favourite

CUSTOMER = "customers.Customer"
MOST_LINES, MOST_OF_ONE, MOST_FAVOURITES = 100, 9_999, 1000
c, f = CartLine.__table__.c, Favourite.__table__.c


class TooManyLines(DomainError):
    """A cart longer than anybody looks through."""

    code = "cart_too_long"
    status = 409
    message = _l("A cart takes %(most)s different articles.", most=MOST_LINES)


class TooManyFavourites(DomainError):
    """More than anybody finds anything in again."""

    code = "too_many_favourites"
    status = 409
    message = _l("So many favourites can be kept: %(most)s. Please remove some first.", most=MOST_FAVOURITES)


@dataclass(frozen=True)
class Wanted:
    """A line as a client sends it."""

    variant_id: str  # public
    quantity: int
    choices: Mapping[str, Any]


def lines_of(db: Session, customer_id: int) -> Sequence[Any]:
    """The rows of a cart, in the order in which they were sent."""
    wanted = select(c.variant_id, c.quantity, c.choices, c.changed_at).where(c.customer_id == customer_id)
    return db.execute(wanted.order_by(c.place)).all()


def keep_cart(db: Session, *, customer_id: int, lines: Sequence[Wanted], now: datetime) -> None:
    """Put these lines in the place of all that were there. The same variant twice is one line.

    :raises Invalid: naming the line whose quantity is none.
    :raises NotFound: for a variant that there never was.
    :raises TooManyLines: for more than a hundred.
    """
    customers.customer_for_update(db, customer_id)  # of two devices at once the later one counts, as a whole
    merged: dict[str, Wanted] = {}
    for number, line in enumerate(lines):
        if type(line.quantity) is not int or not 1 <= line.quantity <= MOST_OF_ONE:
            raise Invalid(errors={f"lines.{number}.quantity": _l("A whole number from 1 to 9999 is needed.")})
        before = merged.get(line.variant_id)
        merged[line.variant_id] = Wanted(line.variant_id, min(line.quantity + (before.quantity if before else 0), MOST_OF_ONE), line.choices)
    if len(merged) > MOST_LINES:
        raise TooManyLines()
    known = products.variants_for_order(db, list(merged))
    if len(known) < len(merged):
        raise NotFound(_l("There is no such product."))
    db.execute(delete(CartLine).where(c.customer_id == customer_id).execution_options(synchronize_session=False))
    rows = [
        {"customer_id": customer_id, "variant_id": known[line.variant_id].id, "quantity": line.quantity, "choices": dict(line.choices), "place": place, "changed_at": now}
        for place, line in enumerate(merged.values())
    ]
    if rows:
        db.execute(insert(CartLine), rows)


def add_favourite(db: Session, *, customer_id: int, product_id: int, now: datetime) -> bool:
    """Whether it is new.

    :raises TooManyFavourites: for more than a thousand.
    """
    mine = select(func.count()).where(f.customer_id == customer_id)
    if db.scalar(select(exists().where(f.customer_id == customer_id, f.product_id == product_id))):
        return False
    if (db.scalar(mine) or 0) >= MOST_FAVOURITES:
        raise TooManyFavourites()
    try:
        with db.begin_nested():
            db.add(Favourite(customer_id=customer_id, product_id=product_id, added_at=now))
    except IntegrityError:
        return False  # another tap came in this moment
    return True


def remove_favourite(db: Session, *, customer_id: int, product_id: int) -> None:
    """It is none any more, or was none."""
    db.execute(delete(Favourite).where(f.customer_id == customer_id, f.product_id == product_id).execution_options(synchronize_session=False))


def favourites_of(db: Session, customer_id: int, *, limit: int, after: Sequence[Any] | None) -> tuple[list[Any], list[Any] | None]:
    """A page of them, the newest first, and where the next one begins."""
    wanted = select(f.id, f.product_id, f.added_at).where(f.customer_id == customer_id)
    if after is not None:
        wanted = wanted.where((f.added_at < after[0]) | ((f.added_at == after[0]) & (f.id < after[1])))
    rows = list(db.execute(wanted.order_by(f.added_at.desc(), f.id.desc()).limit(limit + 1)))
    return rows[:limit], [rows[limit - 1].added_at, rows[limit - 1].id] if len(rows) > limit else None


# -- about people ------------------------------------------------------------------------------------


def _find(db: Session, text: str, *, actor: Actor) -> list[tuple[str, Any]]:
    return []  # customers answer for phones and names


def _export(db: Session, person: tuple[str, Any]) -> dict[str, Any]:
    if person[0] != CUSTOMER:
        return {}
    who = int(person[1])
    cart = [dict(row._mapping) for row in db.execute(select(c.variant_id, c.quantity, c.changed_at).where(c.customer_id == who).order_by(c.place))]
    liked = [dict(row._mapping) for row in db.execute(select(f.product_id, f.added_at).where(f.customer_id == who).order_by(f.id))]
    return {name: rows for name, rows in (("cart", cart), ("favourites", liked)) if rows}


def _erase(db: Session, person: tuple[str, Any], *, actor: Actor, now: datetime) -> None:
    if person[0] == CUSTOMER:
        for model, mine in ((CartLine, c), (Favourite, f)):
            db.execute(delete(model).where(mine.customer_id == int(person[1])).execution_options(synchronize_session=False))


ANSWER = PersonalData("storefront", [CartLine, Favourite], _find, _export, _erase)
