"""Hooks that orders offer to other plugins."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime

from sqlalchemy.orm import Session

from zhanggui.api import Actor, _l, hookspec

from .contracts import OrderFacts, PastPayment, PriceStep, Quote, RefundView


@hookspec(words=_l("Price of a cart"), strict=_l("The price cannot be worked out now: the plugin “%(plugin)s” failed."))
def orders_price_steps() -> Sequence[PriceStep]:
    """Steps that change what a cart costs; run in their order, each seeing what the ones before did.

    Example: ``return [PriceStep("coupon", services.take_coupons, order=400)]``
    """
    return ()


@hookspec(words=_l("Placing of orders"), strict=_l("The order cannot be placed now: the plugin “%(plugin)s” failed."))
def orders_placing(db: Session, quote: Quote, order: OrderFacts, actor: Actor, now: datetime) -> None:
    """Called in the transaction of a new order, when its rows are written and before its stock is held.

    Here a plugin takes what only one can have, such as a coupon that the quote names. Raise a ``DomainError``
    to refuse: nothing of the order is left then. ``quote.lines`` stand in the order of the order's lines.

    Example: ``services.use_coupons(db, quote.choices.get("coupons", {}), order_id=order.id, now=now)``
    """


@hookspec(words=_l("Closing of orders"), strict=_l("The order cannot be closed now: the plugin “%(plugin)s” failed."))
def orders_released(db: Session, order: OrderFacts, actor: Actor, now: datetime) -> None:
    """Called once for each order that is called off, by whomever: staff, buyer, clock or a payment provider.

    In the transaction that closes it; what ``orders_placing`` took goes back here. ``order.payment_status``
    tells whether it had been paid.

    Example: ``services.give_back(db, order_id=order.id, now=now)``
    """


@hookspec(words=_l("Closing of orders"), strict=_l("The order cannot be closed now: the plugin “%(plugin)s” failed."))
def orders_closing(db: Session, order: OrderFacts, actor: Actor, now: datetime) -> bool:
    """Called when an order that is not paid is called off. ``True``: it could still be paid somewhere.

    The order is ``closing`` then, and whoever said so closes it there and calls ``facade.finish_closing``; when it turns
    out to be paid, ``facade.apply_money`` opens it again.

    Example: ``return attempts.close_open_ones(db, order.id, now=now)``
    """
    return False


@hookspec(words=_l("Payment of orders"), strict=_l("The payment cannot be booked now: the plugin “%(plugin)s” failed."))
def orders_mark_paid(db: Session, order: OrderFacts, method: str, reference: str | None, actor: Actor, now: datetime) -> bool:
    """Somebody of the staff has all that is due. ``True``: it was booked, and the order told of it by ``apply_money``.

    Example: ``attempts.take_offline(db, order, method=method, reference=reference, actor=actor, now=now); return True``
    """
    return False


@hookspec(words=_l("Payment of orders"), strict=_l("The payment cannot be booked now: the plugin “%(plugin)s” failed."))
def orders_paid_before(db: Session, payments: Sequence[PastPayment], actor: Actor, now: datetime) -> None:
    """Orders of the past came in, with what was paid for them then. Their totals are right already.

    Example: ``ledger.book_past(db, payments, now=now)``
    """


@hookspec(words=_l("Refunds of orders"))
def orders_refunds(db: Session, order_ids: Sequence[int]) -> Mapping[int, Sequence[RefundView]]:
    """The refunds of some orders, for their buyers; one call an answer.

    Example: ``return queries.refunds_of(db, order_ids)``
    """
    return {}


@hookspec(words=_l("Guard of orders"), strict=_l("The order cannot be placed or moved now: the plugin “%(plugin)s” failed."))
def orders_move_guards(db: Session, order: OrderFacts, verb: str, actor: Actor) -> None:
    """Called before an order moves (``place``, ``pay``, ``ship``, ``receive``, ``cancel``, ``refund``, ``reprice``, ``readdress``).

    Raise a ``DomainError`` to refuse; its sentence reaches the user and nothing is changed.

    Example: ``if verb == "ship" and on_hold(db, order.id): raise OnHold()``
    """
