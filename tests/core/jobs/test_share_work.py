"""Workers claim jobs in batches: each still counts for itself, and nobody waits long behind another one."""

from __future__ import annotations

import threading
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from labor import Processes, marks, opened, rows, until
from sqlalchemy import event, text, update

from zhanggui import jobs
from zhanggui.cli import process
from zhanggui.config import Config
from zhanggui.db.uow import reading, unit_of_work
from zhanggui.events import publish, relay
from zhanggui.events.models import OutboxEvent
from zhanggui.host.declare import JobDef
from zhanggui.jobs import batch, lanes, nudge, runner, scheduler, store
from zhanggui.jobs.models import Job
from zhanggui.kernel import clock
from zhanggui.kernel.errors import WiringError
from zhanggui.runtime import Runtime, activated
from zhanggui.testing.instances import SECRET

EVERY = Job.__table__.c.id > 0


def add(*wanted: Any, **kwargs: Any) -> list[int]:
    with unit_of_work() as db:
        return [jobs.enqueue(db, job, **kwargs) or 0 for job in wanted]


def tries() -> list[tuple[str, int]]:
    return [(row.state, row.attempts) for row in rows()]


def in_a_thread(runtime: Runtime, act: Callable[[], object]) -> threading.Thread:
    def run() -> None:
        with activated(runtime):
            act()

    thread = threading.Thread(target=run)
    thread.start()
    return thread


def test_only_the_tries_that_were_made_count_when_a_worker_is_killed(workshop):
    from zhanggui_labor import jobs as work

    add(work.unlucky, work.unlucky, work.unlucky)  # one try each
    taken = batch.claim(EVERY, 20)
    assert taken is not None
    assert tries() == [("running", 1), ("running", 0), ("running", 0)]
    with clock.hold(clock.now() + timedelta(seconds=16)), unit_of_work() as db:  # nothing more was heard of it
        scheduler.sweep(db)
    assert tries() == [("dead", 1), ("ready", 0), ("ready", 0)]


def test_a_job_that_takes_long_gives_back_those_behind_it(workshop, monkeypatch, tmp_path):
    from zhanggui_labor import jobs as work

    monkeypatch.setattr(batch, "BEAT", 0.1)
    flag = tmp_path / "flag"
    flag.touch()
    add(work.slow, flag=str(flag))
    add(work.also_note, work.also_note, thing=1)
    thread = in_a_thread(workshop, runner.drain)
    until(lambda: tries() == [("running", 1), ("ready", 0), ("ready", 0)], 10, "the others' being given back")
    runner.drain()
    assert marks() == [("also_note", "1")] * 2
    flag.unlink()
    thread.join()
    assert tries() == [("done", 1)] * 3


def test_one_that_is_told_to_stop_finishes_its_job_and_gives_the_others_back(workshop, monkeypatch, tmp_path):
    from zhanggui_labor import jobs as work

    flag = tmp_path / "flag"
    flag.touch()
    add(work.slow, flag=str(flag))
    add(work.also_note, work.also_note, thing=1)
    thread = in_a_thread(workshop, runner.drain)
    until(lambda: tries()[0] == ("running", 1), 10, "the first job")
    monkeypatch.setitem(workshop.shared, "told_to_stop", True)
    flag.unlink()
    thread.join()
    assert tries() == [("done", 1), ("ready", 0), ("ready", 0)]


def test_a_claimed_job_that_was_taken_over_is_left_to_who_has_it(workshop):
    from zhanggui_labor import jobs as work

    first, second = add(work.also_note, work.also_note, thing=1)
    mine = batch.claim(EVERY, 20)
    with unit_of_work() as db:
        db.execute(update(Job.__table__).where(Job.__table__.c.id == second).values(lease_token="somebody else"))
    assert runner._work_off(mine) == ["done"]
    assert [row.state for row in rows()] == ["done", "running"]


