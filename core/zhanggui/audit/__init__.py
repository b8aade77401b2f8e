"""``audit.record``: one row per act, in the transaction of the act."""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from sqlalchemy import delete, insert, inspect, select
from sqlalchemy.orm import Session

from ..db import crypto
from ..db.upsert import insert_or_skip
from ..kernel.actors import Actor
from ..kernel.money import Money
from ..kernel.trace import current_trace
from .models import AuditEntry, PersonKey

_INSERT = insert(AuditEntry.__table__)  # made once: building a statement costs more than running it
Subject = tuple[str, Any]  # ("customers.Customer", 12)


def record(
    db: Session, action: str, *, target: Any = None, label: str = "", actor: Actor, now: datetime,
    before: Mapping[str, Any] | None = None, after: Mapping[str, Any] | None = None, reason: str = "",
    subject: Subject | None = None, pii: Mapping[str, Any] | None = None,
) -> None:  # fmt: skip
    """Write what happened beside what happened.

    :param action: ``<plugin>.<thing>.<past verb>``, as in ``orders.order.canceled``.
    :param target: the mapped row, or ``("orders.Order", id)``.
    :param pii: personal data, sealed under the key of ``subject``; never put any into before and after.
    """
    target_type, target_id = _target(target)
    trace = current_trace()
    values = {
        "at": now, "action": action, "target_type": target_type, "target_id": target_id, "label": label[:200],
        "actor_kind": actor.kind, "actor_id": actor.id, "actor_name": actor.name[:128], "ip": actor.ip,
        "before": _plain(before), "after": _plain(after), "reason": reason,
        "subject_type": subject[0] if subject else None, "subject_id": str(subject[1]) if subject else None,
        "sealed": _seal(db, subject, pii, now) if subject and pii else None,
        "correlation": trace.correlation, "causation": trace.causation,
    }  # fmt: skip
    values["hash"] = canonical_hash(values)
    db.execute(_INSERT, values)


def canonical_hash(values: Mapping[str, Any]) -> str:
    """SHA-256 over a row's canonical form: sorted keys, UTC times, no white space."""
    plain = {k: _canonical(v) for k, v in values.items() if k not in ("id", "hash", "previous_hash")}
    return hashlib.sha256(json.dumps(plain, sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode()).hexdigest()


def _canonical(value: Any) -> Any:
    if isinstance(value, bytes):
        return value.hex()
    return value.isoformat() if isinstance(value, datetime) else value


def _target(target: Any) -> tuple[str, str]:
    if target is None:
        return "", ""
    if isinstance(target, tuple):
        return str(target[0]), str(target[1])
    plugin = type(target).__tablename__.split("__")[0]
    identity = inspect(target).identity or (getattr(target, "id", ""),)
    return f"{plugin}.{type(target).__name__}", str(identity[0])


def _plain(values: Mapping[str, Any] | None) -> dict[str, Any] | None:
    return None if values is None else {k: _json(v) for k, v in values.items()}


def _json(value: Any) -> Any:
    if isinstance(value, Money):
        return value.as_json()
    if isinstance(value, datetime | date):
        return value.isoformat()
    if isinstance(value, Mapping):
        return {str(k): _json(v) for k, v in value.items()}
    if isinstance(value, list | tuple | set | frozenset):
        return [_json(v) for v in value]
    return value if isinstance(value, str | int | float | bool | None) else str(value)


# -- personal data --------------------------------------------------------------------------------


def _key_of(db: Session, subject: Subject, now: datetime | None) -> bytes | None:
    found = db.get(PersonKey, (subject[0], str(subject[1])))
    if found is None:
        if now is None:
            return None
        # Of two acts on a new person at once one makes the key and both use it.
        fresh = crypto.seal(AESGCM.generate_key(256).hex())
        insert_or_skip(db, PersonKey, subject_type=subject[0], subject_id=str(subject[1]), key=fresh, created_at=now)
        found = db.get_one(PersonKey, (subject[0], str(subject[1])))
    return bytes.fromhex(crypto.unseal(found.key))


def _seal(db: Session, subject: Subject, pii: Mapping[str, Any], now: datetime) -> bytes:
    key = _key_of(db, subject, now)
    assert key is not None
    nonce = os.urandom(12)
    return nonce + AESGCM(key).encrypt(nonce, json.dumps(_plain(pii), ensure_ascii=False).encode(), None)


def read_pii(db: Session, entry: AuditEntry) -> dict[str, Any] | None:
    """The personal data of an entry; None when there is none or the person was erased."""
    if entry.sealed is None or entry.subject_type is None:
        return None
    key = _key_of(db, (entry.subject_type, entry.subject_id), None)
    if key is None:
        return None
    found: dict[str, Any] = json.loads(AESGCM(key).decrypt(entry.sealed[:12], entry.sealed[12:], None))
    return found


def erase_person(db: Session, subject: Subject) -> bool:
    """Make one person's data in the trail unreadable for good. True when there was any."""
    done = db.execute(delete(PersonKey).where(PersonKey.subject_type == subject[0], PersonKey.subject_id == str(subject[1])))
    return bool(done.rowcount)


# -- reading --------------------------------------------------------------------------------------


@dataclass(frozen=True)
class TimelineEntry:
    """One step in the life of a row, for its detail page."""

    at: datetime
    action: str
    actor: str
    reason: str
    before: Mapping[str, Any]
    after: Mapping[str, Any]


def timeline(db: Session, target_type: str, target_id: Any, *, limit: int = 100) -> list[TimelineEntry]:
    """What happened to one row, newest first."""
    c = AuditEntry.__table__.c
    rows = db.execute(
        select(c.at, c.action, c.actor_name, c.reason, c.before, c.after)
        .where(c.target_type == target_type, c.target_id == str(target_id))
        .order_by(c.id.desc())
        .limit(limit)
    )
    return [TimelineEntry(r.at, r.action, r.actor_name, r.reason, r.before or {}, r.after or {}) for r in rows]
