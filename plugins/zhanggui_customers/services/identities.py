"""Who a customer is to providers outside: signing in by an identity, and linking one more."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime

from sqlalchemy import func, insert, literal, select, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from zhanggui.api import SYSTEM, Actor, Code, DomainError, Invalid, Looked, NotFound, Pii, _l, one_at_a_time, record_audit

from .. import queries
from ..models import Customer, Identity
from ..rules import phone_index, subject_index
from .profile import CustomerIsBlocked, create_customer


class IdentityTaken(DomainError):
    """An identity leads to one customer; two are not made one by linking."""

    code = "identity_taken"
    status = 409
    message = _l("This sign-in belongs to another customer already.")


def find_or_create_by_identity(
    db: Session,
    *,
    provider: str,
    subject: str,
    name: str,
    now: datetime,
    phone: str | None = None,
    locale: str | None = None,
    admit: Callable[[], None] | None = None,
    also: Mapping[str, str] = {},
) -> Customer:
    """The customer behind an identity of the outside; made at the first visit, however many visit at once.

    :param locale: the language that he reads in now; it is kept.
    :param admit: is called before a new customer is made, and may refuse by raising; of those who visit at
        once, only the one who is made counts: what it wrote for the others is taken back.
    :param also: other ids of the same person, by provider. Whoever is not known by the first is himself by one of them;
        those that lead to nobody lead to him from now on, and those that lead to somebody else go on doing so.
    :raises CustomerIsBlocked: when the shop does not sell to this customer.
    """
    customer_id = _sign_in(db, provider, subject, now) or _known_by_another(db, provider, subject, also, now)
    if customer_id is None:
        try:
            with db.begin_nested():
                if admit is not None:
                    admit()
                customer_id = create_customer(
                    db, actor=SYSTEM, now=now, name=name, phone=phone, locale=locale, source="storefront"
                )
                _add(db, customer_id, provider, subject, now)
        except IntegrityError:  # another request made it in this moment
            customer_id = _sign_in(db, provider, subject, now)
            if customer_id is None:
                raise
    for name, other in also.items():
        if _customer_of(db, name, other) is None:
            _try_to_add(db, customer_id, name, other, now)
    found = queries.customer(db, customer_id)
    if found.blocked:
        raise CustomerIsBlocked()
    if locale is not None and found.locale != locale:
        # Past the version of the row: that somebody reads in another language makes nobody's form stale.
        db.execute(update(Customer.__table__).where(Customer.__table__.c.id == customer_id).values(locale=locale))
        db.refresh(found, ["locale"])
    return found


def find_or_create_by_phone(db: Session, *, name: str, phone: str, actor: Actor, now: datetime) -> int:
    """The customer who has this phone; made once, however many ask at once.

    Nobody is told who that is: whoever asks needs no right to look people up, and who has one finds them by the search.
    """
    try:
        index = phone_index(phone)
    except ValueError:
        raise Invalid(errors={"phone": _l("This is not a phone number.")}) from None
    one_at_a_time(db, f"customers.phone:{index}")
    c = Customer.__table__.c
    newest = select(c.id).where(c.phone_index == Looked(index), c.erased_at.is_(None)).order_by(c.last_order_at.desc().nulls_last(), c.id.desc())
    found = db.scalar(newest.limit(1))
    return int(found) if found is not None else create_customer(db, actor=actor, now=now, name=name, phone=phone)


def link_identity(db: Session, *, customer_id: int, provider: str, subject: str, actor: Actor, now: datetime) -> None:
    """Let a customer come in by one more identity. A second time changes nothing.

    :raises IdentityTaken: when it leads to somebody else.
    :raises NotFound: when there is no such customer, or he was erased.
    """
    if queries.customer_for_update(db, customer_id).erased_at is not None:
        raise NotFound(_l("There is no such customer."))
    try:
        with db.begin_nested():
            _add(db, customer_id, provider, subject, now)
    except IntegrityError:
        if _customer_of(db, provider, subject) != customer_id:
            raise IdentityTaken() from None
        return
    _record_link(db, customer_id, provider, actor, now)


def _record_link(db: Session, customer_id: int, provider: str, actor: Actor, now: datetime) -> None:
    record_audit(
        db, "customers.identity.linked", target=("customers.Customer", customer_id), label=Code(provider), actor=actor, now=now,
        subject=("customers.Customer", customer_id), after={"provider": Code(provider)},
    )  # fmt: skip


def _sign_in(db: Session, provider: str, subject: str, now: datetime) -> int | None:
    """The customer of an identity, which is used now; its subject is kept where the first release kept a digest alone."""
    return db.scalar(
        update(Identity)
        .where(Identity.provider == provider, Identity.subject_index == subject_index(provider, subject))
        .values(last_used_at=now, subject=func.coalesce(Identity.subject, literal(subject, Pii())))
        .returning(Identity.customer_id)
        .execution_options(synchronize_session=False)
    )


def _known_by_another(db: Session, provider: str, subject: str, also: Mapping[str, str], now: datetime) -> int | None:
    """The customer to whom another id of the same person leads; the new one leads to him too."""
    for name, other in also.items():
        customer_id = _sign_in(db, name, other, now)
        if customer_id is not None:
            _try_to_add(db, customer_id, provider, subject, now)
            return customer_id
    return None


def _try_to_add(db: Session, customer_id: int, provider: str, subject: str, now: datetime) -> None:
    try:
        with db.begin_nested():
            _add(db, customer_id, provider, subject, now)
    except IntegrityError:
        return  # another request was first: what it said stays
    _record_link(db, customer_id, provider, SYSTEM, now)


def _customer_of(db: Session, provider: str, subject: str) -> int | None:
    mine = (Identity.provider == provider) & (Identity.subject_index == subject_index(provider, subject))
    return db.scalar(select(Identity.customer_id).where(mine))


def _add(db: Session, customer_id: int, provider: str, subject: str, now: datetime) -> None:
    """:raises IntegrityError: when it leads to a customer already."""
    row = {
        "customer_id": customer_id, "provider": provider, "subject": subject, "subject_index": subject_index(provider, subject),
        "created_at": now, "last_used_at": now,
    }  # fmt: skip
    db.execute(insert(Identity.__table__), row)
