"""Real workers, schedulers and queue servers, killed at the worst moment. Both databases at once: the waits are long."""

from __future__ import annotations

import os
import signal
import time
from collections.abc import Callable
from pathlib import Path

import psutil
import pytest
from labor import Processes, marks, opened, rows, until

from zhanggui import jobs
from zhanggui.db.uow import reading, unit_of_work
from zhanggui.events import publish
from zhanggui.host import service
from zhanggui.jobs.models import Lease
from zhanggui.kernel import clock
from zhanggui.kernel.actors import SYSTEM
from zhanggui.runtime import Runtime

pytestmark = pytest.mark.long

KINDS = ("sqlite", "postgresql")


def enqueue(job, **kwargs):
    with unit_of_work() as db:
        return jobs.enqueue(db, job, **kwargs)


def leader():
    with reading() as db:
        lease = db.get(Lease, "scheduler")
        return lease and lease.holder


def in_each(workshops: Callable[[str], Runtime], act: Callable[[str, Runtime], object]) -> dict[str, object]:
    """Do something in both workshops, one after the other."""
    from zhanggui.runtime import activated

    answers = {}
    for kind in KINDS:
        with activated(workshops(kind)):
            answers[kind] = act(kind, workshops(kind))
    return answers


@pytest.fixture
def both(workshops):
    """Both workshops, emptied."""
    for kind in KINDS:
        with opened(workshops(kind)):
            pass
    return workshops


def test_a_job_whose_worker_and_work_horse_are_killed_runs_again_within_30_seconds_and_counts_once(
    both, processes: Processes, tmp_path: Path
):
    from zhanggui_labor import jobs as work

    flag = tmp_path / "flag"
    flag.mkdir()
    victims = {}

    def start(kind, runtime):
        processes.queue(runtime)
        processes.start(runtime, "scheduler")
        victims[kind] = processes.start(runtime, "worker")
        (flag / kind).touch()
        enqueue(work.slow, flag=str(flag / kind))

    def kill(kind, runtime):
        until((flag / f"{kind}.started").exists, 25, f"the job on {kind}")
        processes.start(runtime, "worker")  # takes over
        horses = psutil.Process(victims[kind].pid).children()
        assert len(horses) == 1
        for process in (victims[kind], *horses):
            os.kill(process.pid, signal.SIGKILL)
        (flag / kind).unlink()  # only now, so that the first run cannot have ended

    def wait(kind, runtime):
        until(lambda: rows(name="labor.slow", state="done"), 30 - (time.monotonic() - killed), f"the second run on {kind}")
        assert marks() == [("slow", str(flag / kind))]
        assert rows(name="labor.slow")[0].attempts == 2

    in_each(both, start)
    in_each(both, kill)
    killed = time.monotonic()
    in_each(both, wait)


def test_nothing_is_lost_while_the_queue_server_and_the_leading_scheduler_are_away(both, processes: Processes):
    from zhanggui_labor.events import ThingMade

    servers, workers, schedulers, first = {}, {}, {}, {}

    def publish_one(thing):
        with unit_of_work() as db:
            publish(db, ThingMade(thing=thing))

    def start(kind, runtime):
        servers[kind] = processes.queue(runtime)
        workers[kind] = processes.start(runtime, "worker")
        schedulers[kind] = [processes.start(runtime, "scheduler") for _ in range(2)]
        publish_one(1)

    def take_away(kind, runtime):
        until(lambda: len(marks()) == 2 and leader(), 30, f"the first two marks on {kind}")
        first[kind] = leader()
        servers[kind].kill()
        next(p for p in schedulers[kind] if f":{p.pid}:" in first[kind]).kill()
        for thing in range(2, 8):
            publish_one(thing)
        assert len(marks()) == 2

    def bring_back(kind, runtime):
        processes.queue(runtime)

    def catch_up(kind, runtime):
        until(lambda: len(marks()) == 14, 40, f"catching up on {kind}")
        assert sorted(marks()) == sorted((job, str(thing)) for job in ("note", "also_note") for thing in range(1, 8))
        until(lambda: leader() not in (None, first[kind]), 30, f"another leader on {kind}")
        assert workers[kind].poll() is None
        workers[kind].terminate()

    def stop(kind, runtime):
        assert workers[kind].wait(10) == 0

    for step in (start, take_away, bring_back, catch_up, stop):
        in_each(both, step)


def test_a_running_worker_follows_a_toggle_at_its_next_job(both, processes: Processes):
    from zhanggui_labor import jobs as work

    runtime = both("sqlite")
    with opened(runtime):
        processes.queue(runtime)
        processes.start(runtime, "worker")
        processes.start(runtime, "scheduler")
        enqueue(work.also_note, thing=1)
        until(lambda: marks() == [("also_note", "1")], 25, "the first job")
        service.disable_plugin("labor", actor=SYSTEM, now=clock.now())
        enqueue(work.also_note, thing=2)
        until(lambda: rows(state="held"), 25, "the job that waits for its plugin")
        service.enable_plugin("labor", actor=SYSTEM, now=clock.now())
        until(lambda: marks() == [("also_note", "1"), ("also_note", "2")], 25, "the job whose plugin is back")


def test_a_worker_that_is_told_to_stop_finishes_its_job(both, processes: Processes, tmp_path: Path):
    from zhanggui_labor import jobs as work

    runtime, flag = both("sqlite"), tmp_path / "flag"
    with opened(runtime):
        processes.queue(runtime)
        worker = processes.start(runtime, "worker")
        flag.touch()
        enqueue(work.slow, flag=str(flag))
        until(Path(f"{flag}.started").exists, 25, "the job")
        worker.terminate()
        time.sleep(0.5)
        assert worker.poll() is None
        flag.unlink()
        assert worker.wait(10) == 0
        assert [row.state for row in rows()] == ["done"]


def test_a_work_horse_does_not_outlive_its_worker(both, processes: Processes, tmp_path: Path):
    from zhanggui_labor import jobs as work

    runtime, flag = both("sqlite"), tmp_path / "flag"
    with opened(runtime):
        processes.queue(runtime)
        worker = processes.start(runtime, "worker")
        flag.touch()
        enqueue(work.slow, flag=str(flag))
        until(Path(f"{flag}.started").exists, 25, "the job")
        (horse,) = psutil.Process(worker.pid).children()
        worker.kill()
        until(lambda: not horse.is_running() or horse.status() == psutil.STATUS_ZOMBIE, 3, "its end")
        assert marks() == []
