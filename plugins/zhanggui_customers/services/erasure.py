"""Erasing a person: this plugin's own rows, and the verb that has everybody forget."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from zhanggui.api import Actor, Code, IllegalMove, _l, erase_person, publish, record_audit

from .. import queries
from ..events import CustomerErased
from ..models import Address, Customer, Identity
from ..rules import ERASED, PERSON
from . import footprints


def erase_customer(db: Session, *, id: int, actor: Actor, now: datetime) -> None:
    """Forget all that is known of a customer, for good, everywhere. Orders and figures stay, without the person.

    :raises IllegalMove: when that was done already.
    """
    if queries.customer(db, id).erased_at is not None:
        raise IllegalMove(_l("This customer was erased already."))
    erase_person(db, (PERSON, id), actor=actor, now=now)


def erase(db: Session, person: tuple[str, Any], *, actor: Actor, now: datetime) -> None:
    """The answer of this plugin: a customer's row, addresses and identities."""
    customer = db.get(Customer, int(person[1])) if person[0] == PERSON else None
    if customer is None:
        return
    first = customer.erased_at is None
    _blank(customer)
    customer.erased_at = customer.erased_at or now
    for address in db.scalars(select(Address).where(Address.customer_id == customer.id)):
        address.name, address.phone, address.detail, address.region = ERASED, "", "", None
        address.removed_at, address.is_default = address.removed_at or now, False
    db.flush()
    # After the customer's own row is locked: who links an identity at this moment waits, or is seen here.
    db.execute(delete(Identity).where(Identity.customer_id == customer.id))
    footprints.forget(db, customer.id)
    if first:
        record_audit(db, "customers.customer.erased", target=customer, label=Code(customer.public_id), actor=actor, now=now)
        publish(db, CustomerErased(customer_id=customer.id))


def _blank(customer: Customer) -> None:
    customer.name, customer.name_index = ERASED, ""
    customer.phone = customer.phone_index = customer.phone_tail_index = None
    customer.email = customer.locale = None
    customer.region = customer.gender = customer.birthday = customer.note = None
    customer.tags = None
    # Whoever signs in or is imported again is somebody new.
    customer.identity = customer.external_key = customer.source_key = None
