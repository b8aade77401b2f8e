"""``audit.record``: one row per act, in the transaction of the act."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from enum import Enum
from numbers import Number
from typing import Any

from sqlalchemy import CursorResult, Row, insert, inspect, select
from sqlalchemy.orm import Session

from ..db.people import Subject, erase_person, keys_of, seal_for, unseal_with
from ..i18n.wording import keep_text, kept_text
from ..kernel.actors import Actor
from ..kernel.ids import Code
from ..kernel.money import Money
from ..kernel.trace import current_trace
from . import chain
from .canonical import canonical_hash
from .models import AuditEntry

__all__ = ["Subject", "TimelineEntry", "Told", "canonical_hash", "counted", "erase_person", "read_pii", "record", "timeline", "told"]
_table = AuditEntry.__table__
_COUNTED = "zhanggui_audited"  # acts of this transaction, by their target
_INSERT = insert(_table)  # made once: building a statement costs more than running it


def record(
    db: Session, action: str, *, target: Any = None, label: str = "", actor: Actor, now: datetime,
    before: Mapping[str, Any] | None = None, after: Mapping[str, Any] | None = None, reason: Any = "",
    subject: Subject | None = None, pii: Mapping[str, Any] | None = None,
) -> None:  # fmt: skip
    """Write what happened beside what happened.

    Texts are sealed, whoever wrote them: ``reason``, ``pii``, and of ``label``, ``before`` and ``after`` all that is no
    number, time, ``Money``, member of an enum or :class:`~zhanggui.kernel.ids.Code`.

    :param action: ``<plugin>.<thing>.<past verb>``, as in ``orders.order.canceled``.
    :param target: the mapped row, or ``("orders.Order", id)``.
    :param subject: the person whom the act is about: the texts are sealed with their key, and erased with it.
    :param reason: what somebody wrote, or a lazy text of the program's own: that is read in the language of each reader.
    :param pii: personal data that are not part of before and after.
    """
    target_type, target_id = _target(target)
    trace = current_trace()
    values = {
        "at": now, "action": action, "target_type": target_type, "target_id": target_id,
        "actor_kind": actor.kind, "actor_id": actor.id, "actor_name": actor.name[:128], "ip": actor.ip,
        **sealed_parts(db, label=label, before=before, after=after, reason=reason, pii=pii, subject=subject, now=now),
        "correlation": trace.correlation, "causation": trace.causation,
    }  # fmt: skip
    values["hash"] = canonical_hash(values)
    made: CursorResult[Any] = db.execute(_INSERT, values)  # type: ignore[assignment] # an insert answers a cursor
    chain.add(db, made.inserted_primary_key[0], values["hash"])  # type: ignore[index] # one row was written
    db.info.setdefault(_COUNTED, Counter())[target_type, target_id] += 1


def counted(db: Session, target: Any) -> int:
    """How many acts on a target (as :func:`record` takes it) this session has recorded: whether a service left a trail of its own."""
    return int(db.info.get(_COUNTED, {}).get(_target(target), 0))


def sealed_parts(
    db: Session, *, label: str, before: Mapping[str, Any] | None, after: Mapping[str, Any] | None, reason: Any,
    pii: Mapping[str, Any] | None, subject: Subject | None, now: datetime,
) -> dict[str, Any]:  # fmt: skip
    """The columns of a row that hold what people wrote: what stays readable, and the sealed rest."""
    texts: dict[str, Any] = {"reason": keep_text(reason), "pii": _plain(pii)}
    clear: dict[str, Any] = {}
    for name, values in (("before", before), ("after", after)):
        clear[name] = None if values is None else {k: _json(v) for k, v in values.items() if _is_open(v)}
        texts[name] = {k: _json(v) for k, v in (values or {}).items() if not _is_open(v)}
    clear["label"] = str(label)[:200] if isinstance(label, Code) else ""
    texts["label"] = "" if clear["label"] else str(label)[:200]
    texts = {name: text for name, text in texts.items() if text}
    return {
        **clear, "subject_type": subject[0] if subject else None, "subject_id": str(subject[1]) if subject else None,
        "sealed": seal_for(db, subject, texts, now) if texts else None,
    }  # fmt: skip


def _is_open(value: Any) -> bool:
    """Whether a value can be read as it is: no text that a person could have written."""
    if isinstance(value, Mapping):
        return all(_is_open(v) for v in value.values())
    if isinstance(value, list | tuple | set | frozenset):
        return all(_is_open(v) for v in value)
    return value is None or value == "" or isinstance(value, Number | Enum | Code | Money | date | datetime)


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


# -- reading --------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Told:
    """What a row of the trail says, with its texts; those of an erased person are gone."""

    label: str = ""
    reason: str = ""
    before: Mapping[str, Any] = field(default_factory=dict)
    after: Mapping[str, Any] = field(default_factory=dict)
    pii: Mapping[str, Any] | None = None


def told(db: Session, rows: Iterable[Row[Any] | AuditEntry]) -> list[Told]:
    """What these rows of the trail say: one query for the keys of all the people they are about."""
    rows = list(rows)
    subjects = [(row.subject_type, row.subject_id) if row.subject_type else None for row in rows]
    keys = keys_of(db, [s for s, row in zip(subjects, rows, strict=True) if s and row.sealed is not None])
    found = []
    for row, subject in zip(rows, subjects, strict=True):
        texts = (unseal_with(keys, subject, row.sealed) if row.sealed is not None else None) or {}
        found.append(
            Told(
                row.label or texts.get("label", ""), kept_text(texts.get("reason", "")), {**(row.before or {}), **texts.get("before", {})},
                {**(row.after or {}), **texts.get("after", {})}, texts.get("pii"),
            )
        )  # fmt: skip
    return found


def read_pii(db: Session, entry: AuditEntry) -> Mapping[str, Any] | None:
    """The personal data of an entry; None when there is none or the person was erased."""
    return told(db, [entry])[0].pii


@dataclass(frozen=True)
class TimelineEntry:
    """One step in the life of a row, for its detail page."""

    at: datetime
    action: str
    actor: str  # his name for whoever reads
    reason: str
    before: Mapping[str, Any]
    after: Mapping[str, Any]
    id: int = 0
    by: tuple[str, int | None, str] = ("", None, "")  # kind, id and name, as the trail has them
    what: str = ""  # the act in words


def timeline(db: Session, target_type: str, target_id: Any, *, limit: int = 100) -> list[TimelineEntry]:
    """What happened to one row, newest first."""
    c = _table.c
    rows: Sequence[Row[Any]] = db.execute(
        select(*c).where(c.target_type == target_type, c.target_id == str(target_id)).order_by(c.id.desc()).limit(limit)
    ).all()
    return [
        TimelineEntry(
            row.at, row.action, row.actor_name, said.reason, said.before, said.after, row.id, (row.actor_kind, row.actor_id, row.actor_name)
        )
        for row, said in zip(rows, told(db, rows), strict=True)
    ]
