"""A shop in which many want the same at once."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Sequence
from typing import Any, TypeVar

from shop import NOON, add_customer, add_product
from sqlalchemy import Select, func, select
from sqlalchemy.orm import Session

from zhanggui.api import Actor, reading, unit_of_work
from zhanggui.testing.racing import race, refused
from zhanggui_inventory.models import StockLevel, StockMovement, StockReservation
from zhanggui_orders.contracts import CartLine
from zhanggui_orders.models import Day, Order
from zhanggui_orders.services.placement import place_order

T = TypeVar("T")
THREADS = 8  # among the other tests; in ``make hard`` there are 24
OWNER = Actor("user", name="owner", everything=True)
_names = itertools.count(1)


def name(kind: str) -> str:
    """A name that no other race has."""
    return f"{kind}-{next(_names)}"


def buyer(customer_id: int) -> Actor:
    """A customer who orders for himself."""
    return Actor("customer", customer_id, f"c{customer_id}")


def buy(db: Session, actor: Actor, *wanted: tuple[Any, int], customer_id: int | None = None, **more: Any) -> Order:
    """An order for ``(variant, quantity)`` pairs."""
    lines = [CartLine(variant.public_id, quantity) for variant, quantity in wanted]
    return place_order(db, lines=lines, customer_id=customer_id, actor=actor, now=NOON, **more)


class Arena:
    """The shop and its crowd."""

    def __init__(self, crowd: int) -> None:
        self.crowd = crowd

    def race(self, act: Callable[[Session, int], T]) -> list[T | Exception]:
        """Everybody at once, each in his own unit of work."""
        return race(self.crowd, act)

    def one_wins(self, act: Callable[[Session, int], Any], *refusals: type[Exception]) -> list[Any]:
        """Everybody at once; one gets it, and all others are refused with one of these."""
        outcomes = self.race(act)
        assert refused(outcomes, *refusals) == self.crowd - 1, outcomes
        return outcomes

    def variant(self, stock: int = 10, **more: Any) -> Any:
        """A product on sale."""
        with unit_of_work() as db:
            return add_product(db, OWNER, name("SKU"), stock=stock, **more)

    def customer(self) -> int:
        """Somebody new."""
        with unit_of_work() as db:
            return add_customer(db, OWNER, name("Buyer"), None)

    def order(self, *wanted: tuple[Any, int], **more: Any) -> int:
        """An order that was placed; its id."""
        with unit_of_work() as db:
            return buy(db, OWNER, *wanted, **more).id

    def ask(self, statement: Select[Any]) -> Sequence[Any]:
        """What the database says now."""
        with reading() as db:
            return db.execute(statement).all()

    def one(self, statement: Select[Any]) -> Any:
        """The same for one value."""
        with reading() as db:
            return db.scalar(statement)

    def level(self, variant: Any) -> tuple[int, int]:
        """On hand and reserved."""
        found = self.ask(select(StockLevel.on_hand, StockLevel.reserved).where(StockLevel.variant_id == variant.id))
        return tuple(found[0])

    def balance(self, *variants: Any) -> None:
        """Movements lead to the level step by step, and what is reserved is what orders hold."""
        for variant in variants:
            c = StockMovement.__table__.c
            on_hand = reserved = 0
            for row in self.ask(select(*c).where(c.variant_id == variant.id).order_by(c.id)):
                on_hand, reserved = on_hand + row.on_hand_change, reserved + row.reserved_change
                assert (row.on_hand_after, row.reserved_after) == (on_hand, reserved), row
            assert self.level(variant) == (on_hand, reserved)
            held = select(func.coalesce(func.sum(StockReservation.quantity), 0))
            assert self.one(held.where(StockReservation.variant_id == variant.id, StockReservation.state == "held")) == reserved

    def figures(self) -> None:
        """The days' figures are the sums of the orders."""
        days = select(func.sum(Day.placed_count), func.sum(Day.placed_amount), func.sum(Day.canceled_count))
        sums = select(func.count(), func.sum(Order.total), func.count(Order.canceled_at))
        assert tuple(self.ask(days)[0]) == tuple(self.ask(sums)[0])
