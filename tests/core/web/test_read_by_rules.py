"""Through whichever door somebody reads: his own rows are there, nobody else's, and no column that is kept from him."""

from __future__ import annotations

import re
import sys
from datetime import timedelta
from io import BytesIO
from pathlib import Path
from types import SimpleNamespace
from zipfile import ZipFile

import pytest
from sqlalchemy import insert, select
from werkzeug.test import Client

from zhanggui import audit
from zhanggui.api import Actor, request_approval
from zhanggui.app import Site
from zhanggui.auth import service as accounts
from zhanggui.config.days import reader_at_work
from zhanggui.db.uow import reading, unit_of_work
from zhanggui.host import current_host, refresh
from zhanggui.host.service import enable_plugin, upgrade
from zhanggui.jobs import runner
from zhanggui.jobs.models import Job
from zhanggui.kernel import clock
from zhanggui.kernel.actors import SYSTEM, acting_as
from zhanggui.kernel.errors import StaleRow
from zhanggui.runtime import activated, open_runtime
from zhanggui.testing.browsing import Visitor
from zhanggui.testing.fixtures import PASSWORD
from zhanggui.web import export_tasks, generic
from zhanggui.web.labels import find_rows
from zhanggui_products.services.editing import create_product

FOLDER = Path(__file__).parents[2] / "plugins_for_tests"
JSON = {"Accept": "application/json"}
MINE, THEIRS, CODE = "My locker", "Zorro's locker", "4711-hidden"


@pytest.fixture(scope="module", params=["sqlite", "postgresql"])
def kind(request):
    return request.param


@pytest.fixture(scope="module")
def instance(databases, kind):
    sys.path.append(str(FOLDER))
    runtime = open_runtime(databases.fresh(kind, PLUGINS__FOLDERS=f"{FOLDER.parents[1]}/plugins,{FOLDER}"))
    with activated(runtime), acting_as(SYSTEM):
        upgrade(runtime)
        refresh(runtime)
        enable_plugin("lockers", actor=SYSTEM, now=clock.now())
        refresh(runtime)
        yield runtime
    databases.drop(runtime)
    sys.path.remove(str(FOLDER))


@pytest.fixture(scope="module")
def hall(instance):
    """Mia has a locker between two of Zorro's; the trail knows the codes of all."""
    from flask_appbuilder.security.sqla.models import User
    from zhanggui_lockers import plugin

    plugin.METADATA.create_all(instance.engine)
    site, now = Site(instance), clock.now()
    with unit_of_work() as db:
        for name in ("mia", "zorro"):
            accounts.create_user(db, username=name, password=PASSWORD, roles=["clerk"], actor=SYSTEM, now=now, display_name=name.title())
        ids = dict(db.execute(select(User.username, User.id)).tuples().all())
        product = create_product(db, actor=SYSTEM, now=now, name="Key ring", variants=[{"sku": "KEY", "price": 100}])
        rows = [
            {"id": n, "name": name, "owner_id": ids[who], "code": f"{CODE}-{n}", "neighbor_id": n % 3 + 1, "product_id": product}
            for n, name, who in ((1, THEIRS, "zorro"), (2, MINE, "mia"), (3, THEIRS, "zorro"))
        ]
        db.execute(insert(plugin.LOCKERS), rows)
        for row in rows:
            changed = {"code": row["code"], "name": row["name"]}
            audit.record(db, "lockers.locker.changed", target=("lockers.Locker", row["id"]), label=row["name"], reason=f"for {row['name']}",
                         before=changed, after=changed, actor=SYSTEM, now=now)  # fmt: skip
            asker = Actor("user", ids["mia"] + 1000, name="asker")
            request_approval(db, "lockers.force", id=row["id"], label=row["name"], reason="lost", values={}, actor=asker, now=now)
    visitors = {}
    for name in ("mia", "zorro"):
        visitors[name] = Visitor(Client(site))
        visitors[name].log_in(name, PASSWORD)
    from zhanggui.auth.principal import find_principal

    actor = find_principal(ids["mia"]).actor()
    return SimpleNamespace(plugin=plugin, mia=visitors["mia"], zorro=visitors["zorro"], actor=actor)


def page(path):
    return lambda hall: hall.mia.get(path).get_data(as_text=True)


def api(path):
    return lambda hall: hall.mia.client.get(f"/api/v1/lockers/{path}", headers=JSON).get_data(as_text=True)


def workbook(hall):
    with ZipFile(BytesIO(hall.mia.get("/lockers/export.xlsx?neighbor_id=3").data)) as file:
        return "".join(file.read(name).decode() for name in file.namelist())


