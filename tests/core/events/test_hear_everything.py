"""Who listens to every event is told of each once, whoever publishes it; the core tells of its notices."""

from __future__ import annotations

from dataclasses import dataclass, replace

import pytest
from labor import marks, rows, run_due

from zhanggui.api import Event, notify, read_notice
from zhanggui.db.uow import reading, unit_of_work
from zhanggui.events import MAX_DEPTH, publish
from zhanggui.events.models import OutboxEvent
from zhanggui.host import Host, current_host
from zhanggui.host.host import Contribution
from zhanggui.host.wiring import adopt
from zhanggui.kernel.errors import WiringError
from zhanggui.kernel.trace import traced
from zhanggui.testing.fixtures import NOON


@pytest.fixture
def listener(workshop, monkeypatch):
    from zhanggui_labor import jobs

    monkeypatch.setitem(current_host().handlers, "*", [jobs.hear])


def test_it_is_told_of_each_event_once_with_its_name_and_fields(listener):
    from zhanggui_labor.events import ThingMade

    with unit_of_work() as db:
        publish(db, ThingMade(thing=3))
        notify(db, kind="test.made", title="A thing was made", permission=("can_list", "core.Job"), key="once", now=NOON)
        notify(db, kind="test.made", title="A thing was made", key="once", now=NOON)
    assert set(run_due()) == {"done"}
    assert [job.name for job in rows(key="3")] == ["labor.note", "labor.also_note", "labor.hear"]
    assert sorted(note for name, note in marks() if name == "hear") == [
        "core.notice.created@1  ['kind', 'notice_id', 'permission', 'user_id']", "labor.thing.made@1 3 ['note', 'thing']"
    ]  # fmt: skip


def test_what_a_notice_says_is_read_by_its_id(workshop):
    with unit_of_work() as db:
        notify(db, kind="test.made", title="%(n)s things were made", params={"n": 3}, href="/things/", now=NOON)
    with reading() as db:
        [payload] = db.scalars(OutboxEvent.__table__.select().with_only_columns(OutboxEvent.payload))
        found = read_notice(db, payload["notice_id"])
    assert (found.title, found.href, payload["kind"]) == ("3 things were made", "/things/", "test.made")


def test_a_notice_at_the_end_of_a_circle_is_written_and_told_no_further(workshop):
    with traced("circle", depth=MAX_DEPTH + 1), unit_of_work() as db:
        notify(db, kind="core.job.dead", title="A job was given up", now=NOON)
    with reading() as db:
        assert db.execute(OutboxEvent.__table__.select()).all() == []


def test_one_job_cannot_listen_to_everything_and_to_one_event(workshop):
    from zhanggui_labor import jobs

    host = current_host()
    alone = Host(host.manager, manifests=host.manifests)
    with pytest.raises(WiringError, match="hears every event"):
        adopt(alone, "labor", Contribution(handlers={"*": [jobs.hear], "labor.thing.made@1": [jobs.hear]}))


def test_no_field_takes_the_place_of_what_says_which_event_it_is():
    @dataclass(frozen=True)
    class Bad(Event, name="labor.bad.named", version=1):
        event: int

    with pytest.raises(WiringError, match="cannot have a field named event"):
        Bad.check()


@pytest.mark.parametrize(("hears", "told"), [(lambda name: name.startswith("labor."), 1), (lambda name: False, 0), (lambda name: 1 // 0, 2)])
def test_who_listens_says_to_which(workshop, monkeypatch, hears, told):
    """What is not for it makes no job; a listener that cannot say it gets each, and fails alone."""
    from zhanggui_labor import jobs
    from zhanggui_labor.events import ThingMade

    monkeypatch.setitem(current_host().handlers, "*", [replace(jobs.hear, hears=hears)])
    with unit_of_work() as db:
        publish(db, ThingMade(thing=3))
        notify(db, kind="test.made", title="A thing was made", permission=("can_list", "core.Job"), now=NOON)
    run_due()
    assert [name for name, _note in marks()].count("hear") == told
    assert "labor.note" in [job.name for job in rows(key="3")]
