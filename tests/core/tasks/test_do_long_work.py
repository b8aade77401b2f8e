"""A task goes on where it was, ends when it is told to, leaves nothing half done, and is seen by whoever began it."""

from __future__ import annotations

import os
from datetime import timedelta

import pytest
from sqlalchemy import select

from zhanggui.audit.models import AuditEntry
from zhanggui.auth import service as accounts
from zhanggui.auth.principal import find_principal
from zhanggui.db.uow import reading, unit_of_work
from zhanggui.files.models import PrivateFile
from zhanggui.jobs import runner, store
from zhanggui.jobs.models import Job
from zhanggui.kernel import clock
from zhanggui.kernel.actors import SYSTEM, current_actor
from zhanggui.kernel.ids import public_id
from zhanggui.notices import latest
from zhanggui.runtime import Runtime
from zhanggui.tasks import running, upkeep
from zhanggui.tasks.models import Task
from zhanggui.tasks.service import start_task
from zhanggui.testing.fixtures import PASSWORD


@pytest.fixture
def begin(people):
    """``begin("clerk", to=6)`` starts counting."""
    from zhanggui_dossier.work import count_up

    def do(who="clerk", **arguments):
        with unit_of_work() as db:
            return start_task(db, count_up, actor=people[who], now=clock.now(), **arguments)

    return do


def run_due():
    """What a worker would do now, to its end."""
    while True:
        now = clock.now()
        with reading() as db:
            due = list(db.scalars(select(Job.id).where(Job.state == "ready", Job.run_at <= now, Job.name == "dossier.count_up")))
        if not due:
            return
        for job_id in due:
            runner.run(job_id)


def killed_while_running(runtime: Runtime):
    """Run what is due in a process that a trap kills."""
    runtime.close()
    pid = os.fork()
    if pid == 0:
        try:
            runtime.forget_connections()
            run_due()
        finally:
            os._exit(0)
    return os.WIFSIGNALED(os.waitpid(pid, 0)[1])


def work_of():
    from zhanggui_dossier import work

    return work


def marks():
    from zhanggui_dossier.papers import MARKS

    with reading() as db:
        return list(db.scalars(select(MARKS.c.n).order_by(MARKS.c.id)))


def row(task_id):
    with reading() as db:
        return db.execute(select(*Task.__table__.c).where(Task.id == task_id)).first()


def bytes_on_disk(runtime):
    return sorted(path for path in (runtime.data / "files").rglob("*") if path.is_file())


def test_a_killed_worker_s_task_goes_on_where_it_was(instance, begin, tmp_path, sign_in):
    trap = tmp_path / "kill"
    trap.touch()
    task = begin(to=6, trap=str(trap))
    assert killed_while_running(instance)
    assert (marks(), row(task).state, row(task).done) == ([1, 2, 3], "running", 3)
    with clock.hold(clock.now() + timedelta(minutes=2)):
        with unit_of_work() as db:
            store.take_back(db)
        run_due()
    assert (marks(), row(task).state, row(task).done) == ([1, 2, 3, 4, 5, 6], "done", 6)
    got = sign_in("clerk").get(f"/private-files/{row(task).file_id}")
    assert (got.data, got.mimetype) == (b"1\n2\n3\n4\n5\n6\n", "text/csv")
    assert "numbers.csv" in got.headers["Content-Disposition"]


def test_a_canceled_task_stops_at_the_next_step_and_nothing_half_done_remains(instance, begin, sign_in):
    clerk, task = sign_in("clerk"), begin(to=50)
    work_of().between.append(lambda n: clerk.post(f"/tasks/{task}/cancel") if n == 3 else None)
    run_due()
    assert (marks(), row(task).state) == ([1, 2, 3], "canceled")
    assert bytes_on_disk(instance) == []
    with reading() as db:
        assert db.scalars(select(PrivateFile)).all() == []
        assert "core.task.canceled" in db.scalars(select(AuditEntry.action).where(AuditEntry.target_id == str(task))).all()
    page = clerk.get(f"/tasks/{task}").get_data(as_text=True)
    assert "It was canceled." in page and "data-watch" not in page
    assert clerk.post(f"/tasks/{task}/cancel").status_code == 409


