"""Running a job: its effect once, its failures later, its end visible."""

from __future__ import annotations

import time
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
from labor import marks, rows, run_due

from zhanggui import jobs, notices
from zhanggui.audit.models import AuditEntry
from zhanggui.db.uow import reading, unit_of_work
from zhanggui.events import publish, relay
from zhanggui.host import refresh, service
from zhanggui.jobs import runner, scheduler, store
from zhanggui.kernel import clock
from zhanggui.kernel.actors import SYSTEM, Actor
from zhanggui.kernel.errors import NotFound


def enqueue(job, **kwargs):
    with unit_of_work() as db:
        return jobs.enqueue(db, job, **kwargs)


def make(*things, **kwargs):
    from zhanggui_labor.events import ThingMade

    for thing in things:
        with unit_of_work() as db:
            publish(db, ThingMade(thing=thing, **kwargs))
    relay.dispatch()


def later(seconds):
    return clock.hold(clock.now() + timedelta(seconds=seconds))


def test_it_runs_once_however_often_it_is_delivered(workshop):
    from zhanggui_labor import jobs as work

    job_id = enqueue(work.also_note, thing=1)
    with ThreadPoolExecutor(8) as pool:
        answers = list(pool.map(lambda _: runner.run(job_id), range(16)))
    assert sorted(answers) == ["done"] + ["skipped"] * 15
    assert marks() == [("also_note", "1")]


def test_a_rolled_back_business_enqueues_nothing(workshop):
    from zhanggui_labor import jobs as work

    with pytest.raises(LookupError), unit_of_work() as db:
        jobs.enqueue(db, work.also_note, thing=1)
        raise LookupError("the business failed")
    assert rows() == []


def test_one_that_lost_its_lease_undoes_what_it_did(workshop):
    from zhanggui_labor import jobs as work

    job_id = enqueue(work.robbed)
    assert runner.run(job_id) == "skipped"
    assert marks() == []


def test_it_waits_for_its_time_and_its_like(workshop):
    from zhanggui_labor import jobs as work

    job_id = enqueue(work.also_note, thing=1, run_at=clock.now() + timedelta(minutes=5), unique="thing 1")
    assert enqueue(work.also_note, thing=1, unique="thing 1") is None
    assert runner.run(job_id) == "skipped"
    with later(301):
        assert runner.run(job_id) == "done"
    assert enqueue(work.also_note, thing=1, unique="thing 1") is not None


def test_a_failure_is_tried_again_ever_later_and_leaves_nothing_half_done(workshop):
    from zhanggui_labor import jobs as work

    job_id = enqueue(work.poison)
    pauses = []
    for state in ("ready", "ready", "dead"):
        (row,) = rows()
        with clock.hold(row.run_at + timedelta(seconds=1)) as moment:
            assert runner.run(job_id) == state
            pauses.append((rows()[0].run_at - moment).total_seconds())
    assert 1.6 <= pauses[0] <= 2.4
    assert 3.2 <= pauses[1] <= 4.8
    assert marks() == []
    (row,) = rows()
    assert row.last_error.startswith("ValueError")
    assert "Traceback" in row.traceback


def test_a_dead_job_is_told_to_those_who_look_after_jobs_and_can_be_tried_again(workshop):
    from zhanggui_labor import jobs as work

    job_id = enqueue(work.refused)
    assert run_due() == ["dead"]  # once: its error says that trying again cannot help
    keeper, clerk = Actor("user", id=1, permissions=frozenset({("can_list", "core.Job")})), Actor("user", id=2)
    with reading() as db:
        assert [n.href for n in notices.latest(db, keeper)] == [f"/system/jobs/{job_id}"]
        assert notices.latest(db, clerk) == []
        assert jobs.status(db)["counts"]["dead"] == 1
        assert [row.id for row in jobs.dead(db)] == [job_id]
    with unit_of_work() as db:
        assert jobs.requeue(db, [job_id], actor=SYSTEM, now=clock.now()) == 1
        assert jobs.requeue(db, None, actor=SYSTEM, now=clock.now()) == 0
    (row,) = rows()
    assert (row.state, row.attempts) == ("ready", 0)
    with reading() as db:
        assert db.query(AuditEntry).filter_by(action="core.job.requeued").order_by(AuditEntry.id.desc()).first().target_id == str(job_id)


def test_one_that_takes_too_long_is_stopped(workshop):
    from zhanggui_labor import jobs as work

    job_id = enqueue(work.hang)
    started = time.monotonic()
    assert runner.run(job_id) == "ready"
    assert time.monotonic() - started < 4
    assert rows()[0].last_error == "JobTimeout: it ran longer than 1 s"


def test_jobs_of_a_disabled_plugin_wait_until_it_is_back(workshop):
    from zhanggui_labor import jobs as work

    job_id = enqueue(work.also_note, thing=1)
    service.disable_plugin("labor", actor=SYSTEM, now=clock.now())
    assert runner.run(job_id) == "held"
    refresh(workshop)
    with unit_of_work() as db:
        scheduler.sweep(db)
    assert [(row.state, row.attempts) for row in rows()] == [("held", 0)]
    service.enable_plugin("labor", actor=SYSTEM, now=clock.now())
    refresh(workshop)
    with unit_of_work() as db:
        assert scheduler.sweep(db) == {"default"}
    assert runner.run(job_id) == "done"


def test_jobs_of_one_thing_keep_the_order_of_its_events(workshop):
    make(1, 1, 2, 1)
    first, second, other, third = (row.id for row in rows(name="labor.also_note"))
    assert runner.run(third) == runner.run(second) == "skipped"
    assert runner.run(other) == "done"
    assert [runner.run(i) for i in (first, third, second, third)] == ["done", "skipped", "done", "done"]
    assert marks() == [("also_note", n) for n in "2111"]


def test_a_dead_job_holds_up_nobody_behind_it(workshop):
    make(1, note="fail")
    make(1)
    first, second = (row.id for row in rows(name="labor.note"))
    for _ in range(3):
        assert runner.run(second) == "skipped"
        with clock.hold(rows(name="labor.note")[0].run_at + timedelta(seconds=1)):
            runner.run(first)
    assert rows(name="labor.note")[0].state == "dead"
    assert runner.run(second) == "done"


def test_poison_beside_them_does_not_keep_good_jobs_from_running(workshop):
    from zhanggui_labor import jobs as work

    with unit_of_work() as db:
        for thing in range(20):
            jobs.enqueue(db, work.poison)
            jobs.enqueue(db, work.also_note, thing=thing)
    with clock.hold(clock.now()):  # no second tries
        run_due()
    assert len(marks()) == 20
    assert all(row.attempts == 1 for row in rows(name="labor.poison", state="ready"))


def test_a_job_row_that_is_gone_is_passed_over(workshop):
    assert runner.run(987654) == "skipped"


def test_requeue_and_discard_of_the_screen_refuse_what_is_not_dead(workshop):
    from zhanggui_labor import jobs as work

    from zhanggui.jobs import screens
    from zhanggui.kernel.errors import IllegalMove

    waiting, dead = enqueue(work.also_note, thing=1), enqueue(work.refused)
    runner.run(dead)
    for verb in (screens.requeue, screens.discard):
        with pytest.raises((IllegalMove, NotFound)), unit_of_work() as db:
            verb(db, id=waiting, actor=SYSTEM, now=clock.now())
    with unit_of_work() as db:
        screens.discard(db, id=dead, actor=SYSTEM, now=clock.now())
    assert [row.id for row in rows()] == [waiting]
    assert store.LEASE.total_seconds() <= 15
