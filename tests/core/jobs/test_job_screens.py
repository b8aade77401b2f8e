"""The screens of jobs and events: what failed and why, another try, nothing for strangers."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from labor import rows, run_due
from werkzeug.test import Client

from zhanggui import jobs
from zhanggui.app import Site
from zhanggui.auth import service
from zhanggui.db.uow import reading, unit_of_work
from zhanggui.events import publish
from zhanggui.kernel import clock
from zhanggui.kernel.actors import SYSTEM
from zhanggui.kernel.ids import public_id
from zhanggui.testing.browsing import Visitor
from zhanggui.testing.fixtures import PASSWORD


@pytest.fixture
def visit(workshop) -> Callable[..., Visitor]:
    site = Site(workshop)

    def do(*roles: str) -> Visitor:
        name = f"user{public_id(6)}"
        with unit_of_work() as db:
            service.create_user(db, username=name, password=PASSWORD, roles=roles, actor=SYSTEM, now=clock.now())
        visitor = Visitor(Client(site))
        visitor.log_in(name, PASSWORD)
        return visitor

    return do


def test_the_owner_sees_why_a_job_died_and_tries_it_again(workshop, visit):
    from zhanggui_labor import jobs as work

    with unit_of_work() as db:
        job_id = jobs.enqueue(db, work.refused)
    run_due()
    owner = visit("owner")
    page = owner.get("/system/jobs/?state=dead")
    assert page.status_code == 200
    assert "no such account" in page.get_data(as_text=True)
    assert "ProviderError" in owner.get(f"/system/jobs/{job_id}").get_data(as_text=True)
    answer = owner.post(f"/system/jobs/{job_id}/requeue")
    assert answer.status_code in (302, 303)
    assert [row.state for row in rows()] == ["ready"]


def test_events_are_shown_and_cannot_be_changed(workshop, visit):
    from zhanggui_labor.events import ThingMade

    with unit_of_work() as db:
        publish(db, ThingMade(thing=3))
    owner = visit("owner")
    assert "A thing was made" in owner.get("/system/events/").get_data(as_text=True)
    assert owner.get("/system/events/add").status_code == 404


def test_who_may_not_list_jobs_meets_a_closed_door(workshop, visit):
    outsider = visit()
    assert outsider.get("/system/jobs/").status_code == 403
    assert outsider.get("/system/events/").status_code == 403


def test_readiness_tells_of_a_missing_scheduler_queue_and_of_late_jobs(workshop, processes):
    with reading() as db:
        queue, work = jobs.readiness(db)
    assert (queue["status"], work["status"], work["scheduler"]) == ("down", "degraded", False)
    from zhanggui.jobs import scheduler

    processes.queue(workshop)
    workshop.shared.pop("queue_pause", None)
    scheduler.round_once("a")
    with reading() as db:
        queue, work = jobs.readiness(db)
    assert (queue["status"], work["status"], work["scheduler"]) == ("ok", "ok", True)
