"""Telling the workers of a lane that there is work. A nudge says no more than that, and may be lost; the sweeper finds what waits."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable
from typing import TypeVar

from redis import Redis
from redis.exceptions import RedisError
from rq import Queue, Worker
from rq.serializers import JSONSerializer
from sqlalchemy.orm import Session

from ..db.uow import after_commit
from ..host.declare import DEFAULT_LANE, LANES
from ..runtime import Runtime, current_runtime
from .queue_server import NO_RETRY, connection_url

log = logging.getLogger(__name__)
T = TypeVar("T")
_PAUSE = 2.0  # seconds without a try after one that failed, so that no request waits twice
_ENOUGH = 2  # waiting nudges; whoever takes one looks for everything that is due, later than now
_LONGEST = 24 * 3600  # seconds; a job brings its own time-out, this only bounds what hangs outside of it


def connect(runtime: Runtime) -> Redis:
    """A connection to the queue server that gives up quickly."""
    found: Redis | None = runtime.shared.get("redis")
    if found is None:
        found = runtime.shared["redis"] = Redis.from_url(
            connection_url(runtime), socket_connect_timeout=0.2, socket_timeout=0.2, retry=NO_RETRY
        )
    return found


def queue_name(runtime: Runtime, lane: str) -> str:
    """Queues of several instances may share one server."""
    return f"zhanggui:{runtime.config['instance.id']}:{lane}"


def _ask(lane: str, question: Callable[[Queue], T]) -> T | None:
    """The answer to a question to the queue; None when the server does not answer now or just did not."""
    runtime = current_runtime()
    if time.monotonic() < runtime.shared.get("queue_pause", 0.0):
        return None
    try:
        return question(Queue(queue_name(runtime, lane), connection=connect(runtime), serializer=JSONSerializer))
    except (RedisError, OSError) as error:
        runtime.shared["queue_pause"] = time.monotonic() + _PAUSE
        log.warning("the queue server does not answer; work waits in the database (%s)", error)
        return None


def nudge(lane: str = DEFAULT_LANE) -> bool:
    """Say that there may be work in a lane, unless that was said and nobody came yet. False when the queue server does not answer."""

    def say(queue: Queue) -> bool:
        if len(queue) < _ENOUGH:
            queue.enqueue("zhanggui.jobs.runner.drain", lane, job_timeout=_LONGEST, result_ttl=0, failure_ttl=60, description=lane)
        return True

    return _ask(lane, say) is not None


def nudge_after(db: Session, lane: str = DEFAULT_LANE) -> None:
    """:func:`nudge` once this transaction is committed, however many jobs and events it adds."""
    told: set[str] = db.info.setdefault("zhanggui_nudged", set())
    if lane not in told:
        told.add(lane)
        after_commit(db, lambda: nudge(lane))


def backlog() -> int | None:
    """How many nudges no worker has taken yet; None when the queue server does not answer."""
    lengths = [_ask(lane, len) for lane in LANES]
    return None if None in lengths else sum(length or 0 for length in lengths)


def workers(lane: str) -> int | None:
    """How many workers serve this lane; None when the queue server does not answer."""
    return _ask(lane, lambda queue: Worker.count(queue=queue))
