"""Telling the queue server that there is work. A nudge may be lost; the sweeper finds what waits."""

from __future__ import annotations

import logging
import time
from collections.abc import Iterable

from redis import Redis
from redis.exceptions import RedisError
from rq import Queue
from rq.serializers import JSONSerializer

from ..runtime import Runtime, current_runtime
from .queue_server import connection_url

log = logging.getLogger(__name__)
_PAUSE = 2.0  # seconds without a try after one that failed, so that no request waits twice


def connect(runtime: Runtime) -> Redis:
    """A connection to the queue server that gives up quickly."""
    found: Redis | None = runtime.shared.get("redis")
    if found is None:
        found = runtime.shared["redis"] = Redis.from_url(
            connection_url(runtime), socket_connect_timeout=0.2, socket_timeout=0.5, retry=None
        )
    return found


def queue_name(runtime: Runtime, queue: str = "default") -> str:
    """Queues of several instances may share one server."""
    return f"zhanggui:{runtime.config['instance.id']}:{queue}"


def _send(function: str, arguments: Iterable[tuple[object, ...]]) -> bool:
    runtime = current_runtime()
    if time.monotonic() < runtime.shared.get("queue_pause", 0.0):
        return False
    try:
        queue = Queue(queue_name(runtime), connection=connect(runtime), serializer=JSONSerializer)
        jobs = [
            Queue.prepare_data(function, args=args, timeout=3600, result_ttl=0, failure_ttl=60, description=function)
            for args in arguments
        ]
        if jobs:
            queue.enqueue_many(jobs)
        return True
    except (RedisError, OSError) as error:
        runtime.shared["queue_pause"] = time.monotonic() + _PAUSE
        log.warning("the queue server does not answer; work waits in the database (%s)", error)
        return False


def nudge_relay() -> bool:
    """Say that there are events to dispatch."""
    return _send("zhanggui.jobs.runner.relay", [()])


def nudge_jobs(ids: Iterable[int]) -> bool:
    """Say that these jobs are due."""
    return _send("zhanggui.jobs.runner.run", [(job_id,) for job_id in ids])
