"""What other plugins may ask of customers."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any

from sqlalchemy.orm import Session

from zhanggui.api import Actor, clock, current_actor

from . import behaviour, queries
from .contracts import AddressView, BehaviourTaken, Contact, CustomerRecord, CustomerView, PastVisit, Purchases, Reachable
from .rules import masked_phone, name_index, normal_phone, phone_index
from .services import addresses, counters, history, identities, intake, past
from .services.addresses import TooManyAddresses
from .services.identities import IdentityTaken
from .services.profile import CustomerIsBlocked

__all__ = [
    "AddressView", "BehaviourTaken", "Contact", "CustomerIsBlocked", "CustomerRecord", "CustomerView", "IdentityTaken", "PastVisit", "Purchases", "Reachable",
    "TooManyAddresses", "add_address", "add_purchases", "address_of", "addresses_of", "contact_of", "customer",
    "customer_for_update", "find_or_create_by_identity", "find_or_create_by_phone", "ids_by_key", "keys_by_id", "link_identity", "masked_phone", "name_index",
    "names",
    "normal_phone", "phone_index", "reachable", "record_behaviour", "record_past_visits", "with_identity", "remove_address", "subject_of", "update_address", "upsert_customers",
]  # fmt: skip


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
    also: Mapping[str, str] | None = None,
) -> CustomerView:
    """The customer behind an identity (``provider="wechat"``, ``subject=openid``), made at the first visit.

    :param locale: the language that he reads in now; it is kept.
    :param admit: is called before a new customer is made, and may refuse by raising.
    :param also: other ids of the same person, by provider: see ``services.identities``.
    :raises CustomerIsBlocked: when the shop does not sell to this customer.
    """
    found = identities.find_or_create_by_identity(
        db, provider=provider, subject=subject, name=name, now=now, phone=phone, locale=locale, admit=admit, also=also or {}
    )
    return queries.view_of_customer(found)


def find_or_create_by_phone(db: Session, *, name: str, phone: str, actor: Actor, now: datetime) -> int:
    """The customer who has this phone, the one seen last where several do; a new one where none does. Answers the id.

    :raises Invalid: when it is no phone, or a new customer has no name.
    """
    return identities.find_or_create_by_phone(db, name=name, phone=phone, actor=actor, now=now)


def link_identity(db: Session, *, customer_id: int, provider: str, subject: str, actor: Actor, now: datetime) -> None:
    """Let a customer come in by one more identity. A second time changes nothing.

    :raises IdentityTaken: when it leads to another customer.
    :raises NotFound: when there is no such customer, or he was erased.
    """
    identities.link_identity(db, customer_id=customer_id, provider=provider, subject=subject, actor=actor, now=now)


def subject_of(db: Session, customer_id: int, provider: str) -> str | None:
    """How a provider calls a customer (``subject_of(db, 7, "wechat")``: his openid), to send him something there.

    None when he never came by this provider, was erased, or last came before the shop kept more than a digest.
    """
    return queries.subject_of(db, customer_id, provider)


def contact_of(db: Session, customer_id: int) -> Contact:
    """How a customer is reached, and in which language.

    :raises NotFound: when there is none, or he was erased.
    """
    return queries.contact_of(db, customer_id)


def reachable(db: Session, customer_ids: Collection[int]) -> dict[int, Reachable]:
    """How many customers are reached, in one query; those who were erased are not among them."""
    return queries.reachable(db, customer_ids)


def with_identity(db: Session, customer_ids: Collection[int], provider: str) -> set[int]:
    """Of these customers, whom a provider knows: see ``subject_of``. One query."""
    return queries.with_identity(db, customer_ids, provider)


def customer(db: Session, customer_id: int) -> CustomerView:
    """One customer.

    :raises NotFound: when there is none.
    """
    return queries.view_of_customer(queries.customer(db, customer_id))


def customer_for_update(db: Session, customer_id: int) -> CustomerView:
    """One customer, locked: nobody blocks him, and no other order of his is placed, until this transaction ends.

    :raises NotFound: when there is none.
    """
    return queries.view_of_customer(queries.customer_for_update(db, customer_id))


def names(db: Session, customer_ids: Collection[int]) -> dict[int, str]:
    """What customers are called, in one query."""
    return queries.names(db, customer_ids)


def address_of(db: Session, *, customer_id: int, address_id: str) -> AddressView:
    """An address of this customer, by its public id.

    :raises NotFound: when there is none, or it is somebody else's.
    """
    return queries.view_of_address(queries.address_of(db, customer_id, address_id))


def addresses_of(db: Session, customer_id: int) -> list[AddressView]:
    """The addresses that a customer keeps, the default first."""
    return [queries.view_of_address(address) for address in queries.addresses(db, customer_id)]


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
) -> AddressView:
    """A new address of a customer.

    :raises Invalid: naming what is missing or no phone number.
    :raises TooManyAddresses: when the customer keeps as many as the shop allows.
    """
    made = addresses.add_address(
        db, customer_id=customer_id, name=name, phone=phone, region=region, detail=detail, is_default=is_default,
        actor=actor, now=now,
    )  # fmt: skip
    return queries.view_of_address(made)


def update_address(
    db: Session,
    *,
    customer_id: int,
    address_id: str,
    name: str,
    phone: str,
    region: Sequence[str],
    detail: str,
    is_default: bool = False,
    actor: Actor,
    now: datetime,
) -> AddressView:
    """Change an address of this customer.

    :raises NotFound: when there is none, or it is somebody else's.
    """
    changed = addresses.update_address(
        db, customer_id=customer_id, public_id=address_id, name=name, phone=phone, region=region, detail=detail,
        is_default=is_default, actor=actor, now=now,
    )  # fmt: skip
    return queries.view_of_address(changed)


def remove_address(db: Session, *, customer_id: int, address_id: str, actor: Actor, now: datetime) -> None:
    """Take an address of this customer out of his list.

    :raises NotFound: when there is none, or it is somebody else's.
    """
    addresses.remove_address(db, customer_id=customer_id, public_id=address_id, actor=actor, now=now)


def add_purchases(db: Session, purchases: Iterable[Purchases]) -> None:
    """Add orders of the past, for which no event was published, to the customers' counters."""
    counters.add_purchases(db, purchases)


