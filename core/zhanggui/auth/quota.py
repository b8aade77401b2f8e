"""So much in a window of time: counted in the transaction of what is counted, so that both happen or neither."""

from __future__ import annotations

from datetime import timedelta
from ipaddress import IPv6Address, ip_address, ip_network

from sqlalchemy import case
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Session

from ..kernel import clock
from .models import Throttle
from .throttle import bucket

_counters = Throttle.__table__
_HOME = 64  # bits: the network of one household or phone, whose owner may choose the others freely


def count_one(db: Session, name: str, *, window: timedelta) -> tuple[int, int]:
    """One more of ``name`` (``"shop-newcomer:203.0.113.9"``); ``(how many, seconds until the count starts anew)``.

    The counter stays locked until the transaction ends, so whoever refuses by the answer refuses exactly.
    """
    now, c = clock.now(), _counters.c
    kind, _, value = name.partition(":")
    dialect = postgresql if db.get_bind().dialect.name == "postgresql" else sqlite
    over = c.window_start <= now - window
    statement = dialect.insert(_counters).values(bucket=bucket(kind, value), window_start=now, count=1)
    found = db.execute(
        statement.on_conflict_do_update(
            index_elements=["bucket"],
            set_={"count": case((over, 1), else_=c.count + 1), "window_start": case((over, now), else_=c.window_start)},
        ).returning(c.count, c.window_start)
    ).one()
    return found.count, max(int((found.window_start + window - now).total_seconds()), 1)


def network(address: str | None) -> str:
    """Whom an address belongs to: itself, or of IPv6 its network, in which one household has 2^64 of them."""
    try:
        found = ip_address(address or "")
    except ValueError:
        return address or ""
    if isinstance(found, IPv6Address):
        return str(found.ipv4_mapped or ip_network((found, _HOME), strict=False))
    return str(found)
