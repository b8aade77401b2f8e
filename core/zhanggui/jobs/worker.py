"""The worker: RQ's, forking, with the database out of the way while it forks."""

from __future__ import annotations

import ctypes
import logging
import signal
import sys
import time
from collections.abc import Sequence
from typing import Any

from redis import Redis
from redis.exceptions import RedisError
from rq import Queue
from rq.exceptions import StopRequested
from rq.job import Job as RqJob
from rq.serializers import JSONSerializer
from rq.worker import RoundRobinWorker
from sqlalchemy.exc import DBAPIError

from ..db.write_queue import DatabaseBusy
from ..host import refresh
from ..host.declare import LANES
from ..runtime import Runtime, open_runtime
from .nudge import nudge, queue_name
from .queue_server import NO_RETRY, connection_url

log = logging.getLogger(__name__)
_PR_SET_PDEATHSIG = 1


class ForkingWorker(RoundRobinWorker):
    """SQLite forbids to carry an open connection over a fork, so the parent holds none at that moment.

    One that serves several lanes takes from them in turn.
    """

    runtime: Runtime
    told_to_stop = False
    max_connection_wait_time = 2.0

    def subscribe(self) -> None:
        """Nothing: RQ listens for commands in a thread, and a process that forks should have none."""

    def fork_work_horse(self, job: RqJob, queue: Queue) -> None:
        try:
            # In the parent, so that after a toggle one process builds the host anew and not every child.
            refresh(self.runtime)
        except (DBAPIError, DatabaseBusy):
            log.warning("the database does not answer; the job will be found again", exc_info=True)
        self.runtime.close()
        super().fork_work_horse(job, queue)

    def main_work_horse(self, job: RqJob, queue: Queue) -> Any:
        if sys.platform == "linux":
            # A child without its worker would finish a job that another one has long taken over.
            ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
        self.runtime.forget_connections()
        self.runtime.shared.pop("redis", None)
        self.runtime.shared["work_horse"] = True
        signal.signal(signal.SIGUSR1, lambda *_: self.runtime.shared.update(told_to_stop=True))
        return super().main_work_horse(job, queue)

    def handle_warm_shutdown_request(self) -> None:
        self.told_to_stop = True
        super().handle_warm_shutdown_request()
        if self.horse_pid:
            self.kill_horse(signal.SIGUSR1)  # after the job that it does now it gives back the others


def work(runtime: Runtime, *, burst: bool = False, lanes: Sequence[str] = LANES) -> None:
    """Work until told to stop. A queue server or a database that goes away is waited for."""
    open_runtime(runtime)
    signal.signal(signal.SIGUSR1, signal.SIG_IGN)  # meant for work-horses, which listen a moment after they were forked
    for lane in lanes:
        nudge(lane)
    worker: ForkingWorker | None = None
    while worker is None or not worker.told_to_stop:
        try:
            refresh(runtime)
            worker = _worker(runtime, lanes)
            worker.work(burst=burst, with_scheduler=False, logging_level="WARNING")
            if burst:
                return
        except StopRequested:
            return
        except (RedisError, DBAPIError, DatabaseBusy) as error:
            if burst:
                raise
            log.warning("the queue server or the database does not answer (%s); trying again", error)
        if worker is None or not worker.told_to_stop:
            try:
                time.sleep(1)
            except StopRequested:
                return


def _worker(runtime: Runtime, lanes: Sequence[str]) -> ForkingWorker:
    connection = Redis.from_url(
        connection_url(runtime), socket_connect_timeout=2, socket_timeout=30, health_check_interval=10, retry=NO_RETRY
    )
    queues = [Queue(queue_name(runtime, lane), connection=connection, serializer=JSONSerializer) for lane in lanes]
    worker = ForkingWorker(
        queues, connection=connection, serializer=JSONSerializer, worker_ttl=30, maintenance_interval=30, log_job_description=False,
        default_result_ttl=0,
    )  # fmt: skip
    worker.runtime = runtime
    return worker