def test_one_that_waits_is_canceled_at_once(instance, begin, sign_in):
    task = begin(to=5)
    sign_in("clerk").post(f"/tasks/{task}/cancel")
    assert row(task).state == "canceled"
    run_due()
    assert (marks(), row(task).state) == ([], "canceled")


def test_a_half_written_result_is_not_swept_up_and_never_a_result_when_it_is_lost(instance, begin, tmp_path, sign_in):
    trap = tmp_path / "refuse"
    trap.touch()
    task = begin(to=5, trap=str(trap))
    run_due()
    (half,) = bytes_on_disk(instance)
    os.utime(half, (1_000_000, 1_000_000))
    upkeep.sweep_private_files.function()
    assert bytes_on_disk(instance) == [half]
    half.unlink()
    clerk = sign_in("clerk")
    clerk.post(f"/tasks/{task}/resume")
    run_due()
    assert (marks(), row(task).state) == ([1, 2, 3], "failed")
    assert "Begin the task again." in clerk.get(f"/tasks/{task}").get_data(as_text=True)


def test_one_that_waits_for_another_try_is_canceled_at_once(instance, begin, tmp_path, sign_in):
    trap = tmp_path / "trouble"
    trap.touch()
    task = begin(to=5, trap=str(trap))
    run_due()
    assert (row(task).state, len(bytes_on_disk(instance))) == ("running", 1)
    sign_in("clerk").post(f"/tasks/{task}/cancel")
    assert (row(task).state, bytes_on_disk(instance)) == ("canceled", [])
    with clock.hold(clock.now() + timedelta(minutes=5)):
        run_due()
    assert (marks(), row(task).state) == ([1, 2, 3], "canceled")


def test_two_workers_do_no_step_twice(instance, begin):
    task = begin(to=5)

    def dies(n):
        raise LookupError("killed after one step")

    def another(n):
        if n == 2:
            work_of().between[:] = [dies]
            with pytest.raises(LookupError):
                work_of().count_up.function(task_id=task)
            work_of().between.clear()

    work_of().between.append(another)
    run_due()
    assert (marks(), row(task).state) == ([1, 2, 3], "running")
    work_of().count_up.function(task_id=task)
    assert (marks(), row(task).state) == ([1, 2, 3, 4, 5], "done")


def test_others_have_their_turn_between_steps(instance, begin, monkeypatch):
    monkeypatch.setattr(running, "TURN", 0.0)
    task = begin(to=4)
    run_due()
    assert (marks(), row(task).state) == ([1, 2, 3, 4], "done")
    with reading() as db:
        assert len(db.scalars(select(Job.id).where(Job.name == "dossier.count_up")).all()) == 4
    assert bytes_on_disk(instance)[0].read_bytes() == b"1\n2\n3\n4\n"


def test_it_is_done_with_the_rights_of_whoever_began_it_as_they_are_now(instance, people, begin):
    with unit_of_work() as db:
        gone = accounts.create_user(db, username=public_id(), password=PASSWORD, roles=["viewer"], actor=SYSTEM, now=clock.now())
    people["gone"] = find_principal(gone).actor()
    task, seen = begin("gone", to=6), []
    work_of().between.append(lambda n: seen.append(current_actor()))
    with unit_of_work() as db:
        accounts.disable_user(db, id=gone, actor=SYSTEM, now=clock.now())
    run_due()
    assert (marks(), row(task).state) == ([], "failed")
    begin("clerk", to=1)
    run_due()
    assert [(actor.id, actor.everything) for actor in seen] == [(people["clerk"].id, False)]


def test_a_refusal_is_a_sentence_and_it_goes_on_when_told_to(instance, begin, tmp_path, sign_in):
    trap = tmp_path / "refuse"
    trap.touch()
    task, clerk = begin(to=6, trap=str(trap)), sign_in("clerk")
    run_due()
    assert (marks(), row(task).state) == ([1, 2, 3], "failed")
    assert "A task of yours has failed." in clerk.get("/messages/").get_data(as_text=True)
    assert "At most 4 characters." in clerk.get(f"/tasks/{task}").get_data(as_text=True)
    chinese = {"Accept": "text/html", "Accept-Language": "zh-CN"}
    assert "最多 4 个字" in clerk.get(f"/tasks/{task}", headers=chinese).get_data(as_text=True)
    assert clerk.post(f"/tasks/{task}/resume").status_code == 303
    run_due()
    assert (marks(), row(task).state) == ([1, 2, 3, 4, 5, 6], "done")


