"""What other plugins may ask of orders."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import date, datetime

from sqlalchemy import Subquery
from sqlalchemy.orm import Session

from zhanggui.api import Actor, Choices, Money, clock, current_actor
from zhanggui_customers.contracts import AddressView

from . import metrics, queries
from .contracts import (
    Adjustment,
    CartLine,
    DayFigures,
    HistoricLine,
    HistoricOrder,
    LineMoney,
    Note,
    OrderFacts,
    OrderView,
    PastPayment,
    PriceStep,
    Quote,
    RefundView,
)
from .details import METHODS
from .services import cancellation, fulfillment, history, payment, placement
from .services.limits import TooManyOfOne, TooManyUnpaid
from .services.moves import begin
from .services.payment import NoWayToPay
from .services.placement import MixedCurrencies, NotSellable, PriceChanged

__all__ = [
    "Adjustment",
    "CartLine",
    "DayFigures",
    "HistoricLine",
    "HistoricOrder",
    "LineMoney",
    "METHODS",
    "MixedCurrencies",
    "NoWayToPay",
    "NotSellable",
    "Note",
    "OrderFacts",
    "OrderView",
    "PastPayment",
    "PriceChanged",
    "PriceStep",
    "Quote",
    "RefundView",
    "TooManyOfOne",
    "TooManyUnpaid",
    "apply_money",
    "cancel_by_customer",
    "cancel_order",
    "cancel_unpaid",
    "check_move",
    "facts",
    "figures_of_days",
    "finish_closing",
    "lines_money",
    "mark_paid_offline",
    "moments",
    "numbers",
    "numbers_and_customers",
    "order_of_customer",
    "orders_of_customer",
    "paid_and_refunded",
    "paid_ids",
    "place_order",
    "quote_cart",
    "receive_by_customer",
    "receive_order",
    "record_history",
    "ship_order",
]


def quote_cart(
    db: Session,
    *,
    lines: Sequence[CartLine],
    customer_id: int | None,
    now: datetime,
    address: AddressView | None = None,
    choices: Choices | None = None,
    locale: str | None = None,
) -> Quote:
    """What a cart costs, by the catalogue and the price steps.

    :param choices: what was chosen for the whole cart, as ``read_choices`` answers it.

    :raises Invalid: for an empty cart or a quantity that is none.
    :raises NotFound: for a variant that is none.
    :raises NotSellable: for one that is not on sale.
    """
    return placement.quote_cart(
        db, lines=lines, customer_id=customer_id, now=now, address=address, choices=choices, locale=locale
    )


def place_order(
    db: Session,
    *,
    lines: Sequence[CartLine],
    customer_id: int | None,
    address_id: str | None = None,
    buyer_name: str = "",
    note: str = "",
    source: str = "storefront",
    locale: str | None = None,
    choices: Choices | None = None,
    expected_total: Money | None = None,
    actor: Actor,
    now: datetime,
) -> OrderView:
    """Place an order and hold its stock: all of it or nothing.

    :param expected_total: what the buyer was shown.
    :raises PriceChanged: with the new quote, when it does not cost that.

    :raises OutOfStock: (of inventory) naming the product of which there is not enough.
    :raises NotSellable: for a product that is not on sale.
    :raises NotFound: for a variant that is none, or an address that is not this customer's.
    :raises TooManyOfOne: for more of one variant than fits in one order.
    :raises TooManyUnpaid: when a customer who orders for himself has enough unpaid orders.
    :raises ShareUsedUp: (of inventory) when he would hold too much of a variant before he pays.
    """
    order = placement.place_order(
        db,
        lines=lines,
        customer_id=customer_id,
        address_id=address_id,
        buyer_name=buyer_name,
        note=note,
        source=source,
        locale=locale,
        choices=choices,
        expected_total=expected_total,
        actor=actor,
        now=now,
    )
    return queries.views(db, [order])[0]


def facts(db: Session, order_id: int) -> OrderFacts:
    """An order without its lines.

    :raises NotFound: when there is none.
    """
    return queries.facts(queries.order_for_update(db, order_id))


def numbers(db: Session, order_ids: Collection[int]) -> dict[int, str]:
    """What orders are called, ``{id: number}``, in one statement; one that is none is left out."""
    return queries.numbers_of(db, order_ids)


def paid_and_refunded(db: Session, order_id: int) -> tuple[int, int]:
    """What was paid for an order and what went back, in minor units, without locking it; zeros for one that is none."""
    return queries.paid_and_refunded(db, order_id)


def paid_ids(db: Session, *, after: int, limit: int) -> list[int]:
    """The next orders, by their id, for which something was paid."""
    return queries.paid_ids(db, after, limit)


def figures_of_days(db: Session, *, first: date, last: date, currency: str | None = None) -> list[DayFigures]:
    """How many orders were placed, paid and canceled on each day, and for how much, from ``first`` to ``last``, both included.

    Days are the instance's zone. A day has an entry for each currency in which something happened, and none when nothing did;
    the figures are kept with each act, so that a year is read in one statement of a few hundred rows.
    """
    return queries.figures_of_days(db, first, last, currency)


def order_of_customer(db: Session, *, customer_id: int, number: str) -> OrderView:
    """An order of this customer.

    :raises NotFound: when there is none, or it is somebody else's.
    """
    return queries.views(db, [queries.order_of_customer(db, customer_id, number)])[0]


def orders_of_customer(
    db: Session,
    *,
    customer_id: int,
    limit: int = 20,
    after: tuple[datetime, int] | None = None,
    stages: Collection[str] = (),
) -> tuple[list[OrderView], tuple[datetime, int] | None]:
    """A customer's orders, newest first, and where the next page begins (to be given as ``after``)."""
    orders, following = queries.page_of_customer(db, customer_id, limit=limit, after=after, stages=stages)
    return queries.views(db, orders), following