def export_by_task(hall):
    begun = hall.mia.post("/lockers/export")
    with clock.hold(clock.now() + timedelta(seconds=1)), reading() as db:
        due = db.scalars(select(Job.id).where(Job.name == export_tasks.write_export.name, Job.state == "ready")).all()
    assert [runner.run(job_id) for job_id in due] == ["done"]
    href = re.search(r'href="(/private-files/\w+)"', hall.mia.get(begun.location).get_data(as_text=True))[1]
    return hall.mia.get(href).get_data(as_text=True)


def in_a_job(hall):
    with acting_as(hall.actor), reading() as db:
        reader = reader_at_work(hall.actor)
        return str([tuple(row) for row in find_rows(db, reader, "lockers.Locker", "locker", 9, columns=("name", "code"))])


def widget(hall):
    return page("/")(hall).partition("My lockers")[2]


# Each door with what of one's own row is seen behind it.
DOORS = {
    "list": (page("/lockers/"), MINE),
    "list, sorted": (page("/lockers/?sort=-name"), MINE),
    "list, filtered": (page("/lockers/?opened_to=0"), MINE),
    "chip of a filter": (page("/lockers/?neighbor_id=3"), "Neighbor: not visible to you"),
    "search of a list": (page("/lockers/?q=locker"), MINE),
    "search everywhere": (page("/search?q=locker"), MINE),
    "search everywhere, as data": (lambda hall: hall.mia.get("/search?q=locker", headers=JSON).get_data(as_text=True), MINE),
    "look-up": (page("/lockers/lookup?q=locker"), MINE),
    "detail": (page("/lockers/2"), MINE),
    "sections": (lambda hall: page("/lockers/2")(hall).partition('<p>row:')[2], MINE),
    "form": (page("/lockers/2/edit"), MINE),
    "questions of a verb": (page("/lockers/2/change_code"), "Code"),
    "export": (page("/lockers/export.csv"), MINE),
    "workbook": (workbook, MINE),
    "export by a task": (export_by_task, MINE),
    "REST list": (api("lockers/"), MINE),
    "REST row": (api("lockers/2"), MINE),
    "column on a screen of others": (page("/products/"), MINE),
    "figure": (widget, MINE),
    "job": (in_a_job, MINE),
    "trail": (page("/system/audit/?target_type=lockers.Locker"), "Locker: changed"),
    "trail as data": (lambda hall: hall.mia.client.get("/api/v1/core/system/audit/", headers=JSON).get_data(as_text=True), MINE),
    "approvals": (page("/approvals/"), MINE),
    "named by what is hidden": (page("/lockers-nearby/"), "#2"),
    "named by what is hidden: detail": (page("/lockers-nearby/2"), "#2"),
    "named by what is hidden: look-up": (page("/lockers-nearby/lookup"), "#2"),
    "named by a function": (page("/lockers-known/"), "None"),
    "named by a function: detail": (page("/lockers-known/2"), "None"),
    "named by a function: look-up": (page("/lockers-known/lookup"), "None"),
}  # fmt: skip


@pytest.mark.parametrize("door", DOORS)
def test_one_s_own_rows_are_read_and_no_others_and_no_hidden_column(hall, door):
    ask, own = DOORS[door]
    answer = ask(hall).replace("&#39;", "'")
    assert own in answer
    assert THEIRS not in answer
    assert CODE not in answer


REFUSED = {
    "row of another": ("/lockers/1", 404), "form of another": ("/lockers/1/edit", 404), "question about another": ("/lockers/1/change_code", 404),
    "filter by what is hidden": (f"/lockers/?code={CODE}-2", 400), "filter that reads it": (f"/lockers/?by_code={CODE}-2", 400),
    "order of what is hidden": ("/lockers/?sort=code", 400), "REST row of another": ("/api/v1/lockers/lockers/1", 404),
    "REST filter": (f"/api/v1/lockers/lockers/?code={CODE}-2", 400), "REST order": ("/api/v1/lockers/lockers/?sort=-code", 400),
    "export filtered": (f"/lockers/export.csv?code={CODE}-2", 400),
}  # fmt: skip


@pytest.mark.parametrize("door", REFUSED)
def test_what_is_kept_from_him_is_refused_by_address(hall, door):
    path, status = REFUSED[door]
    answer = hall.mia.get(path)
    assert answer.status_code == status
    assert THEIRS not in answer.get_data(as_text=True)


@pytest.mark.parametrize("path", ["/lockers/?q=4711", "/lockers/lookup?q=4711", "/search?q=4711", "/api/v1/lockers/lockers/?q=4711", "/lockers/export.csv?q=4711"])
def test_nothing_is_found_by_what_is_hidden(hall, path):
    answer = hall.mia.get(path, headers=JSON if "/api/" in path else {"Accept": "text/html", "Accept-Language": "en"})
    assert answer.status_code == 200
    assert MINE not in answer.get_data(as_text=True)


