"""Where parcels go."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import func, select, update
from sqlalchemy.orm import Session

from zhanggui.api import Actor, Code, DomainError, Invalid, _l, get_setting, record_audit

from .. import queries
from ..models import Address
from ..rules import normal_phone


class TooManyAddresses(DomainError):
    """A customer keeps a limited number of addresses."""

    code = "too_many_addresses"
    message = _l("At most %(limit)s addresses can be kept.")


def add_address(
    db: Session,
    *,
    customer_id: int,
    name: str,
    phone: str,
    region: Sequence[str],
    detail: str,
    is_default: bool = False,
    actor: Actor,
    now: datetime,
) -> Address:
    """A new address of a customer; the first one becomes the default.

    :raises Invalid: naming what is missing or no phone number.
    :raises TooManyAddresses: when the customer keeps as many as the shop allows.
    """
    queries.customer_for_update(db, customer_id)  # two at once would both be the last one, or the default
    kept = db.scalar(select(func.count()).where(Address.customer_id == customer_id, Address.removed_at.is_(None)))
    limit = int(get_setting("plugin.customers.max_addresses"))
    if limit and kept and kept >= limit:
        raise TooManyAddresses(limit=limit)
    address = Address(customer_id=customer_id, created_at=now, is_default=not kept or is_default)
    _fill(address, name, phone, region, detail)
    if address.is_default:
        _clear_default(db, customer_id)
    db.add(address)
    db.flush()
    record_audit(
        db, "customers.address.added", target=("customers.Customer", customer_id), label=Code(address.public_id), actor=actor,
        now=now, subject=("customers.Customer", customer_id),
        pii={"name": address.name, "phone": address.phone, "detail": address.detail, "region": address.region},
    )  # fmt: skip
    return address


def update_address(
    db: Session,
    *,
    customer_id: int,
    public_id: str,
    name: str,
    phone: str,
    region: Sequence[str],
    detail: str,
    is_default: bool = False,
    actor: Actor,
    now: datetime,
) -> Address:
    """Change an address. Orders keep the copy they took.

    :raises NotFound: for an address that is none, or somebody else's.
    """
    queries.customer_for_update(db, customer_id)
    address = queries.address_of(db, customer_id, public_id)
    _fill(address, name, phone, region, detail)
    if is_default and not address.is_default:
        _clear_default(db, customer_id)
        address.is_default = True
    db.flush()
    record_audit(
        db,
        "customers.address.changed",
        target=("customers.Customer", customer_id),
        label=Code(address.public_id),
        actor=actor,
        now=now,
        subject=("customers.Customer", customer_id),
        pii={"name": address.name, "phone": address.phone, "detail": address.detail, "region": address.region},
    )
    return address


def remove_address(db: Session, *, customer_id: int, public_id: str, actor: Actor, now: datetime) -> None:
    """Take an address out of the customer's list; of those that stay, the newest becomes the default after it.

    :raises NotFound: for an address that is none, or somebody else's.
    """
    queries.customer_for_update(db, customer_id)
    address = queries.address_of(db, customer_id, public_id)
    was_default = address.is_default
    address.removed_at, address.is_default = now, False
    db.flush()
    left = queries.addresses(db, customer_id)
    if was_default and left:
        left[0].is_default = True
        db.flush()
    record_audit(
        db,
        "customers.address.removed",
        target=("customers.Customer", customer_id),
        label=Code(address.public_id),
        actor=actor,
        now=now,
    )


def _clear_default(db: Session, customer_id: int) -> None:
    db.execute(
        update(Address).where(Address.customer_id == customer_id, Address.is_default.is_(True)).values(is_default=False)
    )


def _fill(address: Address, name: str, phone: str, region: Sequence[str], detail: str) -> None:
    errors = {}
    if not name.strip():
        errors["name"] = _l("A name is needed.")
    if not detail.strip():
        errors["detail"] = _l("Street and house number are needed.")
    try:
        normal = normal_phone(phone)
    except ValueError:
        errors["phone"] = _l("This is not a phone number.")
    if errors:
        raise Invalid(errors=errors)
    address.name, address.phone, address.detail = name.strip()[:100], normal, detail.strip()[:500]
    address.region = [part.strip()[:60] for part in region if part.strip()][:6]