def test_one_whose_job_was_given_up_has_failed_and_can_go_on(instance, begin, tmp_path, sign_in):
    trap = tmp_path / "trouble"
    trap.touch()
    task = begin(to=6, trap=str(trap))
    with unit_of_work() as db:
        db.execute(Job.__table__.update().values(max_attempts=1))
    run_due()
    clerk = sign_in("clerk")
    page = clerk.get(f"/tasks/{task}").get_data(as_text=True)
    assert row(task).state == "failed" and "RuntimeError" not in page and "It stopped because of an error." in page
    clerk.post(f"/tasks/{task}/resume")
    run_due()
    assert (marks(), row(task).state) == ([1, 2, 3, 4, 5, 6], "done")


def test_a_finished_result_is_removed_after_its_end_and_the_task_later(instance, begin, sign_in):
    task, clerk = begin(to=3), sign_in("clerk")
    run_due()
    file = f"/private-files/{row(task).file_id}"
    assert clerk.get(file).status_code == 200
    for days, status, files, there in ((6, 200, 1, True), (8, 404, 0, True), (31, 404, 0, False)):
        with clock.hold(clock.now() + timedelta(days=days)), unit_of_work() as db:
            upkeep.tidy_tasks.function(db)
        assert (len(bytes_on_disk(instance)), row(task) is not None) == (files, there)
        assert clerk.get(file).status_code == status
        if there and not files:
            assert "is gone now" in clerk.get(f"/tasks/{task}").get_data(as_text=True)


def test_a_result_is_over_at_its_end_though_nobody_tidied(instance, begin, people):
    from zhanggui.api import NotFound, readable_file

    task = begin(to=3)
    run_due()
    with reading() as db:
        assert readable_file(db, row(task).file_id, actor=people["clerk"]).size == 6
        with clock.hold(clock.now() + timedelta(days=8)), pytest.raises(NotFound):
            readable_file(db, row(task).file_id, actor=people["clerk"])


def test_a_command_that_was_killed_is_no_task_that_runs_for_ever(instance):
    from zhanggui.tasks.service import add_task
    from zhanggui.tasks.states import TaskState

    with unit_of_work() as db:
        task = add_task(db, "core.import", "Import", TaskState.RUNNING, actor=SYSTEM, now=clock.now() - timedelta(hours=2))
        upkeep.tidy_tasks.function(db)
    assert row(task).state == "failed"


def test_tasks_of_others_are_not_there(instance, begin, sign_in):
    task, clerk, viewer, owner = begin("clerk", to=3), sign_in("clerk"), sign_in("viewer"), sign_in("owner")
    run_due()
    for path in (f"/tasks/{task}", f"/task-progress/{task}", f"/private-files/{row(task).file_id}", f"/api/v1/core/tasks/{task}"):
        assert [who.get(path).status_code for who in (clerk, viewer, owner)] == [200, 404, 200], path
    assert viewer.post(f"/tasks/{task}/cancel").status_code == 404
    assert "Counting" in clerk.get("/tasks/").get_data(as_text=True)
    assert "Counting" not in viewer.get("/tasks/").get_data(as_text=True)


def test_progress_is_asked_for_every_few_seconds_until_it_ends(instance, begin, sign_in, people):
    task, clerk, seen = begin(to=4), sign_in("clerk"), []
    work_of().between.append(lambda n: seen.append(clerk.get(f"/task-progress/{task}")))
    run_due()
    texts = [answer.get_data(as_text=True) for answer in seen]
    assert all(f'data-watch="/task-progress/{task}"' in text and "HX-Refresh" not in answer.headers for text, answer in zip(texts, seen, strict=True))
    assert "2 of 4" in texts[1] and "Number 2" in texts[1]
    ended = clerk.get(f"/task-progress/{task}")
    assert ended.headers["HX-Refresh"] == "true" and "data-watch" not in ended.get_data(as_text=True)
    with reading() as db:
        assert [n.title for n in latest(db, people["clerk"])] == ["A task of yours is done."]
        assert latest(db, people["viewer"]) == []