def upsert_customers(
    db: Session,
    records: Sequence[CustomerRecord],
    *,
    batch_id: str = "",
    actor: Actor | None = None,
    now: datetime | None = None,
) -> dict[str, int]:
    """Store customers of an import by their key, in few statements. ``{key: customer id}``."""
    return history.upsert_customers(
        db, records, batch_id=batch_id, actor=actor or current_actor(), now=now or clock.now()
    )


def ids_by_key(db: Session, keys: Sequence[str]) -> dict[str, int]:
    """``{key: customer id}`` of those customers of an import that there are."""
    return history.customer_ids(db, keys)


def keys_by_id(db: Session, customer_ids: Collection[int]) -> dict[int, str]:
    """How customers are known in files, in one query."""
    return queries.file_keys(db, customer_ids)


def record_behaviour(
    db: Callable[[], Session], given: Sequence[Any], *, consent: Collection[str], customer_id: int | None, agent: str, mark: str,
    products: Callable[[Session, Collection[str]], Mapping[str, int]], sent_at: datetime | None, now: datetime,
) -> BehaviourTaken:  # fmt: skip
    """Keep what a visitor of the shop did, as far as he agreed: everything is checked before ``db()`` opens a transaction.

    :param given: events as a client sends them.
    :param consent: what he agreed to, of ``needed``, ``measure``, ``personal``.
    :param customer_id: who has signed in there.
    :param agent: what the client says that it is.
    :param mark: ``staff`` or ``test`` where these are no customers.
    :param products: public id -> id of products that are meant.
    :param sent_at: when the client sent it, by its own clock.
    """
    read = [behaviour.read(one) for one in given]
    said = [one for one in read if one is not None]
    taken = BehaviourTaken(len(said), len(read) - len(said), sum(one.dropped for one in said))
    if not said:
        return taken
    session = db()
    meant = {one.props["product"] for one in said if "product" in one.props} if behaviour.consents(consent) else set()
    found = products(session, meant) if meant else {}
    too_many = intake.record_events(
        session, said, consent=consent, customer_id=customer_id, agent=agent, mark=mark, products=found, sent_at=sent_at, now=now
    )
    return replace(taken, accepted=taken.accepted - too_many, refused=taken.refused + too_many)


def record_past_visits(db: Session, visits: Sequence[PastVisit]) -> int:
    """Book visits of the past, with their sessions and counts; answers how many events they have."""
    return past.record_past(db, visits)
