"""Cannot say what a cart costs."""

from zhanggui.api import hookimpl
from zhanggui_orders.contracts import PriceStep


def price(db, quote, now):
    raise ZeroDivisionError("gifts / 0")


@hookimpl
def orders_price_steps():
    return [PriceStep("gifts", price)]
