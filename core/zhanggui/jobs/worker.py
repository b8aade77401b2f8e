"""The worker: RQ's, forking, with the database out of the way while it forks."""

from __future__ import annotations

import logging
import time
from typing import Any

from redis.exceptions import RedisError
from rq import Queue, Worker
from rq.job import Job as RqJob
from rq.serializers import JSONSerializer

from ..host import refresh
from ..runtime import Runtime, open_runtime
from .nudge import queue_name
from .queue_server import connection_url

log = logging.getLogger(__name__)


class ForkingWorker(Worker):
    """SQLite forbids to carry an open connection over a fork, so the parent holds none at that moment."""

    runtime: Runtime

    def fork_work_horse(self, job: RqJob, queue: Queue) -> None:
        self.runtime.close()
        super().fork_work_horse(job, queue)

    def main_work_horse(self, job: RqJob, queue: Queue) -> Any:
        self.runtime.engine.dispose(close=False)
        self.runtime.shared.pop("redis", None)
        return super().main_work_horse(job, queue)


def work(runtime: Runtime, *, burst: bool = False) -> None:
    """Work until told to stop. A queue server that goes away is waited for."""
    from redis import Redis

    open_runtime(runtime)
    while True:
        try:
            # Built in the parent, so that a forked child starts with every plugin imported.
            refresh(runtime)
            connection = Redis.from_url(connection_url(runtime), socket_timeout=30, health_check_interval=10)
            queues = [Queue(queue_name(runtime), connection=connection, serializer=JSONSerializer)]
            worker = ForkingWorker(
                queues, connection=connection, serializer=JSONSerializer, worker_ttl=30, maintenance_interval=30,
                log_job_description=False, default_result_ttl=0,
            )  # fmt: skip
            worker.runtime = runtime
            worker.work(burst=burst, with_scheduler=False, logging_level="WARNING")
            return
        except RedisError as error:
            if burst:
                raise
            log.warning("the queue server does not answer (%s); trying again", error)
            time.sleep(1)
