"""What the acts of this plugin are called in the trail."""

from __future__ import annotations

from zhanggui.api import AuditWords, Choice, Column, _l

from .rules import CARRIERS
from .states import FULFILLMENT_CHOICES, PAYMENT_CHOICES, OrderStatus

_STATUS = (
    Choice(OrderStatus.OPEN.value, _l("open")), Choice(OrderStatus.CLOSING.value, _l("being closed")), Choice(OrderStatus.COMPLETED.value, _l("completed")),
    Choice(OrderStatus.CANCELED.value, _l("canceled")),
)  # fmt: skip
_MOVED = (
    Column("status", _l("Status"), "choice", choices=_STATUS),
    Column("payment_status", _l("Payment"), "choice", choices=PAYMENT_CHOICES),
    Column("fulfillment_status", _l("Fulfillment"), "choice", choices=FULFILLMENT_CHOICES),
    Column("amount", _l("Amount"), "money"),
)

WORDS = [
    # An event of the same name tells what happened; here stand the values that the trail holds beside it.
    AuditWords("orders.order.placed", _l("Order placed"), [Column("lines", _l("Lines"), "int"), Column("currency", "", "code")]),
    AuditWords("orders.order.paid", _l("Order paid"), _MOVED),
    AuditWords("orders.order.shipped", _l("Order shipped"), [
        *_MOVED, Column("carrier", _l("Carrier"), "choice", choices=CARRIERS), Column("tracking_number", _l("Tracking number"), "code")]),
    AuditWords("orders.order.received", _l("Order received"), _MOVED),
    AuditWords("orders.order.closing", _l("Being closed"), _MOVED),
    AuditWords("orders.order.canceled", _l("Order canceled"), _MOVED),
    AuditWords("orders.order.refunded", _l("Order refunded"), _MOVED),
    AuditWords("orders.order.tracking_corrected", _l("Tracking number corrected"), [
        Column("carrier", _l("Carrier"), "choice", choices=CARRIERS), Column("tracking_number", _l("Tracking number"), "code")]),
    AuditWords("orders.order.address_changed", _l("Address changed")),
    AuditWords("orders.order.repriced", _l("Price changed"), [Column("total", _l("Total"), "money")]),
    AuditWords("orders.order.noted", _l("Note written")),
    AuditWords("orders.order.imported", _l("Past orders imported")),
]  # fmt: skip
