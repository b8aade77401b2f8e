"""A list that is too long for one answer is exported by a task: the same file, with the rights of whoever asked."""

from __future__ import annotations

import re
from datetime import datetime, timedelta
from io import BytesIO

import pytest
from openpyxl import load_workbook
from sqlalchemy import select

from zhanggui.audit.models import AuditEntry
from zhanggui.db.uow import reading
from zhanggui.jobs import runner
from zhanggui.jobs.models import Job
from zhanggui.kernel import clock
from zhanggui.web import export_tasks, gateway, views


@pytest.fixture
def work():
    """Do the exports that wait."""

    def do():
        with clock.hold(clock.now() + timedelta(seconds=1)), reading() as db:
            due = list(db.scalars(select(Job.id).where(Job.name == export_tasks.write_export.name, Job.state == "ready")))
        return [runner.run(job_id) for job_id in due]

    return do


def test_it_is_the_file_of_the_list_with_its_filters(visit, shelves, work, monkeypatch):
    shelves(12)
    monkeypatch.setattr(gateway, "COUNT_LIMIT", 5)
    monkeypatch.setattr(export_tasks, "PAUSE", -1.0)  # a step for each block
    owner = visit("owner")
    page = owner.get("/system/audit/").get_data(as_text=True)
    assert 'action="/system/audit/export"' in page and 'href="/system/audit/export.csv"' not in page
    assert 'data-key="action:core.Audit.export"' in page
    begun = owner.post("/products/export?status=draft")
    assert begun.status_code == 303 and re.fullmatch(r"/tasks/\d+", begun.location)
    assert "data-watch" in owner.get(begun.location).get_data(as_text=True)
    assert work() == ["done"]
    page = owner.get(begun.location).get_data(as_text=True)
    assert "Export: Products" in page and "6 of 6" in page
    href = re.search(r'href="(/private-files/\w+)"', page)
    assert href
    assert owner.get(href[1]).data == owner.get("/products/export.csv?status=draft").data
    with reading() as db:
        assert len(db.scalars(select(AuditEntry).where(AuditEntry.action == "products.product.exported")).all()) == 2


def test_a_short_list_is_answered_at_once(visit, shelves):
    shelves(3)
    page = visit("owner").get("/stock/").get_data(as_text=True)
    assert 'href="/stock/export.csv"' in page and 'action="/stock/export"' not in page


def test_of_a_list_with_files_to_work_with_the_columns_are_asked(visit, shelves):
    shelves(3)
    page = visit("owner").get("/products/?status=draft").get_data(as_text=True)
    assert 'href="/exports/products/?status=draft"' in page and "/products/export" not in page


def test_a_workbook_is_for_people(visit, shelves):
    shelves(3)
    owner = visit("owner")
    answer = owner.get("/products/export.xlsx?status=draft&q=Tea")
    assert answer.headers["Content-Disposition"].endswith('.xlsx"') or ".xlsx" in answer.headers["Content-Disposition"]
    rows = cells(answer.data)
    page = owner.get("/products/export.csv").get_data(as_text=True)
    assert "draft" in page and "draft" not in str(rows) and "Draft" in str(rows)
    amounts = [cell for row in rows[1:] for cell in row if isinstance(cell, float | int) and not isinstance(cell, bool)]
    times = [cell for row in rows[1:] for cell in row if isinstance(cell, datetime)]
    assert amounts and times
    about = [[cell.value for cell in row] for row in load_workbook(BytesIO(answer.data)).worksheets[1].iter_rows()]
    assert ["Status", "Draft"] in about and ["Search", "yes"] in about and ["Exported by", "owner"] in about
    assert "Tea" not in str(about)


def test_a_workbook_that_is_too_long_for_an_answer_is_refused_in_words(visit, shelves, monkeypatch):
    shelves(7)
    monkeypatch.setattr(views, "COUNT_LIMIT", 5)
    answer = visit("owner").get("/products/export.xlsx")
    assert answer.status_code == 422 and "too long" in answer.get_data(as_text=True)


def cells(data: bytes):
    return [[cell.value for cell in row] for row in load_workbook(BytesIO(data)).worksheets[0].iter_rows()]


@pytest.mark.parametrize("kind", ["sqlite", "postgresql"], indirect=True)
@pytest.mark.parametrize(("begin", "short", "read"), [("export", "export.csv", bytes), ("export-xlsx", "export.xlsx", cells)])
def test_it_goes_on_behind_the_last_row_that_was_written(visit, shelves, work, monkeypatch, begin, short, read):
    shelves(12)
    monkeypatch.setattr(export_tasks, "PAUSE", -1.0)
    stream, left = gateway.Gateway.stream, [2]

    def breaks(self, *args, after=None, **more):
        for block in stream(self, *args, batch=4, after=after):
            if not left[0]:
                left[0] = 9
                raise RuntimeError("trouble")
            left[0] -= 1
            yield block

    monkeypatch.setattr(gateway.Gateway, "stream", breaks)
    owner = visit("owner")
    begun = owner.post(f"/products/{begin}")
    assert work() == ["ready"]
    assert "8 of 12" in owner.get(begun.location).get_data(as_text=True)
    with clock.hold(clock.now() + timedelta(minutes=5)):
        assert work() == ["done"]
    monkeypatch.undo()
    href = re.search(r'href="(/private-files/\w+)"', owner.get(begun.location).get_data(as_text=True))
    assert href
    assert read(owner.get(href[1]).data) == read(owner.get(f"/products/{short}").data)


def test_who_may_not_export_begins_no_task(visit, shelves):
    viewer = visit("viewer")
    assert viewer.post("/products/export").status_code == 403
    assert viewer.post("/products/export-xlsx").status_code == 403 and viewer.get("/products/export.xlsx").status_code == 403
