"""One key for each person: what is copied to places that are never altered is sealed with it, and erased with it."""

from __future__ import annotations

import base64
import json
import os
from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from sqlalchemy import LargeBinary, String, delete, select, tuple_
from sqlalchemy.orm import Mapped, Session, mapped_column

from . import crypto
from .base import Model
from .types import UTCDateTime
from .upsert import insert_or_skip

Subject = tuple[str, Any]  # ("customers.Customer", 12)
_MARK = "sealed"


class PersonKey(Model):
    """The key of one person's data in places that are never altered. Deleting it makes that data unreadable for good."""

    __tablename__ = "core__person_key"

    subject_type: Mapped[str] = mapped_column(String(100), primary_key=True)
    subject_id: Mapped[str] = mapped_column(String(64), primary_key=True)
    key: Mapped[bytes] = mapped_column(LargeBinary, nullable=False)  # sealed by the instance's key
    created_at: Mapped[datetime] = mapped_column(UTCDateTime, nullable=False)


_keys = PersonKey.__table__
_KEY = select(_keys.c.key)


def _plain(subject: Subject) -> tuple[str, str]:
    return subject[0], str(subject[1])


def keys_of(db: Session, subjects: Iterable[Subject]) -> dict[tuple[str, str], bytes]:
    """The keys of those people who have one and were not erased, in one query."""
    wanted = {_plain(subject) for subject in subjects}
    if not wanted:
        return {}
    c = _keys.c
    rows = db.execute(select(c.subject_type, c.subject_id, c.key).where(tuple_(c.subject_type, c.subject_id).in_(wanted)))
    return {(row.subject_type, row.subject_id): bytes.fromhex(crypto.unseal(row.key)) for row in rows}


def _key_for(db: Session, subject: Subject, now: datetime) -> bytes:
    """A person's key, made at the first text about them; two processes at once agree on one."""
    kind, number = _plain(subject)
    mine = _KEY.where(_keys.c.subject_type == kind, _keys.c.subject_id == number)
    found = db.scalar(mine)
    if found is None:
        made = crypto.seal(AESGCM.generate_key(256).hex())
        insert_or_skip(db, PersonKey, subject_type=kind, subject_id=number, key=made, created_at=now)
        found = db.scalars(mine).one()
    return bytes.fromhex(crypto.unseal(found))


def seal_for(db: Session, subject: Subject | None, value: Any, now: datetime) -> bytes:
    """A JSON value under the key of ``subject``; of nobody in particular, under the instance's."""
    text = json.dumps(value, ensure_ascii=False)
    if subject is None:
        return crypto.seal(text)
    nonce = os.urandom(12)
    return nonce + AESGCM(_key_for(db, subject, now)).encrypt(nonce, text.encode(), None)


def unseal_with(keys: Mapping[tuple[str, str], bytes], subject: Subject | None, sealed: bytes) -> Any:
    """The value again, with keys that :func:`keys_of` found; None when the person was erased, whatever was written of him later."""
    if subject is None:
        return json.loads(crypto.unseal(sealed))
    key = keys.get(_plain(subject))
    if key is None:
        return None
    try:
        return json.loads(AESGCM(key).decrypt(sealed[:12], sealed[12:], None))
    except InvalidTag:  # sealed before he was erased; what came after has a key of its own
        return None


def envelope(db: Session, subject: Subject | None, value: Any, now: datetime) -> dict[str, Any]:
    """A sealed value that can stand in JSON, as events carry it."""
    return {_MARK: base64.b64encode(seal_for(db, subject, value, now)).decode(), "of": list(_plain(subject)) if subject else None}


def _is_envelope(value: Any) -> bool:
    return isinstance(value, dict) and set(value) == {_MARK, "of"}


def opened(db: Session, values: Mapping[str, Any]) -> dict[str, Any]:
    """Values with their envelopes opened; what was of an erased person is None."""
    closed = {name: value for name, value in values.items() if _is_envelope(value)}
    if not closed:
        return dict(values)
    owners = {name: (value["of"][0], value["of"][1]) if value["of"] else None for name, value in closed.items()}
    keys = keys_of(db, [owner for owner in owners.values() if owner])
    return {**values, **{n: unseal_with(keys, owners[n], base64.b64decode(v[_MARK])) for n, v in closed.items()}}


def erase_person(db: Session, subject: Subject) -> bool:
    """Make what was sealed for one person unreadable for good. True when there was anything."""
    kind, number = _plain(subject)
    done: Any = db.execute(delete(_keys).where(_keys.c.subject_type == kind, _keys.c.subject_id == number))
    return bool(done.rowcount)