def test_a_try_for_which_the_database_had_no_time_does_not_count(workshop):
    from zhanggui_labor import jobs as work

    add(work.unlucky)
    runner.drain()
    assert tries() == [("ready", 0)]
    with clock.hold(clock.now() + timedelta(seconds=5)):
        runner.drain()
    assert tries() == [("done", 1)]


def test_a_relay_needs_as_many_statements_for_a_hundred_events_as_for_one(workshop):
    from zhanggui_labor.events import ThingMade

    def statements() -> int:
        seen: list[str] = []
        note = lambda _conn, _cursor, statement, *_: seen.append(statement)  # noqa: E731 - an event listener
        event.listen(workshop.engine, "before_cursor_execute", note)
        try:
            relay.dispatch()
        finally:
            event.remove(workshop.engine, "before_cursor_execute", note)
        return len(seen)

    def make(count: int) -> None:
        with unit_of_work() as db:
            for thing in range(count):
                publish(db, ThingMade(thing=thing))

    make(1)
    one = statements()
    make(100)
    assert statements() == one <= 5
    assert len(rows()) == 2 * 101


def test_an_event_that_is_told_again_finds_its_jobs_there(workshop):
    from zhanggui_labor.events import ThingMade

    with unit_of_work() as db:
        for thing in range(3):
            publish(db, ThingMade(thing=thing))
    relay.dispatch()
    with unit_of_work() as db:  # as if the relay had died between the two
        db.execute(update(OutboxEvent.__table__).values(dispatched_at=None))
        publish(db, ThingMade(thing=3))
    assert relay.dispatch().events == 4
    assert [row.key for row in rows(name="labor.note")] == ["0", "1", "2", "3"]


def test_a_lane_takes_its_own_jobs_and_the_default_one_what_nobody_knows(workshop):
    from zhanggui_labor import jobs as work

    add(work.call)
    add(work.also_note, thing=1)
    with unit_of_work() as db:
        db.execute(text("UPDATE core__job SET name = 'gone.job' WHERE name = 'labor.also_note'"))
    runner.drain("default")
    assert [row.state for row in rows()] == ["ready", "held"]
    runner.drain("io")
    assert [row.state for row in rows()] == ["done", "held"]


def test_what_comes_first_is_done_before_those_that_waited_longer(workshop):
    from zhanggui_labor import jobs as work

    for thing in range(30):
        add(work.also_note, thing=thing)
    add(work.take, thing=100)
    with unit_of_work() as db:
        jobs.enqueue(db, work.take, run_at=clock.now() + timedelta(hours=1), thing=102)
    add(work.take, thing=101)
    runner.drain("default")
    done = [note for _job, note in marks()]
    assert done[:4] == ["100", "101", "0", "1"]
    assert sorted(map(int, done)) == [*range(30), 100, 101]  # and what is due later waits


HOW_THE_FIRST_ARE_FOUND = {
    "sqlite": text("EXPLAIN QUERY PLAN SELECT id FROM core__job WHERE state = 'ready' AND rank = 1 ORDER BY run_at, id"),
    "postgresql": text("EXPLAIN SELECT id FROM core__job WHERE state = 'ready' AND rank = 1 ORDER BY run_at, id"),
}


def test_what_comes_first_is_found_however_many_others_wait(workshop):
    from zhanggui_labor import jobs as work

    with unit_of_work() as db:
        store.add_jobs(db, [store.job_row(work.also_note, {"thing": thing}, correlation="c") for thing in range(3000)])
        add_first = store.job_row(work.take, {"thing": 1}, correlation="c")
        store.add_jobs(db, [add_first])
        first = store.claim(db, lanes.belongs_to("default"), 1)[0]
        db.execute(text("ANALYZE core__job"))  # as both databases do by themselves in time
        plan = " ".join(str(row) for row in db.execute(HOW_THE_FIRST_ARE_FOUND[db.get_bind().dialect.name]))
    assert [row.name for row in rows() if row.id in first] == ["labor.take"]
    assert "ix_core__job_first" in plan


