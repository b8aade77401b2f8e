"""Copies are made by hand and by the clock, rehearsed, and staff is told when one is late or failed."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy import select

from zhanggui.api import SYSTEM, backups, clock, reading, unit_of_work
from zhanggui.audit.models import AuditEntry
from zhanggui.backup import doors
from zhanggui.notices.models import Notice
from zhanggui.runtime import Runtime
from zhanggui.tasks.models import Task
from zhanggui_backup import jobs, queries, rules
from zhanggui_backup.models import Run

SHANGHAI = ZoneInfo("Asia/Shanghai")


def runs(kind: str) -> list[Run]:
    with reading() as db:
        found = list(db.scalars(select(Run).where(Run.kind == kind).order_by(Run.id)))
        db.expunge_all()
    return found


def notices() -> list[str]:
    with reading() as db:
        return list(db.scalars(select(Notice.kind).where(Notice.kind.like("backup.%"))))


def begin(start: Callable[..., int], **more: Any) -> int:
    with unit_of_work() as db:
        return start(db, cause="manual", actor=SYSTEM, **more)


def test_the_button_makes_a_copy_and_the_trail_knows_of_it(instance: Runtime, visit: Any, work: Callable[[], None]):
    boss = visit("owner")
    answer = boss.post("/backups/create")
    assert answer.status_code == 303
    assert answer.location.startswith("/tasks/")
    work()
    copy = backups.listed()[0]
    assert copy.tables > 50
    assert [run.name for run in runs("backup")] == [copy.name]
    assert copy.name in boss.get("/backups/").get_data(as_text=True)
    with reading() as db:
        task = db.execute(select(Task.state, Task.done)).one()
        acts = list(db.scalars(select(AuditEntry.action).where(AuditEntry.action.like("backup.%"))))
    assert tuple(task) == ("done", copy.tables)
    assert acts == ["backup.backup.created"]


def test_two_are_never_made_at_once(instance: Runtime):
    begin(jobs.begin_backup)
    with pytest.raises(jobs.AtWork):
        begin(jobs.begin_backup)
    with pytest.raises(jobs.AtWork):
        begin(jobs.begin_drill, name="latest")


def test_a_backup_that_is_canceled_leaves_no_half(instance: Runtime, work: Callable[[], None], monkeypatch: pytest.MonkeyPatch):
    from zhanggui.tasks.service import cancel_task

    task_id = begin(jobs.begin_backup)
    whole = doors.making.create_backup

    def while_it_runs(*given: Any, report: Any, **more: Any) -> Any:
        with unit_of_work() as db:
            cancel_task(db, id=task_id, actor=SYSTEM, now=clock.now())
        return whole(*given, report=report, **more)

    monkeypatch.setattr(doors.making, "create_backup", while_it_runs)
    work()
    assert backups.listed() == []
    assert list((instance.data / "backups").glob("*.part")) == []
    with reading() as db:
        assert db.scalars(select(Task.state).where(Task.id == task_id)).one() == "canceled"


def test_a_drill_is_the_headline(instance: Runtime, visit: Any, work: Callable[[], None]):
    begin(jobs.begin_backup)
    work()
    begin(jobs.begin_drill, name="latest")
    work()
    drill = runs("drill")[0]
    assert (drill.state, drill.why) == ("done", None)
    boss = visit("owner")
    assert f"Last drill passed: {drill.tables} tables, sums equal" in boss.get("/backups/").get_data(as_text=True)
    assert "Last drill passed" in boss.get("/").get_data(as_text=True)


def test_a_damaged_copy_makes_a_failing_drill_that_the_home_page_shows(instance: Runtime, visit: Any, work: Callable[[], None]):
    begin(jobs.begin_backup)
    work()
    path = backups.listed()[0].path
    body = bytearray(path.read_bytes())
    body[len(body) // 2] ^= 1
    path.write_bytes(body)
    begin(jobs.begin_drill, name="latest")
    work()
    assert runs("drill")[0].state == "failed"
    assert "backup.drill" in notices()
    home = visit("owner").get("/").get_data(as_text=True)
    assert "tone-bad-text" in home
    assert "Last drill failed" in home


def test_a_sum_that_differs_is_named(instance: Runtime):
    with unit_of_work() as db:
        now = clock.now()
        db.add(Run(kind="drill", state="failed", cause="manual", started_at=now, finished_at=now, why="The rows of orders__order are not those of the backup."))
    with reading() as db:
        assert "orders__order" in queries.headline(queries.last(db, "drill"))


def test_the_clock_makes_the_copy_of_the_day_once_and_rehearses_it(instance: Runtime, work: Callable[[], None]):
    for _minute in range(4):
        jobs.look.function()
        work()
    assert [run.cause for run in runs("backup")] == ["scheduled"]
    assert [run.state for run in runs("drill")] == ["done"]
    jobs.look.function()
    work()
    assert len(runs("backup")) == len(runs("drill")) == 1


def test_never_means_never(instance: Runtime, work: Callable[[], None], set_to: Callable[..., None]):
    set_to(at="never", drill_days=0)
    jobs.look.function()
    work()
    assert backups.listed() == []


def test_a_late_backup_and_a_late_drill_are_told_once_a_day(instance: Runtime, work: Callable[[], None]):
    jobs.look.function()
    work()
    jobs.look.function()
    work()
    assert notices() == []
    with clock.hold(clock.now() + timedelta(days=12)):
        with unit_of_work() as db:  # something that keeps it from being made
            db.add(Run(kind="backup", state="failed", cause="scheduled", started_at=clock.now(), finished_at=clock.now(), why="no room"))
            db.add(Run(kind="drill", state="failed", cause="scheduled", started_at=clock.now(), finished_at=clock.now(), why="no room"))
        jobs.look.function()
        jobs.look.function()
    assert sorted(notices()) == ["backup.backup", "backup.drill"]


@pytest.mark.parametrize(
    ("at", "now", "due"),
    [
        ("03:30", "2026-03-02T04:00", "2026-03-02T03:30"), ("03:30", "2026-03-02T03:30", "2026-03-02T03:30"), ("03:30", "2026-03-02T03:29", "2026-03-01T03:30"),
        ("23:00", "2026-03-02T00:00", "2026-03-01T23:00"), ("00:00", "2026-03-02T00:00", "2026-03-02T00:00"),
    ],
)  # fmt: skip
def test_when_a_backup_was_due(at: str, now: str, due: str):
    def local(text: str) -> datetime:
        return datetime.fromisoformat(text).replace(tzinfo=SHANGHAI)

    assert rules.last_due(at, local(now).astimezone(UTC), SHANGHAI) == local(due)


def test_late_is_three_hours_behind():
    due = datetime(2026, 3, 2, tzinfo=UTC)
    assert not rules.is_late(due, None, due + timedelta(hours=2, minutes=59))
    assert rules.is_late(due, due - timedelta(days=1), due + rules.LATE)
    assert not rules.is_late(due, due + timedelta(minutes=1), due + timedelta(days=1))
    assert not rules.is_late(None, None, due)
