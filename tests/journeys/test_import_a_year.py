"""A real shop's year comes in: killed in the middle it goes on, and in the end it adds up."""

from __future__ import annotations

import csv
import os
import random
import resource
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from decimal import Decimal
from pathlib import Path

import pytest
from journeys import real_year
from sqlalchemy import func, select, text

from zhanggui.api import SYSTEM, clock, unit_of_work
from zhanggui.audit.models import AuditEntry
from zhanggui.config import settings
from zhanggui.db.uow import reading
from zhanggui.importing.compare import compare
from zhanggui.importing.runner import run_import
from zhanggui.runtime import Runtime
from zhanggui.tasks.models import Task
from zhanggui.testing.browsing import Visitor
from zhanggui.testing.instances import environment
from zhanggui_analytics import commands
from zhanggui_orders.models import Order, OrderLine

RETAIL = os.environ.get("ZHANGGUI_RETAIL_PARQUET")
INVOICES, ROWS = 6000, 24_000


@pytest.fixture
def kind() -> str:
    """The stories here are about SQLite with synchronous=FULL; both databases are in tests/core/importing."""
    return "sqlite"


@pytest.fixture
def half_year(tmp_path: Path) -> Path:
    """So many rows that there is time to pull the plug; an invoice's rows stand far apart."""
    rng = random.Random(7)
    rows = [
        [f"{500_000 + n % INVOICES}", f"S{rng.randrange(900)}", f"Thing {rng.randrange(900)}", rng.randint(1, 12),
         f"2025-{1 + n % INVOICES // 1000:02d}-{1 + n % 28:02d} 10:00", f"{rng.randint(50, 5000) / 100:.2f}", n % INVOICES % 300 or "", "UK"]
        for n in range(ROWS)
    ]  # fmt: skip
    path = tmp_path / "half_year.csv"
    with path.open("w", encoding="utf-8", newline="") as out:
        csv.writer(out).writerows([["InvoiceNo", "StockCode", "Description", "Quantity", "InvoiceDate", "UnitPrice", "CustomerID", "Country"], *rows])
    return path


def start(instance: Runtime, path: Path) -> subprocess.Popen[bytes]:
    """The command in a process of its own."""
    roots = [str(Path(__file__).parents[2] / root) for root in ("core", "plugins", "themes")]
    environ = {**os.environ, **environment(instance.config), "PYTHONPATH": os.pathsep.join(roots)}
    command = [sys.executable, "-m", "zhanggui.cli", "import", "orders", str(path), "--currency", "GBP", "--json"]
    return subprocess.Popen(command, env=environ, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)


def wait_for(condition: Callable[[], bool], seconds: float = 60) -> None:
    until = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < until, "it did not happen in time"
        time.sleep(0.01)


def progress(instance: Runtime) -> tuple[str, int] | None:
    """State, and how many orders are there."""
    with instance.engine.connect() as connection:
        row = connection.execute(text("SELECT state FROM core__task")).first()
        return (row.state, connection.scalar(select(func.count()).select_from(Order)) or 0) if row else None


def test_killed_in_the_middle_it_goes_on_where_it_was(instance: Runtime, half_year: Path) -> None:
    process = start(instance, half_year)
    wait_for(lambda: (now := progress(instance)) is not None and now[1] > 0)
    process.send_signal(signal.SIGKILL)
    process.wait()
    state, there = progress(instance) or ("", 0)
    assert (state, 0 < there < INVOICES) == ("running", True), "it was done before it was killed"
    report = run_import(instance, "orders", half_year, currency="GBP", quiet=True)
    assert (report.already, report.adds_up, report.rows) == (False, True, ROWS)
    assert {what: count for what, (count, _amount) in report.tally.outcomes.items()} == {"order line": ROWS}
    with reading() as db:
        assert (db.scalar(select(func.count()).select_from(Order)), db.scalar(select(func.count()).select_from(OrderLine))) == (INVOICES, ROWS)
        step = db.scalar(select(Task.step)) or 0
        audited = db.scalar(select(func.count()).select_from(AuditEntry)) or 0
    # One audit row a batch: nothing was done twice, and nothing was done without a trace.
    assert audited == step
    assert all(figure.file == figure.database for figure in compare(instance, "orders", half_year))
    print(f"killed with {there} of {INVOICES} orders there")


@pytest.mark.skipif(not RETAIL, reason="ZHANGGUI_RETAIL_PARQUET does not name the real year")
def test_the_real_year_adds_up(instance: Runtime, visit: Callable[..., Visitor]) -> None:
    path = Path(RETAIL or "")
    started = time.monotonic()
    report = run_import(instance, "orders", path, zone="Europe/London", currency="GBP", quiet=True)
    seconds = time.monotonic() - started
    print(f"\n{report.text()}\n{seconds:.0f} s, {resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024} MB")
    assert (report.rows, report.adds_up, report.tally.amount) == (541_909, True, Decimal("9747747.934"))
    assert (report.tally.rounded_rows, report.tally.rounding) == (4, Decimal("0.004"))
    assert set(report.tally.reasons) == {"stock_write_off", "stock_correction"}
    assert seconds < 300
    figures = {figure.name: (figure.file, figure.database) for figure in compare(instance, "orders", path)}
    assert all(file == database for file, database in figures.values())
    assert figures["orders of known customers"] == (18_536, 18_536)
    assert figures["customers who bought"] == (4_339, 4_339)
    again = run_import(instance, "orders", path, zone="Europe/London", currency="GBP", quiet=True)
    assert (again.already, again.tally) == (True, report.tally)
    _figures_of_the_year()
    visitor = visit("owner")
    for page in ("/", "/orders/", "/products/", "/customers/", "/orders/?q=5363"):
        visitor.get(page)
        before = time.perf_counter()
        assert visitor.get(page).status_code == 200
        took = time.perf_counter() - before
        print(f"{page:<18} {took * 1000:5.0f} ms")
        assert took < 0.5


@pytest.mark.skipif(not RETAIL, reason="ZHANGGUI_RETAIL_PARQUET does not name the real year")
@pytest.mark.hard
@pytest.mark.proof
@pytest.mark.parametrize("kind", ["postgresql"])
def test_the_figures_of_the_real_year_on_the_other_database(instance: Runtime, kind: str, keep_figures: Callable[..., None]) -> None:
    run_import(instance, "orders", Path(RETAIL or ""), zone="Europe/London", currency="GBP", quiet=True)
    keep_figures(f"figures_of_a_year_{kind}", _figures_of_the_year(of_rows=True))


def _figures_of_the_year(*, of_rows: bool = False) -> dict[str, float]:
    """Each figure that is known of this year, from what is kept (and from the rows), to the penny."""
    with unit_of_work() as db:
        settings.set(db, "instance.time_zone", "Europe/London", actor=SYSTEM, now=clock.now())
    took: dict[str, float] = {}

    def timed(name: str, act: Callable[[], object]) -> None:
        began = time.monotonic()
        act()
        took[name] = round(time.monotonic() - began, 1)

    if of_rows:
        timed("asked_of_rows_s", real_year.check)
    timed("rebuilt_s", lambda: commands.rebuild(lambda text, data: None, None, None))
    timed("asked_of_what_is_kept_s", real_year.check)
    return took
