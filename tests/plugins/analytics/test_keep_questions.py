"""Questions under a name, days of one's own, and figures that are taken away."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Callable
from typing import Any

from gone import past, row
from sqlalchemy import select

from zhanggui.api import reading
from zhanggui.files import private
from zhanggui.jobs import runner
from zhanggui.list_views.models import ListView
from zhanggui.runtime import Runtime
from zhanggui.tasks.models import Task

Visit = Callable[..., Any]
QUESTION = "metrics=sales.net&by=sku&period=2026-04-01..2026-04-30"


def test_a_question_is_kept_and_opened_again(instance: Runtime, visit: Visit) -> None:
    past(row(at="2026-04-06 10:00", sku="A", price=123_456))
    owner, clerk = visit("owner"), visit("clerk")
    assert "/analytics/save?" in owner.get(f"/analytics/ask?{QUESTION}").text
    assert owner.post(f"/analytics/save?{QUESTION}", {"name": "What sold in April"}).status_code == 303
    page = owner.get("/analytics/saved").text
    assert "What sold in April" in page and "/analytics/ask?metrics=sales.net&amp;by=sku&amp;period=2026-04-01..2026-04-30" in page
    assert "What sold in April" not in clerk.get("/analytics/saved").text
    with reading() as db:
        kept = db.scalars(select(ListView.id).where(ListView.screen == "analytics.Report")).one()
    assert clerk.post(f"/analytics/saved/{kept}/delete", {}).status_code == 404
    assert owner.post(f"/analytics/saved/{kept}/delete", {}).status_code == 303
    assert "What sold in April" not in owner.get("/analytics/saved").text


def test_a_shared_question_is_answered_by_the_rights_of_who_opens_it(instance: Runtime, visit: Visit) -> None:
    owner, clerk = visit("owner"), visit("clerk")
    for name, metric in (("Cost of April", "sales.cost"), ("April", "sales.net")):
        assert owner.post(f"/analytics/save?metrics={metric}&period=2026-04", {"name": name, "shared": "1"}).status_code == 303
    page = clerk.get("/analytics/saved").text
    assert "April" in page and "Cost of April" not in page
    assert clerk.get("/analytics/ask?metrics=sales.cost&period=2026-04").status_code == 403
    clerk.post("/analytics/save?metrics=sales.net&period=2026-04", {"name": "Of a clerk", "shared": "1"})
    assert "Of a clerk" not in owner.get("/analytics/saved").text


def test_days_of_ones_own_and_the_step_are_chosen_on_the_page(instance: Runtime, visit: Visit) -> None:
    past(row(at="2026-04-06 10:00", sku="A", price=123_456), row(at="2026-05-06 10:00", sku="A", price=100))
    owner = visit("owner")
    page = owner.get("/analytics/board/sales?from=2026-04-01&to=2026-05-31&step=month&compare=none").text
    assert "1,235.56" in page and "2026-05" in page and "period=2026-04-01..2026-05-31" in page
    assert owner.get("/analytics/board/sales?step=fortnight").status_code == 400
    assert owner.get("/analytics/board/sales?from=2026-05-31&to=2026-04-01").status_code == 400


def test_a_file_has_every_row_and_says_what_it_is(instance: Runtime, visit: Visit) -> None:
    past(*(row(at="2026-04-06 10:00", sku=f"{n:020d}", price=n + 1) for n in range(120)), row(at="2026-04-07 10:00", sku="=1+1", price=7))
    owner = visit("owner")
    lines = owner.post(f"/analytics/export?format=csv&{QUESTION}&limit=3", {}).data.decode("utf-8-sig").splitlines()
    assert len(lines) == 122 and "00000000000000000119,1.20,CNY" in lines and "'=1+1,0.07,CNY" in lines
    with zipfile.ZipFile(io.BytesIO(owner.post(f"/analytics/export?format=xlsx&{QUESTION}&limit=3", {}).data)) as book:
        assert book.read("xl/worksheets/sheet1.xml").count(b"<row ") == 122
        about = b"".join(book.read(name) for name in book.namelist() if name.endswith(("sharedStrings.xml", "sheet2.xml")))
        assert b"Asia/Shanghai" in about and b"00000000000000000119" in b"".join(book.read(name) for name in book.namelist())


def test_a_paper_is_written_by_a_task_with_the_rights_of_who_asked(instance: Runtime, visit: Visit) -> None:
    past(row(at="2026-04-06 10:00", sku="A", price=123_456))
    owner = visit("owner")
    assert owner.post(f"/analytics/export?format=pdf&{QUESTION}", {}).status_code == 303
    runner.drain("default")
    with reading() as db:
        task = db.scalars(select(Task)).one()
        assert (task.state, private.path_of(task.file_id).read_bytes()[:5]) == ("done", b"%PDF-")
    assert visit("clerk").post(f"/analytics/export?format=pdf&{QUESTION}", {}).status_code == 403
