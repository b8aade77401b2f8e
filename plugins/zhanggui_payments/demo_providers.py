"""Today's customers of the demo pay at the providers of its sandbox, as a browser would: what is shown can be given back there as well."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from datetime import datetime
from typing import Any
from urllib.parse import urljoin

from sqlalchemy import select
from sqlalchemy.orm import Session

from zhanggui.api import Actor, DomainError, ProviderError, clock, outside, reading, unit_of_work
from zhanggui_orders import facade as orders

from .models import Attempt
from .providers import OFFLINE, offers
from .services import asking, attempts, refunds

log = logging.getLogger(__name__)
CLERK = Actor("user", name="clerk")
# What becomes of each order: paid, paid and half given back, begun and not paid.
FATES = ("paid", "half back", "paid", "begun")
_REDIRECTS, _FORM = (301, 302, 303), {"Content-Type": "application/x-www-form-urlencoded"}


def fill(now: datetime) -> None:
    """Customers of these days order once more, and pay by each provider that moves play money; nothing where there is none."""
    simulated = [offer for offer in offers("CNY", "h5") if offer.why_not is None and offer.provider.simulated()]
    if not simulated:
        return
    with reading() as db:
        c = Attempt.__table__.c
        rows = db.execute(
            select(c.customer_id, c.order_number).where(c.provider == OFFLINE, c.customer_id.is_not(None)).order_by(c.id.desc()).limit(40)
        )
        known = {row.customer_id: row.order_number for row in rows}
    people = iter(known.items())
    for fate in FATES:
        for offer in simulated:
            customer_id, number = next(people, (None, ""))
            if customer_id is None:
                return
            try:
                _buy(customer_id, number, offer.method.id, fate)
            except (DomainError, ProviderError) as trouble:
                log.warning("a customer of the demo could not pay: %s", trouble)


def _buy(customer_id: int, number: str, method: str, fate: str) -> None:
    with unit_of_work() as db:
        order_id = _again(db, customer_id, number)
        buyer = Actor("customer", customer_id)
        claimed = attempts.claim_payment(
            db, order_id=order_id, method=method, scene="h5", customer_id=customer_id, actor=buyer, now=clock.now()
        )
    made = attempts.make_payable(**claimed)
    with unit_of_work() as db:
        attempts.show_payment(db, made, actor=buyer, now=clock.now(), **claimed)
    _cashier(made.values, pays=fate != "begun")
    if fate == "begun":
        return
    asking.ask_attempt(claimed["attempt_id"])
    if fate == "half back":
        with unit_of_work() as db:
            half = orders.facts(db, order_id).total // 2
            parts = refunds.parts_by_amount(db, order_id, half)
            made_refunds = refunds.request_refund(db, order_id, parts, reason="damaged", note="杯子到货破损", actor=CLERK, now=clock.now())
            refunds.claim_refunds(db, made_refunds, now=clock.now())
        said = refunds.send(refund_ids=made_refunds)
        with unit_of_work() as db:
            refunds.write_down(db, said, actor=CLERK, now=clock.now(), refund_ids=made_refunds)


def _again(db: Session, customer_id: int, number: str) -> int:
    """The first line of an order that he had before."""
    before = orders.order_of_customer(db, customer_id=customer_id, number=number)
    lines = [orders.CartLine(line.variant_id, 1) for line in before.lines[:1] if line.variant_id]
    placed = orders.place_order(db, lines=lines, customer_id=customer_id, actor=Actor("customer", customer_id), now=clock.now())
    return placed.facts.id


def _cashier(action: Mapping[str, Any], *, pays: bool) -> None:
    """The page of the sandbox's cashier is opened, and its button pressed."""
    url = str(action["url"])
    page = outside.get(url)
    if page.status in _REDIRECTS:
        url = urljoin(url, page.headers["Location"])
    if pays:
        outside.post(url, body=b"result=success", headers=_FORM)
