"""Erasing a person: the rows of this plugin at once, the copies of others by an event, the trail by its key."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from zhanggui.api import Actor, Code, IllegalMove, _l, erase_person, publish, record_audit

from .. import queries
from ..events import CustomerErased
from ..models import Address, Customer, Identity
from ..rules import ERASED


def erase_customer(db: Session, *, id: int, actor: Actor, now: datetime) -> None:
    """Forget all that is known of a customer, for good. Orders and figures stay, without the person.

    :raises IllegalMove: when that was done already.
    """
    customer = queries.customer(db, id)
    if customer.erased_at is not None:
        raise IllegalMove(_l("This customer was erased already."))
    _blank(customer)
    customer.erased_at = now
    for address in db.scalars(select(Address).where(Address.customer_id == id)):
        address.name, address.phone, address.detail, address.region = ERASED, "", "", None
        address.removed_at, address.is_default = address.removed_at or now, False
    db.flush()
    # After the customer's own row is locked: who links an identity at this moment waits, or is seen here.
    db.execute(delete(Identity).where(Identity.customer_id == id))
    erase_person(db, ("customers.Customer", id))
    record_audit(db, "customers.customer.erased", target=customer, label=Code(customer.public_id), actor=actor, now=now)
    publish(db, CustomerErased(customer_id=id))


def _blank(customer: Customer) -> None:
    customer.name, customer.name_index = ERASED, ""
    customer.phone = customer.phone_index = customer.phone_tail_index = None
    customer.email = customer.locale = None
    customer.region = customer.gender = customer.birthday = customer.note = None
    customer.tags = None
    # Whoever signs in or is imported again is somebody new.
    customer.identity = customer.external_key = customer.source_key = None
