"""Reads of customers, one statement for a whole page."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from zhanggui.api import Hit, NotFound, Reader, _l, find_rows

from .contracts import AddressView, Contact, CustomerView, Reachable
from .models import Address, Customer, Identity
from .rules import file_key, masked_phone, name_index, searched_phone, searched_tail

SEARCHED = {"name_index": name_index, "phone_index": searched_phone, "phone_tail_index": searched_tail}


def customer(db: Session, customer_id: int) -> Customer:
    """One customer.

    :raises NotFound: when there is none.
    """
    found = db.get(Customer, customer_id)
    if found is None:
        raise NotFound(_l("There is no such customer."))
    return found


def customer_for_update(db: Session, customer_id: int) -> Customer:
    """One customer, whom nobody else changes until this transaction ends; rows that name him may be written meanwhile.

    :raises NotFound: when there is none.
    """
    wanted = select(Customer).where(Customer.id == customer_id).with_for_update(key_share=True)
    found = db.scalar(wanted.execution_options(populate_existing=True))
    if found is None:
        raise NotFound(_l("There is no such customer."))
    return found


def subject_of(db: Session, customer_id: int, provider: str) -> str | None:
    """How a provider calls a customer; of several names, the one that was used last."""
    mine = (Identity.customer_id == customer_id) & (Identity.provider == provider) & Identity.subject.is_not(None)
    used = func.coalesce(Identity.last_used_at, Identity.created_at)
    return db.scalar(select(Identity.subject).where(mine).order_by(used.desc(), Identity.id.desc()).limit(1))


def contact_of(db: Session, customer_id: int) -> Contact:
    """How a customer is reached.

    :raises NotFound: when there is none, or he was erased.
    """
    c = Customer
    row = db.execute(select(c.name, c.phone, c.email, c.locale).where(c.id == customer_id, c.erased_at.is_(None))).first()
    if row is None:
        raise NotFound(_l("There is no such customer."))
    providers = db.scalars(select(Identity.provider).where(Identity.customer_id == customer_id).distinct().order_by(Identity.provider))
    return Contact(row.name, row.phone, row.email, row.locale, tuple(providers))


def reachable(db: Session, customer_ids: Collection[int]) -> dict[int, Reachable]:
    """How these are reached, without those who were erased."""
    c = Customer
    wanted = select(c.id, c.name, c.phone, c.email, c.locale, c.blocked).where(c.id.in_(list(customer_ids)), c.erased_at.is_(None))
    return {row.id: Reachable(row.name, row.phone, row.email, row.locale, row.blocked) for row in db.execute(wanted)}


def with_identity(db: Session, customer_ids: Collection[int], provider: str) -> set[int]:
    """Of these, whom a provider knows by a name that we still have."""
    known = (Identity.customer_id.in_(list(customer_ids)), Identity.provider == provider, Identity.subject.is_not(None))
    return set(db.scalars(select(Identity.customer_id).where(*known)))


def address_of(db: Session, customer_id: int, public_id: str) -> Address:
    """An address of this customer. Somebody else's answers like one that is none.

    :raises NotFound:
    """
    found = db.scalar(
        select(Address).where(
            Address.public_id == public_id, Address.customer_id == customer_id, Address.removed_at.is_(None)
        ).execution_options(populate_existing=True)  # who locked the customer wants it as it is now
    )
    if found is None:
        raise NotFound(_l("There is no such address."))
    return found


def addresses(db: Session, customer_id: int) -> list[Address]:
    """The addresses that a customer keeps, the default first."""
    return list(
        db.scalars(
            select(Address)
            .where(Address.customer_id == customer_id, Address.removed_at.is_(None))
            .order_by(Address.is_default.desc(), Address.id.desc())
            .execution_options(populate_existing=True)
        )
    )


def view_of_address(address: Address) -> AddressView:
    """An address without its row."""
    return AddressView(
        address.id,
        address.public_id,
        address.name,
        address.phone,
        list(address.region or ()),
        address.detail,
        address.is_default,
    )


def view_of_customer(found: Customer) -> CustomerView:
    """A customer without the row."""
    return CustomerView(found.id, found.public_id, found.name, found.blocked)


def names(db: Session, ids: Collection[int]) -> dict[int, str]:
    """What customers are called."""
    rows = db.execute(select(Customer.id, Customer.name).where(Customer.id.in_(list(ids))))
    return {row.id: row.name for row in rows}


def file_keys(db: Session, ids: Collection[int]) -> dict[int, str]:
    """How customers are known in files."""
    rows = db.execute(select(Customer.id, Customer.source_key, Customer.public_id).where(Customer.id.in_(list(ids))))
    return {row.id: file_key(row.source_key, row.public_id) for row in rows}


def addresses_section(db: Session, reader: Reader, row: Any) -> Mapping[str, Any]:
    """The addresses of a customer for his page; phones and streets only for who may see them."""
    reveal = reader.may("can_reveal", "customers.Customer")
    return {
        "addresses": [
            {
                "name": a.name, "phone": a.phone if reveal else masked_phone(a.phone), "region": " ".join(a.region or ()),
                "detail": a.detail if reveal else "", "is_default": a.is_default,
            }
            for a in addresses(db, row.id)
        ]
    }  # fmt: skip


def search(db: Session, reader: Reader, text: str, limit: int) -> list[Hit]:
    """Customers by their whole name, whole phone or its last four digits."""
    rows = find_rows(db, reader, "customers.Customer", text, limit, columns=("name", "phone"), sort="-id")
    return [Hit(row.name, masked_phone(row.phone), f"/customers/{row.id}", "user") for row in rows]
