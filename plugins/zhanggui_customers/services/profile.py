"""Making, changing and blocking customers."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime
from typing import Any

from sqlalchemy import update
from sqlalchemy.orm import Session

from zhanggui.api import (
    KEEP,
    Actor,
    Code,
    DomainError,
    IllegalMove,
    Invalid,
    StaleRow,
    _l,
    public_id,
    publish,
    record_audit,
)

from .. import queries
from ..events import CustomerBlocked, CustomerCreated
from ..models import Customer
from ..rules import name_index, normal_email, normal_phone, phone_index, tail_index

MAX_TAGS = 20


class CustomerIsBlocked(DomainError):
    """The shop does not sell to this customer."""

    code = "customer_blocked"
    status = 403
    message = _l("This account cannot order at the moment.")


def create_customer(
    db: Session,
    *,
    actor: Actor,
    now: datetime,
    name: str,
    phone: str | None = None,
    gender: str | None = None,
    region: str | None = None,
    birthday: date | None = None,
    note: str | None = None,
    tags: str | Sequence[str] | None = None,
    source: str = "admin",
    email: str | None = None,
    locale: str | None = None,
) -> int:
    """A new customer; answers the id.

    :raises Invalid: when the phone or the e-mail address is none.
    """
    customer = Customer(source=source, locale=locale, created_at=now, public_id=public_id(), blocked=False)
    _fill(customer, name, phone, email, gender, region, birthday, note, tags)
    db.add(customer)
    db.flush()
    record_audit(
        db, "customers.customer.created", target=customer, label=Code(customer.public_id), actor=actor, now=now,
        after={"source": Code(source)}, subject=("customers.Customer", customer.id),
        pii=_personal(customer),
    )  # fmt: skip
    publish(db, CustomerCreated(customer_id=customer.id, source=Code(source)))
    return customer.id


def update_customer(
    db: Session,
    *,
    id: int,
    row_version: int | None,
    actor: Actor,
    now: datetime,
    name: str = KEEP,
    phone: str | None = KEEP,
    email: str | None = KEEP,
    gender: str | None = KEEP,
    region: str | None = KEEP,
    birthday: date | None = KEEP,
    note: str | None = KEEP,
    tags: str | Sequence[str] | None = KEEP,
) -> None:
    """Save the form of a customer. What is not given stays: a clerk who may not see a phone does not erase it.

    :raises StaleRow: when somebody saved it since the form was opened.
    """
    customer = queries.customer_for_update(db, id)
    if row_version is not None and customer.row_version != row_version:
        raise StaleRow(changed=_personal(customer))
    personal = _personal(customer)
    given = {
        "name": name, "phone": phone, "email": email, "gender": gender, "region": region, "birthday": birthday, "note": note,
        "tags": tags,
    }  # fmt: skip
    kept = {field: getattr(customer, field) for field, value in given.items() if value is KEEP}
    _fill(customer, **(given | kept))
    db.flush()
    personal_after = _personal(customer)
    private = [key for key in personal_after if personal[key] != personal_after[key]]
    record_audit(
        db, "customers.customer.changed", target=customer, label=Code(customer.public_id), actor=actor, now=now,
        subject=("customers.Customer", id),
        pii={key: [personal[key], personal_after[key]] for key in private} or None,
    )  # fmt: skip


def block_customer(db: Session, *, id: int, actor: Actor, now: datetime, reason: str | None = None) -> None:
    """Stop selling to a customer.

    :raises IllegalMove: when he is blocked already.
    """
    _set_blocked(db, id, True, actor, now, reason or "")


def unblock_customer(db: Session, *, id: int, actor: Actor, now: datetime) -> None:
    """Sell to a customer again.

    :raises IllegalMove: when he is not blocked.
    """
    _set_blocked(db, id, False, actor, now, "")


def _set_blocked(db: Session, customer_id: int, blocked: bool, actor: Actor, now: datetime, reason: str) -> None:
    done = db.scalar(
        update(Customer)
        .where(Customer.id == customer_id, Customer.blocked.is_(not blocked))
        .values(blocked=blocked, row_version=Customer.row_version + 1)
        .returning(Customer.id)
        .execution_options(synchronize_session=False)
    )
    customer = queries.customer(db, customer_id)
    db.refresh(customer)
    if done is None:
        words = {True: _l("blocked"), False: _l("not blocked")}
        raise IllegalMove(_l("This customer is %(state)s already."), state=words[blocked])
    record_audit(
        db, "customers.customer.blocked" if blocked else "customers.customer.unblocked", target=customer,
        label=Code(customer.public_id), actor=actor, now=now, before={"blocked": not blocked}, after={"blocked": blocked},
        reason=reason, subject=("customers.Customer", customer_id),
    )  # fmt: skip
    publish(db, CustomerBlocked(customer_id=customer_id, blocked=blocked))


def _fill(
    customer: Customer,
    name: str,
    phone: str | None,
    email: str | None,
    gender: str | None,
    region: str | None,
    birthday: date | None,
    note: str | None,
    tags: str | Sequence[str] | None,
) -> None:
    name = name.strip()
    if not name:
        raise Invalid(errors={"name": _l("A name is needed.")})
    customer.name, customer.name_index = name, name_index(name)
    set_phone(customer, phone)
    try:
        customer.email = normal_email(email) if email else None
    except ValueError:
        raise Invalid(errors={"email": _l("This is not an e-mail address.")}) from None
    customer.gender, customer.region, customer.birthday, customer.note = gender, region or None, birthday, note
    words = tags.replace("，", ",").split(",") if isinstance(tags, str) else list(tags or ())
    customer.tags = list(dict.fromkeys(word.strip()[:40] for word in words if word.strip()))[:MAX_TAGS]


def set_phone(customer: Customer, phone: str | None) -> None:
    """A phone with its two indexes.

    :raises Invalid: when it is none.
    """
    if not phone:
        customer.phone = customer.phone_index = customer.phone_tail_index = None
        return
    try:
        customer.phone = normal_phone(phone)
    except ValueError:
        raise Invalid(errors={"phone": _l("This is not a phone number.")}) from None
    customer.phone_index, customer.phone_tail_index = phone_index(phone), tail_index(phone)


def _personal(customer: Customer) -> dict[str, Any]:
    """What the audit holds under the customer's own key."""
    birthday = customer.birthday.isoformat() if customer.birthday else None
    return {
        "name": customer.name, "phone": customer.phone, "email": customer.email, "birthday": birthday, "note": customer.note,
        "gender": customer.gender, "region": customer.region, "tags": list(customer.tags or ()),
    }  # fmt: skip
