"""Hooks that orders offer to other plugins."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy.orm import Session

from zhanggui.api import Actor, _l, hookspec

from .contracts import OrderFacts, PriceStep


@hookspec(words=_l("Price of a cart"), strict=_l("The price cannot be worked out now: the plugin “%(plugin)s” failed."))
def orders_price_steps() -> Sequence[PriceStep]:
    """Steps that change what a cart costs; run in their order, each seeing what the ones before did.

    Example: ``return [PriceStep("coupon", services.take_coupons, order=400)]``
    """
    return ()


@hookspec(words=_l("Guard of orders"), strict=_l("The order cannot be placed or moved now: the plugin “%(plugin)s” failed."))
def orders_move_guards(db: Session, order: OrderFacts, verb: str, actor: Actor) -> None:
    """Called before an order moves (``place``, ``pay``, ``ship``, ``receive``, ``cancel``, ``refund``).

    Raise a ``DomainError`` to refuse; its sentence reaches the user and nothing is changed.

    Example: ``if verb == "ship" and on_hold(db, order.id): raise OnHold()``
    """
