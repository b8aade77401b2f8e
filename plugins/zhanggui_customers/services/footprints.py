"""What one customer did, for who may see it: each look is written down."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import delete, select, update
from sqlalchemy.orm import Session

from zhanggui.api import Actor, public_id, record_audit

from ..models import BehaviourEvent, Visit, VisitorLink
from ..rules import PERSON

_event, _visit, _link = BehaviourEvent.__table__, Visit.__table__, VisitorLink.__table__


def _mine(customer_id: int, columns: Sequence[Any]) -> Any:
    """Events of the devices that were his when they came, as far as he agreed."""
    e, link = _event.c, _link.c
    his = (link.visitor == e.visitor) & (e.received_at >= link.since) & (link.until.is_(None) | (e.received_at < link.until))
    return select(*columns).join(_link, his).where(link.customer_id == customer_id, e.personal)


def look(db: Session, *, customer_id: int, actor: Actor, now: datetime) -> None:
    """Somebody looks at what a customer did."""
    record_audit(db, "customers.behaviour.seen", target=(PERSON, customer_id), subject=(PERSON, customer_id), actor=actor, now=now)


def footprints(db: Session, customer_id: int, limit: int) -> list[Any]:
    """The latest things that he did."""
    e = _event.c
    columns = (e.id, e.name, e.received_at, e.page, e.product_id, e.q, e.results, e.device)
    return list(db.execute(_mine(customer_id, columns).order_by(e.tick.desc(), e.id.desc()).limit(limit)))


def exported(db: Session, customer_id: int) -> list[dict[str, Any]]:
    """All that is kept of it, for himself."""
    e = _event.c
    return [dict(row._mapping) for row in db.execute(_mine(customer_id, (e.name, e.at, e.received_at, e.page, e.q, e.results, e.props, e.device)).order_by(e.tick, e.id))]


def forget(db: Session, customer_id: int) -> None:
    """His devices become ones that lead nowhere: what was done is still counted, and nobody knows by whom; what he searched is gone."""
    e, v, link = _event.c, _visit.c, _link.c
    for visitor in list(db.scalars(select(link.visitor).where(link.customer_id == customer_id).distinct().order_by(link.visitor))):
        nobody = f"erased:{public_id()}"
        db.execute(update(_event).where(e.visitor == visitor).values(visitor=nobody, q=None, props=None, session=nobody, personal=False))
        db.execute(update(_visit).where(v.visitor == visitor).values(visitor=nobody))
        db.execute(delete(_link).where(link.visitor == visitor))
