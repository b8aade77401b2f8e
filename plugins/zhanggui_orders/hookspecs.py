"""Hooks that orders offer to other plugins."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy.orm import Session

from zhanggui.api import Actor, hookspec

from .contracts import OrderFacts, PriceStep


@hookspec
def orders_price_steps() -> Sequence[PriceStep]:
    """Steps that change what a cart costs; run in their order, each seeing what the ones before did.

    Example: ``return [PriceStep("coupon", services.take_coupons, order=400)]``
    """
    return ()


@hookspec
def orders_move_guards(db: Session, order: OrderFacts, verb: str, actor: Actor) -> None:
    """Called before an order moves (``place``, ``pay``, ``ship``, ``receive``, ``cancel``, ``refund``).

    Raise a ``DomainError`` to refuse; its sentence reaches the user and nothing is changed.

    Example: ``if verb == "ship" and on_hold(db, order.id): raise OnHold()``
    """
