"""Whose signatures are believed, and fetching the certificates that say so."""

from __future__ import annotations

import logging
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey
from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from zhanggui.api import ProviderError, _, clock, one_at_a_time, unit_of_work
from zhanggui_payments.facade import Misconfigured, OutcomeUnknown, Retryable

from . import queries, rules, signing, wire
from .account import Account
from .models import Certificate

log = logging.getLogger(__name__)
PATH, PUBLIC = "/v3/certificates", "PUB_KEY_ID_"


@dataclass(frozen=True)
class Fetched:
    """A certificate of theirs as it was sent to this merchant."""

    serial: str
    text: str
    effective_at: datetime
    expires_at: datetime


class Believed:
    """Their key by its number: the public key that was entered, and the certificates that were fetched. Asks nobody outside."""

    def __init__(self, account: Account, certificates: Mapping[str, str] | None = None) -> None:
        self._account, self._certificates = account, certificates

    def __call__(self, serial: str) -> RSAPublicKey | None:
        if self._account.public is not None and serial == self._account.public_key_id:
            return self._account.public
        if self._certificates is None:
            self._certificates = queries.certificates(clock.now())
        wanted = serial.upper().lstrip("0")
        found = next((text for number, text in self._certificates.items() if number.lstrip("0") == wanted), None)
        return signing.public_key(found) if found else None


class Asking(Believed):
    """The same for the answer to a question of ours: with a number that is not known, the certificates are fetched once.

    Never for what comes in by itself: anybody could send numbers, and each would be a call.
    """

    def __call__(self, serial: str) -> RSAPublicKey | None:
        found = super().__call__(serial)
        if found is not None or serial.startswith(PUBLIC):
            return found
        try:
            refresh(self._account)
        except ProviderError as trouble:
            log.warning("the certificates of WeChat Pay could not be fetched: %s", trouble)
            return None
        self._certificates = None
        return super().__call__(serial)


def fetch(account: Account) -> list[Fetched]:
    """The certificates with which they sign for this merchant: proven to be theirs by the APIv3 key, as nothing else is at first.

    :raises Misconfigured: when the APIv3 key is another one, or they do not know this shop.
    :raises Declined: when this merchant has the public key alone.
    """
    answer = wire.send(account, "GET", PATH)
    try:
        content = rules.read_object(answer.body)
    except ValueError:
        raise OutcomeUnknown(_("WeChat Pay gave an answer that cannot be read.")) from None
    if answer.status in (400, 401, 403):
        raise Misconfigured(wire.refusal(account, str(content.get("code")), content))
    if answer.status == 404:
        raise wire.declined(wire.Said(404, str(content.get("code", "404")), content))
    if answer.status != 200:
        raise Retryable(_("WeChat Pay has trouble: status %(status)s.", status=answer.status))
    rows = content.get("data")
    return [_read(account, row) for row in (rows if isinstance(rows, list) else ())]


def _read(account: Account, row: Any) -> Fetched:
    try:
        sealed = row["encrypt_certificate"]
        nonce, associated, ciphertext = (rules.text_of(sealed, name) for name in ("nonce", "associated_data", "ciphertext"))
    except (KeyError, TypeError, ValueError, AttributeError):
        raise OutcomeUnknown(_("WeChat Pay gave an answer that cannot be read.")) from None
    try:
        text = signing.opened(account.api_v3_key, nonce, associated, ciphertext).decode()
    except ValueError:
        raise Misconfigured(_("The APIv3 key is not the one that is set in the merchant console.")) from None
    try:
        found = signing.certificate(text)
        signing.public_key(text)
    except ValueError:
        raise OutcomeUnknown(_("WeChat Pay gave an answer that cannot be read.")) from None
    return Fetched(signing.serial_of(found), text, found.not_valid_before_utc, found.not_valid_after_utc)


def refresh(account: Account) -> int:
    """Fetch the certificates and keep them; answers how many. Those that are there stay until they expire, whatever comes.

    :raises ProviderError: see :func:`fetch`.
    """
    found = fetch(account)
    with unit_of_work() as db:
        keep(db, found, now=clock.now())
    return len(found)


def keep(db: Session, found: Sequence[Fetched], *, now: datetime) -> None:
    """Add what is new, and drop what has expired."""
    one_at_a_time(db, "wechatpay.certificates")
    known = set(db.scalars(select(Certificate.serial)))
    db.add_all(
        Certificate(serial=one.serial, text=one.text, effective_at=one.effective_at, expires_at=one.expires_at, fetched_at=now)
        for one in {one.serial: one for one in found}.values()
        if one.serial not in known
    )
    db.execute(delete(Certificate).where(Certificate.expires_at < now))
