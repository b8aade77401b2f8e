"""Telling the queue server that there is work. A nudge may be lost; the sweeper finds what waits."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Iterable
from typing import TypeVar

from redis import Redis
from redis.exceptions import RedisError
from rq import Queue
from rq.serializers import JSONSerializer

from ..runtime import Runtime, current_runtime
from .queue_server import NO_RETRY, connection_url

log = logging.getLogger(__name__)
T = TypeVar("T")
_PAUSE = 2.0  # seconds without a try after one that failed, so that no request waits twice
_LONGEST = 24 * 3600  # seconds; a job brings its own time-out, this only bounds what hangs outside of it


def connect(runtime: Runtime) -> Redis:
    """A connection to the queue server that gives up quickly."""
    found: Redis | None = runtime.shared.get("redis")
    if found is None:
        found = runtime.shared["redis"] = Redis.from_url(
            connection_url(runtime), socket_connect_timeout=0.2, socket_timeout=0.2, retry=NO_RETRY
        )
    return found


def queue_name(runtime: Runtime) -> str:
    """Queues of several instances may share one server."""
    return f"zhanggui:{runtime.config['instance.id']}:default"


def _ask(question: Callable[[Queue], T]) -> T | None:
    """The answer to a question to the queue; None when the server does not answer now or just did not."""
    runtime = current_runtime()
    if time.monotonic() < runtime.shared.get("queue_pause", 0.0):
        return None
    try:
        return question(Queue(queue_name(runtime), connection=connect(runtime), serializer=JSONSerializer))
    except (RedisError, OSError) as error:
        runtime.shared["queue_pause"] = time.monotonic() + _PAUSE
        log.warning("the queue server does not answer; work waits in the database (%s)", error)
        return None


def _send(function: str, arguments: Iterable[tuple[object, ...]]) -> bool:
    nudges = [
        Queue.prepare_data(function, args=args, timeout=_LONGEST, result_ttl=0, failure_ttl=60, description=function)
        for args in arguments
    ]
    return not nudges or _ask(lambda queue: queue.enqueue_many(nudges)) is not None


def backlog() -> int | None:
    """How many nudges no worker has taken yet; None when the queue server does not answer."""
    return _ask(lambda queue: len(queue))


def nudge_relay() -> bool:
    """Say that there are events to dispatch. False when the queue server does not answer."""
    return _send("zhanggui.jobs.runner.relay", [()])


def nudge_jobs(ids: Iterable[int]) -> bool:
    """Say that these jobs are due. False when the queue server does not answer."""
    return _send("zhanggui.jobs.runner.run", [(job_id,) for job_id in ids])
