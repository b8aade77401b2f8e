"""Arithmetic and decisions of orders that need no database."""

from __future__ import annotations

import re
import secrets
from collections.abc import Sequence
from dataclasses import replace
from datetime import date
from typing import Any

from zhanggui.api import Choice, InLanguages, Invalid, _, _l, allocate

from .contracts import MANUAL, Adjustment, CartLine, Quote
from .states import WAITING, FulfillmentStatus, OrderStatus, PaymentStatus, Stage

CUSTOMER, GUEST = "customers.Customer", "orders.Order"  # as whom an order knows somebody: a guest is his order
ERASED = "***"  # stands where the name of an erased buyer stood
MAX_LINES = 100
MAX_QUANTITY = 9_999
_TRACKING = re.compile(r"[0-9A-Z-]{5,40}\Z")

# Carriers whose parcels can be told by a number; "own" is the shop's own bicycle.
CARRIERS = (
    Choice("sf", _l("SF Express")),
    Choice("zto", _l("ZTO Express")),
    Choice("yto", _l("YTO Express")),
    Choice("sto", _l("STO Express")),
    Choice("yunda", _l("Yunda Express")),
    Choice("jt", _l("J&T Express")),
    Choice("jd", _l("JD Logistics")),
    Choice("ems", _l("EMS")),
    Choice("post", _l("China Post")),
    Choice("deppon", _l("Deppon")),
    Choice("dhl", _l("DHL")),
    Choice("fedex", _l("FedEx")),
    Choice("ups", _l("UPS")),
    Choice("own", _l("Delivered by the shop")),
)
OWN = "own"
NUMBERED = tuple(choice.value for choice in CARRIERS if choice.value != OWN)  # their parcels have a number
CARRIER_LABELS = {choice.value: choice.label for choice in CARRIERS}


def stage_of(status: str, payment: str, fulfillment: str) -> Stage:
    """The one word for three statuses."""
    if status == OrderStatus.CANCELED:
        return Stage.CANCELED
    if status == OrderStatus.COMPLETED:
        return Stage.DONE
    if payment in WAITING:
        return Stage.TO_PAY
    if fulfillment in (FulfillmentStatus.FULFILLED, FulfillmentStatus.RECEIVED) or payment == PaymentStatus.REFUNDED:
        return Stage.SHIPPED
    return Stage.TO_SHIP


def payment_status(total: int, paid: int, refunded: int) -> PaymentStatus:
    """Where the money of an order is: what came, less what went back, beside what it costs."""
    kept = paid - refunded
    if paid == 0 and refunded == 0 and total > 0:
        return PaymentStatus.UNPAID
    if refunded and kept <= 0:
        return PaymentStatus.REFUNDED
    if kept >= total:
        return PaymentStatus.OVERPAID if kept > total else PaymentStatus.PAID
    return PaymentStatus.PARTLY_REFUNDED if refunded else PaymentStatus.PARTLY_PAID


def new_number(day: date) -> str:
    """An order number: the shop's day and eight random digits, so that nobody counts our orders."""
    return f"{day:%y%m%d}{secrets.randbelow(10**8):08d}"


def checked_lines(lines: Sequence[CartLine]) -> list[CartLine]:
    """The cart, when it can be one.

    :raises Invalid: naming the line that cannot.
    """
    if not lines:
        raise Invalid(errors={"lines": _l("The cart is empty.")})
    if len(lines) > MAX_LINES:
        raise Invalid(errors={"lines": _l("An order has at most 100 lines.")})
    for number, line in enumerate(lines):
        if type(line.quantity) is not int or not 1 <= line.quantity <= MAX_QUANTITY:
            raise Invalid(errors={f"lines.{number}.quantity": _l("A whole number from 1 to 9999 is needed.")})
        if not isinstance(line.variant_id, str):
            raise Invalid(errors={f"lines.{number}.variant_id": _l("There is no such product.")})
    return list(lines)


def adjusted(quote: Quote, change: Adjustment, step: str) -> Quote:
    """A quote with one more change: spread over its lines, and never below zero on any of them.

    :raises ValueError: for parts of lines that are not there.
    """
    if change.kind == MANUAL:
        raise ValueError("a price step makes no adjustment by hand")
    discounts = change.kind == "discount"
    left = [line.total if discounts else quote.part(change.kind, n) for n, line in enumerate(quote.lines)]  # what can be taken off
    if change.parts is not None:
        if not set(change.parts) <= set(range(len(quote.lines))):
            raise ValueError(f"there are {len(quote.lines)} lines, not one at each of {sorted(change.parts)}")
        parts = {n: max(part, -left[n]) for n, part in change.parts.items()}
    else:
        places = [n for n in range(len(quote.lines)) if change.lines is None or n in change.lines]
        parts = dict(zip(places, _spread(quote, change.amount, places, left), strict=True))
    parts = {n: part for n, part in parts.items() if part}
    if not parts:
        return quote
    lines = tuple(replace(line, discount=line.discount - parts.get(n, 0)) for n, line in enumerate(quote.lines)) if discounts else quote.lines
    done = replace(change, amount=sum(parts.values()), parts=parts, step=step)
    return replace(quote, lines=lines, adjustments=(*quote.adjustments, done))


def _spread(quote: Quote, amount: int, places: Sequence[int], left: Sequence[int]) -> list[int]:
    if amount < 0:  # by what is there of it
        weights = [left[n] for n in places]
        amount = max(amount, -sum(weights))
    else:  # by what the goods cost; pieces count where they cost nothing
        weights = [quote.lines[n].total for n in places]
        weights = weights if sum(weights) else [quote.lines[n].quantity for n in places]
    return allocate(amount, weights) if amount else [0] * len(places)


def summary(names: Sequence[tuple[str, int]]) -> str:
    """What an order holds, in one line of a list: the first two lines, and how many more there are."""
    parts = [f"{name} ×{quantity}" for name, quantity in names[:2]]
    more = f" +{len(names) - 2}" if len(names) > 2 else ""
    text = ", ".join(parts)
    return (text[: 200 - len(more) - 1] + "…" if len(text) + len(more) > 200 else text) + more


def named(line: Any) -> tuple[str, str]:
    """The name and the option of an order line for whoever reads now; for the buyer they stand in the line itself."""
    texts = line.texts or {}
    name, option = (InLanguages(source, {code: text[part] for code, text in texts.items() if text.get(part)}) for part, source in (("name", line.name), ("option", line.option)))
    return str(name), str(option)


def sold(order: Any) -> InLanguages:
    """What an order holds, in one line, for each who reads it."""
    return InLanguages(order.summary, order.summaries or {})


def tracking_form(number: str) -> str:
    """A tracking number in its normal form: capital letters, no spaces.

    :raises ValueError: for what cannot be one.
    """
    plain = re.sub(r"\s", "", number).upper()
    if not _TRACKING.match(plain):
        raise ValueError(_("A tracking number has 5 to 40 letters, digits or hyphens."))
    return plain


def tracking(carrier: str, number: str | None) -> str:
    """The same for a carrier; "" where the shop delivers itself.

    :raises Invalid: for a carrier that we do not know, or a number that is missing or cannot be one.
    """
    if carrier not in CARRIER_LABELS:
        raise Invalid(errors={"carrier": _l("This carrier is not known.")})
    if not (number or "").strip():
        if carrier == OWN:
            return ""
        raise Invalid(errors={"tracking_number": _l("A tracking number is needed.")})
    try:
        return tracking_form(number or "")
    except ValueError as error:
        raise Invalid(errors={"tracking_number": str(error)}) from None