def test_each_lane_is_told_of_its_own_work(workshop, processes):
    from zhanggui_labor import jobs as work
    from zhanggui_labor.events import ThingMade

    processes.queue(workshop)
    workshop.shared.pop("queue_pause", None)

    def waiting(lane: str) -> int:
        return nudge.connect(workshop).llen(f"rq:queue:{nudge.queue_name(workshop, lane)}")

    add(work.call, work.call)
    assert (waiting("default"), waiting("io")) == (0, 1)
    with unit_of_work() as db:
        publish(db, ThingMade(thing=1))
    assert (waiting("default"), waiting("io")) == (1, 1)


def test_a_lane_that_nothing_serves_is_told(workshop, processes):
    from zhanggui_labor import jobs as work

    processes.queue(workshop)
    workshop.shared.pop("queue_pause", None)
    add(work.call)
    with clock.hold(clock.now() + timedelta(seconds=61)):
        scheduler.round_once("a")
        runner.drain("default")
        with reading() as db:
            status, (_queue, ready) = jobs.status(db), jobs.readiness(db)
    assert (ready["status"], ready["scheduler"], ready["lanes"]["default"]) == ("degraded", True, 0.0)
    assert ready["lanes"]["io"] > 60
    assert [(status["lanes"][lane]["due"], status["lanes"][lane]["workers"]) for lane in ("default", "io")] == [(0, 0), (1, 0)]


def test_a_lane_that_does_not_exist_is_refused_when_the_job_is_loaded():
    def work() -> None: ...

    with pytest.raises(WiringError, match="no lane 'oi', only default and io"):
        jobs.job(lane="oi")(work)
    assert isinstance(jobs.job(lane="io")(work), JobDef)


@pytest.mark.parametrize(
    ("workers", "io", "expected"),
    [
        ("2", "1", [["--lane", "default"], ["--lane", "default"], ["--lane", "io"]]),
        ("1", "0", [[]]),  # alone it serves both
    ],
)
def test_up_starts_workers_for_every_lane(monkeypatch, tmp_path, workers, io, expected):
    commands: list[tuple[str, ...]] = []
    monkeypatch.setattr(process, "_command", lambda _config, *arguments: commands.append(arguments))
    environ = {
        "ZHANGGUI_INSTANCE__DATA": str(tmp_path), "ZHANGGUI_SECURITY__SECRET_KEY": SECRET, "ZHANGGUI_JOBS__WORKERS": workers,
        "ZHANGGUI_JOBS__IO_WORKERS": io,
    }  # fmt: skip
    process._children(Runtime(Config.load(None, environ)), None, "127.0.0.1", 1, None, False)
    assert [list(c[1:]) for c in commands if c[0] == "worker"] == expected


@pytest.mark.proof
def test_while_one_job_hangs_the_others_go_on(workshops, processes: Processes, tmp_path: Path, size, keep_figures):
    count, runtime = size(60, 1500), workshops("sqlite")
    from zhanggui_labor import jobs as work  # found since the workshop was made

    def some() -> None:
        with unit_of_work() as db:
            for thing in range(count):
                jobs.enqueue(db, work.also_note, thing=thing)

    with opened(runtime):
        processes.queue(runtime)
        workers = [processes.start(runtime, "worker")]
        add(work.also_note, thing=-1)
        until(lambda: len(marks()) == 1, 60, "the first worker")
        some()
        alone = until(lambda: len(marks()) == count + 1, 120, "the jobs")
        workers.append(processes.start(runtime, "worker"))
        until(lambda: (nudge.workers("default") or 0) == 2, 60, "the second worker")
        flag = tmp_path / "asleep"
        add(work.sleep, flag=str(flag))
        until(flag.exists, 30, "the job that hangs")
        some()
        beside = until(lambda: len(marks()) == 2 * count + 1, 50, "the jobs beside the one that hangs")
        assert [row.state for row in rows(name="labor.sleep")] == ["running"]
    keep_figures("hanging_job", {"jobs": count, "per_second_alone": count / alone, "per_second_beside_one_that_hangs": count / beside})
    if count >= 1000:
        assert alone / beside >= 0.9
