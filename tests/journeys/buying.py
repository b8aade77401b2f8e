"""Orders that come in while a journey goes on: what it needs it brings, for the shop is everybody's."""

from __future__ import annotations

from typing import Any

from sqlalchemy import select

from zhanggui.api import SYSTEM, acting_as, clock, unit_of_work
from zhanggui.host import refresh
from zhanggui.runtime import activated, open_runtime
from zhanggui_inventory.models import StockLevel
from zhanggui_orders import facade as orders
from zhanggui_orders.models import Order
from zhanggui_orders.services.payment import mark_paid_offline
from zhanggui_products.models import Variant


def buy(tea_shop: Any, count: int = 1, *, paid: bool = False) -> list[str]:
    """Somebody buys in the shop ``count`` times; answers the numbers of the orders."""
    numbers = []
    runtime = open_runtime(tea_shop.runtime)
    with activated(runtime), acting_as(SYSTEM):
        refresh(runtime)
        for _ in range(count):
            with unit_of_work() as db:
                most = select(Variant.public_id).join(StockLevel).order_by((StockLevel.on_hand - StockLevel.reserved).desc(), Variant.id).limit(1)
                line = orders.CartLine(str(db.scalar(most)), 1)
                placed = orders.place_order(db, lines=[line], customer_id=None, buyer_name="陈静", actor=SYSTEM, now=clock.now())
                if paid:
                    order_id = db.scalars(select(Order.id).where(Order.number == placed.facts.number)).one()
                    mark_paid_offline(db, id=order_id, method="cash", actor=SYSTEM, now=clock.now())
                numbers.append(placed.facts.number)
    return numbers