def cancel_by_customer(
    db: Session, *, customer_id: int, number: str, actor: Actor, now: datetime, reason: str = ""
) -> OrderView:
    """A buyer calls off an order that is not paid.

    :raises NotFound: for an order that is none, or somebody else's.
    :raises IllegalMove: when it is paid, shipped or canceled already.
    """
    order = queries.order_of_customer(db, customer_id, number)
    order = cancellation.cancel_unpaid(db, id=order.id, reason=reason, actor=actor, now=now)
    return queries.views(db, [order])[0]


def receive_by_customer(db: Session, *, customer_id: int, number: str, actor: Actor, now: datetime) -> OrderView:
    """A buyer says that everything came.

    :raises NotFound: for an order that is none, or somebody else's.
    :raises IllegalMove: when it has not been shipped as a whole.
    """
    order = queries.order_of_customer(db, customer_id, number)
    order = fulfillment.receive_order(db, id=order.id, actor=actor, now=now)
    return queries.views(db, [order])[0]


def cancel_order(db: Session, *, order_id: int, reason: str, actor: Actor, now: datetime) -> OrderView:
    """Call an order off and give back its stock; what was paid is owed from then on.

    :raises IllegalMove: when something of it was shipped, or it is canceled already.
    """
    return queries.views(db, [cancellation.cancel_order(db, id=order_id, reason=reason, actor=actor, now=now)])[0]


def cancel_unpaid(db: Session, *, order_id: int, reason: str, actor: Actor, now: datetime) -> OrderView:
    """The same for who may call off only what was not paid, such as a provider that closed the payment.

    :raises IllegalMove: when it was paid in the meantime, or it is canceled already.
    """
    return queries.views(db, [cancellation.cancel_unpaid(db, id=order_id, reason=reason, actor=actor, now=now)])[0]