def test_the_order_of_a_list_tells_nothing_of_what_is_hidden(hall):
    screen = current_host().screens["lockers.Nearby"]
    with reading() as db:
        from zhanggui.web.gateway import gateway
        from zhanggui.web.query import ListQuery

        found = gateway.page(db, screen, reader_at_work(hall.actor), ListQuery(size=1))
        assert [str(e) for e, _down in gateway.order(screen, hall.actor, ListQuery())] == ["lockers__locker.id"]
        assert [str(e) for e, _down in gateway.order(screen, SYSTEM, ListQuery())] == ["lockers__locker.code", "lockers__locker.id"]
    assert len(found.rows) == 1


def row(hall, number):
    with reading() as db:
        return db.execute(select(hall.plugin.LOCKERS).where(hall.plugin.LOCKERS.c.id == number)).one()


def test_a_verb_on_many_leaves_the_rows_of_others_alone(hall):
    before = [row(hall, n).opened for n in (1, 2, 3)]
    told = hall.mia.post("/lockers/bulk/open", {"ids": ["1", "2", "3"]}).get_data(as_text=True)
    assert "1 done, 2 not done." in told and told.count("not there any more") == 2  # and not what they are called
    assert [row(hall, n).opened for n in (1, 2, 3)] == [before[0], before[1] + 1, before[2]]
    assert hall.mia.post("/lockers/1/open").status_code == 404


def test_writing_reaches_no_row_of_another_and_no_hidden_column(hall):
    token = {"X-CSRFToken": hall.mia.token, **JSON}
    client = hall.mia.client
    assert client.patch("/api/v1/lockers/lockers/1", json={"name": "Mine now"}, headers=token).status_code == 404
    assert client.delete("/api/v1/lockers/lockers/1", headers=token).status_code == 404
    assert client.post("/api/v1/lockers/lockers/1/open", json={}, headers=token).status_code == 404
    refused = client.patch("/api/v1/lockers/lockers/2", json={"code": "0000"}, headers=token)
    assert (refused.status_code, list(refused.json["errors"])) == (422, ["code"])
    foreign = client.patch("/api/v1/lockers/lockers/2", json={"neighbor_id": 1}, headers=token)
    assert foreign.status_code == 422
    # The neighbor that was stays, although nobody who may not see it could choose it.
    sent = {"name": f"{MINE}, painted", "code": "0000", "neighbor_id": "3", "row_version": str(row(hall, 2).row_version)}
    assert hall.mia.post("/lockers/2/edit", sent).status_code == 303
    assert (row(hall, 1).name, row(hall, 2).code) == (THEIRS, f"{CODE}-2")
    assert (row(hall, 2).name, row(hall, 2).neighbor_id) == (f"{MINE}, painted", 3)


def test_figures_and_badges_count_what_their_list_shows(hall):
    home = page("/")(hall)
    todo = re.search(r'href="(/lockers/\?[^"]+)">.*?Lockers to open</span><span class="count">(\d+)<', home)
    listed = hall.zorro.get("/").get_data(as_text=True)
    assert re.search(r"Lockers to open</span><span class=\"count\">2<", listed)
    if todo:  # until the locker was opened
        assert hall.mia.get(todo[1]).get_data(as_text=True).count('<tr role="row"') - 1 == int(todo[2])
    assert re.search(r"<span>Lockers</span><span class=\"count\">1<", home)
    assert re.search(r"<span>Lockers</span><span class=\"count\">2<", listed)


def test_a_stale_save_tells_no_column_that_is_not_in_the_form(hall, monkeypatch):
    def stale(*_given):
        raise StaleRow(changed={"name": "Somebody's", "code": CODE})

    version = re.search(r'name="row_version"[^>]*value="(\d+)"', hall.mia.get("/lockers/2/edit").get_data(as_text=True))
    assert version is not None
    typed = {"name": "Renamed", "neighbor_id": "", "row_version": str(int(version[1]) + 1)}
    answer = hall.mia.post("/lockers/2/edit", typed)  # the core compares before any service does
    assert (answer.status_code, CODE in answer.get_data(as_text=True)) == (409, False)
    monkeypatch.setattr(generic, "update_row", stale)
    answer = hall.mia.post("/lockers/2/edit", typed | {"row_version": version[1]})
    text = answer.get_data(as_text=True).replace("&#39;", "'")
    assert (answer.status_code, "Somebody's" in text, CODE in text) == (409, True, False)
