"""Rows that came while somebody looks at something else: asked for every few seconds, answered from the keys alone."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from ..host import current_host
from ..kernel.errors import BadRequest
from ..kernel.reader import Reader
from .describe import Screen
from .gateway import gateway

POLL = 4  # seconds until the next question of a page that somebody looks at: what is new shows within five
SLOW = 60  # of one that nobody sees
MOST = 99  # more than these are not counted


def screens(reader: Reader) -> list[Screen]:
    """The lists that tell what is new, of those that this reader may see."""
    return [s for s in current_host().screens.values() if s.news and reader.may("can_list", s.resource)]


def asked(args: Mapping[str, str]) -> dict[str, int]:
    """The newest key that a browser knows of each list: ``?orders.Order=17``.

    :raises BadRequest: for what is no key.
    """
    known = {}
    for name, text in args.items():
        if not (text.isascii() and text.isdigit() and len(text) < 19):
            raise BadRequest(f"{name[:40]} is no key", field=name[:40])
        known[name] = int(text)
    return known


def newest(db: Session, reader: Reader, known: Mapping[str, int]) -> dict[str, int]:
    """The newest key of each list beyond what is known, else what is known: one look at the end of an index each."""
    found = {}
    for screen in screens(reader):
        key, since = gateway.table(screen).c[screen.key], known.get(screen.resource, 0)
        beyond = select(key).where(key > since, *gateway.allowed(screen, reader.actor)).order_by(key.desc()).limit(1)
        found[screen.resource] = db.scalar(beyond) or since
    return found


def counted(db: Session, reader: Reader, known: Mapping[str, int]) -> dict[str, dict[str, Any]]:
    """What is new in each list: ``{resource: {"newest", "count", "href"}}``; of a list that nothing is known of there is no count."""
    told: dict[str, dict[str, Any]] = {}
    last = newest(db, reader, known)
    for screen in screens(reader):
        since, key = known.get(screen.resource), gateway.table(screen).c[screen.key]
        count = 0
        if since is not None and last[screen.resource] > since:
            some = select(key).where(key > since, *gateway.allowed(screen, reader.actor)).limit(MOST)
            count = int(db.scalar(select(func.count()).select_from(some.subquery())) or 0)
        told[screen.resource] = {"newest": last[screen.resource], "count": count, "href": f"{screen.route}/"}
    return told