def mark_paid_offline(
    db: Session, *, order_id: int, method: str, actor: Actor, now: datetime, reference: str | None = None
) -> OrderView:
    """The staff has the whole amount.

    :raises IllegalMove: when the order is not waiting for a payment.
    :raises NoWayToPay: when no plugin that takes money is switched on.
    """
    order = payment.mark_paid_offline(db, id=order_id, method=method, actor=actor, now=now, reference=reference)
    return queries.views(db, [order])[0]


def apply_money(db: Session, order_id: int, paid: Money, refunded: Money, *, actor: Actor, now: datetime) -> OrderFacts:
    """What was paid for an order and what went back, all together; its payment status follows from the two.

    Said twice it changes nothing the second time. An order that was closing is open again when money is here.

    :raises NotFound: for an order that is none.
    :raises ValueError: for another currency than the order's.
    """
    return queries.facts(payment.apply_money(db, order_id=order_id, paid=paid, refunded=refunded, actor=actor, now=now))


def check_move(db: Session, order_id: int, verb: str, actor: Actor) -> OrderFacts:
    """The order, locked until the transaction ends, when it may take a verb (``pay``, ``refund``) and no plugin objects.

    :raises NotFound: for an order that is none.
    :raises IllegalMove: when its statuses do not allow it.
    """
    return queries.facts(begin(db, order_id, verb, actor))


def finish_closing(db: Session, order_id: int, *, actor: Actor, now: datetime) -> OrderFacts:
    """Cancel an order that was closing: nobody can pay it any more. One that is not closing stays as it is."""
    return queries.facts(cancellation.finish_closing(db, id=order_id, actor=actor, now=now))


def numbers_and_customers(db: Session, order_ids: Collection[int]) -> dict[int, tuple[str, int | None]]:
    """``{order id: (number, customer id)}`` of orders, in one statement."""
    return queries.numbers_and_customers(db, order_ids)


def lines_money(db: Session, order_id: int) -> list[LineMoney]:
    """What each line of an order cost its buyer: goods, freight, fees."""
    return queries.lines_money(db, order_id)


def moments(db: Session, *, since: datetime) -> list[tuple[int, int | None, datetime, datetime | None]]:
    """Orders that were placed since then: ``(id, customer, when it was placed, when it was paid)``, in their order."""
    return queries.moments(db, since)


def rows_of_orders() -> Subquery:
    """Orders as a part of a statement of another plugin that adds something up: ``id``, ``source``, ``province``, ``customer_id``."""
    return metrics.rows_of_orders()


def rows_of_lines() -> Subquery:
    """Order lines likewise: ``id``, ``product_id``, ``sku``."""
    return metrics.rows_of_lines()


def ship_order(
    db: Session, *, order_id: int, carrier: str, tracking_number: str | None, actor: Actor, now: datetime
) -> OrderView:
    """Send everything that is left.

    :raises IllegalMove: when the order is not waiting to be shipped.
    :raises Invalid: for an unknown carrier or a number that is none.
    """
    order = fulfillment.ship_order(
        db, id=order_id, carrier=carrier, tracking_number=tracking_number, actor=actor, now=now
    )
    return queries.views(db, [order])[0]


def receive_order(db: Session, *, order_id: int, actor: Actor, now: datetime) -> OrderView:
    """The buyer has everything.

    :raises IllegalMove: when it has not been shipped as a whole.
    """
    return queries.views(db, [fulfillment.receive_order(db, id=order_id, actor=actor, now=now)])[0]


def record_history(
    db: Session,
    orders: Sequence[HistoricOrder],
    batch_id: str,
    *,
    actor: Actor | None = None,
    now: datetime | None = None,
) -> dict[str, int]:
    """Store orders of the past in few statements: no stock is held, one ``orders.orders.imported`` of all, one audit row.

    One that is there already (same ``source`` and ``key``) is left as it is. ``{key: order id}`` of all.
    """
    return history.record_history(db, orders, batch_id, actor=actor or current_actor(), now=now or clock.now())
