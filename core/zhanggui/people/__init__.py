"""All that the shop knows of one person: found, written out, erased; every plugin answers for its own rows.

A person is named as in the audit trail: ``("customers.Customer", 7)``, or the order of a guest.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from .. import approvals, audit
from ..auth import tokens
from ..db import people as keys
from ..db.people import Subject
from ..db.uow import reading
from ..host import current_host
from ..host.declare import PersonalData
from ..host.models import PluginState
from ..i18n.texts import lazy_gettext as _l
from ..importing.brought import forget_person
from ..jobs import enqueue, job
from ..kernel import clock
from ..kernel.actors import SYSTEM, Actor
from ..kernel.errors import DomainError
from ..runtime import current_runtime

AGAIN = timedelta(minutes=10)  # longer than any request: who was buying at the same moment has ended by then


class PluginIsAway(DomainError):
    """A plugin that may know the person cannot answer."""

    code = "plugin_away"
    message = _l("%(plugins)s may know this person and cannot answer now: switch it on first, or remove it with its data.")


def _answers() -> list[tuple[str, PersonalData]]:
    """Who answers, whoever is required first.

    :raises PluginIsAway: while one with rows about people is switched off or quarantined: half an answer would be none.
    """
    from ..host.host import named
    from ..host.service import found_plugins

    host, manifests = current_host(), found_plugins(current_runtime()).manifests
    with reading() as db:
        known = set(db.scalars(select(PluginState.id)))
    away = [i for i in sorted(known) if i in manifests and manifests[i].data.get("pii") and i not in host.manifests]
    if away:
        raise PluginIsAway(plugins=", ".join(str(named(i, manifests)) for i in away))
    return [(plugin, data) for plugin, part in host.parts.items() for data in part.personal_data if data.because is None]


def find_person(db: Session, text: str, *, actor: Actor) -> list[Subject]:
    """Whom a whole phone number, e-mail address or name can stand for, each once.

    Each plugin asks for the right to reveal, counts and records as its own search does.
    """
    found: dict[tuple[str, str], Subject] = {}
    for _plugin, data in _answers():
        for kind, number in _of(data.find)(db, text, actor=actor):
            found.setdefault((kind, str(number)), (kind, number))
    return list(found.values())


def export_person(db: Session, person: Subject, *, actor: Actor, now: datetime) -> dict[str, Any]:
    """Everything about a person, by plugin, as plain JSON; that it was written out stands in the trail.

    :raises PluginIsAway: when somebody cannot answer.
    """
    told: dict[str, Any] = {}
    for plugin, data in _answers():
        rows = _of(data.export)(db, person)
        if rows:
            told.setdefault(plugin, {}).update(rows)
    told["core"] = _core_rows(db, person, now)
    audit.record(db, "core.person.exported", target=person, subject=person, actor=actor, now=now)
    plain: dict[str, Any] = json.loads(json.dumps({"person": f"{person[0]}:{person[1]}", "known": told}, default=_plain))
    return plain


def erase_person(db: Session, person: Subject, *, actor: Actor, now: datetime) -> None:
    """Forget a person everywhere, in one transaction: rows of every plugin, tokens, requests, and the key of the trail.

    It is done once more a little later, for what was being written at the same moment.

    :raises PluginIsAway: when somebody cannot answer; nothing is erased then.
    """
    _erase(db, person, actor, now)
    audit.record(db, "core.person.erased", target=person, actor=actor, now=now)
    enqueue(db, erase_again, run_at=now + AGAIN, person=[person[0], person[1]])


@job(_l("Erase personal data once more, in case something came in between"))
def erase_again(db: Session, *, person: list[Any], **_from_newer_releases: object) -> None:
    """A person was erased a moment ago."""
    _erase(db, (person[0], person[1]), SYSTEM, clock.now())


def _erase(db: Session, person: Subject, actor: Actor, now: datetime) -> None:
    for _plugin, data in _answers():
        _of(data.erase)(db, person, actor=actor, now=now)
    tokens.revoke_all(db, person, now)
    approvals.erase_about(db, person, now)
    forget_person(db, person)
    keys.erase_person(db, person)


def _core_rows(db: Session, person: Subject, now: datetime) -> dict[str, Any]:
    c = audit.AuditEntry.__table__.c
    mine = (c.subject_type == person[0]) & (c.subject_id == str(person[1]))
    rows = db.execute(select(*c).where(mine).order_by(c.id)).all()
    trail = [
        {"at": row.at, "action": row.action, "label": said.label, "reason": said.reason, "before": said.before, "after": said.after, "more": said.pii}
        for row, said in zip(rows, audit.told(db, rows), strict=True)
    ]  # fmt: skip
    devices = [
        {"kind": t.kind, "since": t.created_at, "last_used": t.last_used_at, "until": t.expires_at} for t in tokens.tokens_of(db, None, person, now)
    ]  # fmt: skip
    return {"trail": trail, "tokens": devices, "requests": approvals.about(db, person)}


def _of(function: Callable[..., Any] | None) -> Callable[..., Any]:
    assert function is not None  # looked at when it was loaded
    return function


def _plain(value: Any) -> Any:
    return value.isoformat() if hasattr(value, "isoformat") else value.as_json() if hasattr(value, "as_json") else str(value)
