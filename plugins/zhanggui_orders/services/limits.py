"""How much one customer may take hold of before he pays. The staff is not limited: it knows whom it sells to."""

from __future__ import annotations

from collections.abc import Iterable

from sqlalchemy.orm import Session

from zhanggui.api import DomainError, _l, get_setting
from zhanggui_inventory import facade as inventory

from .. import queries
from ..contracts import QuoteLine


class TooManyOfOne(DomainError):
    """More of one variant than the shop sells in one order."""

    code = "too_many_of_one"
    status = 422
    message = _l("An order can hold at most %(most)s of %(name)s.")


class TooManyUnpaid(DomainError):
    """A customer has as many unpaid orders as the shop lets one customer have."""

    code = "too_many_unpaid_orders"
    status = 409
    message = _l("You have %(count)s unpaid orders. Pay for some of them, or cancel them, before you order more.")


def check_quantities(lines: Iterable[QuoteLine]) -> None:
    """No more of a variant than fits in one order, over all of its lines.

    :raises TooManyOfOne: naming it.
    """
    most = int(get_setting("plugin.orders.max_quantity"))
    sums: dict[int, int] = {}
    for line in lines if most else ():
        sums[line.variant_id] = sums.get(line.variant_id, 0) + line.quantity
        if sums[line.variant_id] > most:
            raise TooManyOfOne(most=most, name=f"{line.name} {line.option}".strip())


def check_unpaid(db: Session, customer_id: int) -> None:
    """One more unpaid order of a customer, who must be locked: 24 at once would each be the last one.

    :raises TooManyUnpaid: when there are enough.
    """
    most = int(get_setting("plugin.orders.max_unpaid_orders"))
    if most and (count := queries.unpaid_of_customer(db, customer_id)) >= most:
        raise TooManyUnpaid(count=count)


def share(db: Session, customer_id: int, variant_ids: Iterable[int]) -> inventory.Share | None:
    """What a customer, who must be locked, may hold of these variants; None where the shop sets no limit."""
    percent = int(get_setting("plugin.orders.unpaid_percent"))
    if not percent:
        return None
    held = queries.unpaid_pieces(db, customer_id, sorted(set(variant_ids)))
    return inventory.Share(int(get_setting("plugin.orders.unpaid_pieces")), percent, held)
