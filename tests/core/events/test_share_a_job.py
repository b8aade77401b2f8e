"""Events share a job of a handler that takes them together: once each, in their order, and none of them in the way of the others."""

from __future__ import annotations

from dataclasses import replace

import pytest
from labor import marks, rows, run_due
from sqlalchemy import event

from zhanggui.db.uow import reading, unit_of_work
from zhanggui.events import publish, relay
from zhanggui.host import current_host
from zhanggui.jobs import job, runner, store
from zhanggui.jobs.models import UNFINISHED, Job
from zhanggui.kernel.errors import WiringError
from zhanggui.kernel.trace import traced


@pytest.fixture
def listener(workshop, monkeypatch):
    from zhanggui_labor import jobs

    monkeypatch.setitem(current_host().handlers, "*", [jobs.hear_some])
    monkeypatch.setitem(current_host().handlers, "labor.thing.made@1", [])
    return jobs.hear_some


def happen(*things: int, note: str = "", fails: tuple[int, ...] = ()) -> None:
    from zhanggui_labor.events import ThingMade

    for thing in things:
        with traced(f"c{thing}", depth=1), unit_of_work() as db:
            publish(db, ThingMade(thing=thing, note="fail" if thing in fails else note))


def heard() -> list[int]:
    return [int(note.split()[0]) for name, note in marks() if name == "hear_some"]


def test_ten_of_them_are_one_job_and_each_is_told_once(listener):
    happen(*range(1, 24))
    relay.dispatch()
    assert [len(row.kwargs[store.PARCELED]) for row in rows(name="labor.hear_some")] == [10, 10, 3]
    assert run_due() == ["done", "done", "done"]
    assert heard() == list(range(1, 24))


def test_each_keeps_where_it_came_from(listener):
    happen(7, 8)
    run_due()
    assert marks() == [("hear_some", "7 c7 2"), ("hear_some", "8 c8 2")]


def test_one_alone_is_a_job_like_any_other(listener):
    happen(7)
    run_due()
    [row] = rows(name="labor.hear_some")
    assert (row.key, row.state, "thing" in row.kwargs) == ("7", "done", True)


def test_one_that_fails_stands_in_nobodys_way(listener):
    happen(1, 2, 3, 4, fails=(2,))
    run_due()
    assert sorted(heard()) == [1, 3, 4]  # what was done before it failed is undone with it, and done again
    waiting = {row.key: row.state for row in rows(name="labor.hear_some")}
    assert waiting == {"1": "done", "2": "ready", "3": "done", "4": "done"}
    happen(5, 6)
    run_due()
    assert sorted(heard()) == [1, 3, 4, 5, 6]


def test_what_failed_is_given_up_after_its_own_tries(listener):
    happen(1, 2, fails=(2,))
    relay.dispatch()
    run_due()
    with unit_of_work() as db:
        db.execute(Job.__table__.update().where(Job.__table__.c.state == "ready").values(run_at=Job.__table__.c.created_at))
    run_due()
    assert {row.key: (row.state, row.attempts) for row in rows(name="labor.hear_some") if row.key} == {"1": ("done", 1), "2": ("dead", 2)}


def test_later_ones_wait_for_earlier_ones(listener):
    happen(1, 2)
    relay.dispatch()
    happen(3, 4)
    relay.dispatch()
    first, second = rows(name="labor.hear_some")
    assert runner.run(second.id) == "skipped"
    assert [runner.run(first.id), runner.run(second.id)] == ["done", "done"]
    assert heard() == [1, 2, 3, 4]


def test_a_job_that_was_taken_over_is_not_parted_twice(listener):
    happen(1, 2)
    relay.dispatch()
    [row] = rows(name="labor.hear_some")
    with unit_of_work() as db:
        assert store.part(db, row, "somebody else's") == "skipped"
    assert len(rows(name="labor.hear_some")) == 1


def test_what_it_waits_for_is_looked_up_among_unfinished_jobs(listener, kind):
    """In the words of the index, which holds only those: a handler that heard a million events waits no longer than one that heard ten."""
    asked = []
    with reading() as db:
        event.listen(db.connection().engine, "before_cursor_execute", lambda _c, _cursor, statement, *_more: asked.append(statement))
        store.is_due(db, store.c.name == "labor.hear_some")
        assert str(UNFINISHED) in asked[-1].replace(f"{Job.__tablename__}_1.", "")
        if kind == "sqlite":
            plan = db.connection().exec_driver_sql(f"EXPLAIN QUERY PLAN {asked[-1]}", tuple("?" * asked[-1].count("?"))).all()
            assert "ix_core__job_unfinished" in str(plan)


def test_events_share_a_transaction_only_where_there_is_one():
    with pytest.raises(WiringError, match="the first parameter is db"):

        @job(together=True)
        def alone(*, event):
            pass


def test_it_is_said_of_a_handler_and_nothing_else_changes(listener, monkeypatch):
    monkeypatch.setitem(current_host().handlers, "*", [replace(listener, together=False)])
    happen(1, 2)
    run_due()
    assert [row.key for row in rows(name="labor.hear_some")] == ["1", "2"]
