"""Where somebody is reached: customers by what they gave, groups by the robot that stands in them."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy.orm import Session

from zhanggui.api import NotFound, Recipient
from zhanggui_customers import facade as customers

from . import rules

GROUP = "group"


def mail_of(db: Session, recipient: Recipient) -> str | None:
    """The e-mail address of a customer."""
    found = _contact(db, recipient)
    return found.email if found and found.email else None


def phone_of(db: Session, recipient: Recipient) -> str | None:
    """The phone of a customer, with its country."""
    found = _contact(db, recipient)
    return rules.international(found.phone) if found and found.phone else None


def with_phone(db: Session, kind_id: str, recipients: Sequence[Recipient]) -> set[int]:
    """Of these customers, who has a phone that can be written to: one query."""
    found = customers.reachable(db, [one.id for one in recipients if one.id is not None])
    return {id for id, one in found.items() if one.phone and rules.international(one.phone)}


def with_mail(db: Session, kind_id: str, recipients: Sequence[Recipient]) -> set[int]:
    """Of these customers, who has an e-mail address: one query."""
    found = customers.reachable(db, [one.id for one in recipients if one.id is not None])
    return {id for id, one in found.items() if one.email}


def group_of(db: Session, recipient: Recipient) -> str | None:
    """A robot speaks to its own group, whoever of the staff is meant; never to customers. Its address is a secret, so it is not told."""
    return None if recipient.kind == "customer" else GROUP


def _contact(db: Session, recipient: Recipient) -> customers.Contact | None:
    if recipient.kind != "customer" or recipient.id is None:
        return None
    try:
        return customers.contact_of(db, recipient.id)
    except NotFound:
        return None
