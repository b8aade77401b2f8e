"""Importing a messy year: every row becomes something, the money adds up, a second run changes nothing."""

from __future__ import annotations

from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from messy import BECAME, ROWS, SOURCE, total, write
from sqlalchemy import func, select, text
from sqlalchemy.orm import Session

from zhanggui.audit.models import AuditEntry
from zhanggui.db.uow import after_commit, reading, unit_of_work
from zhanggui.events.models import OutboxEvent
from zhanggui.i18n.wording import spoken
from zhanggui.importing import runner
from zhanggui.importing.compare import compare
from zhanggui.importing.models import Import, Rejection, Rounding
from zhanggui.importing.report import Report, Tally
from zhanggui.importing.runner import BATCH_ROWS, run_import
from zhanggui.kernel import clock
from zhanggui.kernel.actors import SYSTEM
from zhanggui.kernel.errors import Invalid, NotFound
from zhanggui.notices.models import Notice
from zhanggui.runtime import Runtime
from zhanggui.tasks.models import Task
from zhanggui.tasks.service import cancel_task
from zhanggui_customers.models import Customer
from zhanggui_inventory.models import StockMovement, StockReservation
from zhanggui_orders.models import Day, Order, OrderLine
from zhanggui_products.models import Product, Variant


def read(instance: Runtime, path: Path = SOURCE, **more: object) -> Report:
    return run_import(instance, "orders", path, zone="Europe/London", currency="GBP", quiet=True, **more)  # type: ignore[arg-type]


def rows(db: Session, model: type) -> int:
    return db.scalar(select(func.count()).select_from(model)) or 0


def order(db: Session, number: str) -> Order:
    return db.scalars(select(Order).where(Order.number == number)).one()


def test_every_row_becomes_something_and_the_money_adds_up(instance: Runtime) -> None:
    report = read(instance)
    assert {what: count for what, (count, _amount) in report.tally.outcomes.items()} == BECAME
    assert (report.rows, report.adds_up, report.tally.amount) == (ROWS, True, total())
    with reading() as db:
        booked = db.scalar(select(func.sum(OrderLine.total))) or 0
        rounded = sum(Decimal(r.exact) - Decimal(r.stored) for r in db.scalars(select(Rounding)))
        rejected = sum(Decimal(r.amount) for r in db.scalars(select(Rejection)))
        assert Decimal(booked) / 100 + rounded + rejected == total()
        assert report.booked == Decimal(booked) / 100
        assert rows(db, OrderLine) + rows(db, Rejection) == ROWS
    assert all(figure.file == figure.database for figure in compare(instance, "orders", SOURCE))
    assert report.text().splitlines()[-2].split()[:2] == ["total", str(ROWS)]


def test_what_was_not_taken_has_a_name_and_keeps_all_it_held(instance: Runtime) -> None:
    read(instance)
    with reading() as db:
        found = {r.row: (r.reason, r.raw) for r in db.scalars(select(Rejection))}
    assert {row: reason for row, (reason, _raw) in found.items()} == {
        11: "stock_write_off", 12: "stock_correction", 19: "bad_date", 20: "bad_quantity", 21: "bad_price", 22: "no_number",
        23: "no_sku", 27: "no_quantity",
    }  # fmt: skip
    assert found[20][1] == {
        "Invoice No": "70012", "Stock Code": "SP-03", "Description": "SPOON", "Quantity": "a few", "Invoice Date": "2025-03-01 09:27:00",
        "Unit Price": "0.85", "Customer ID": "9003", "Country": "Norway", "Till": "A",
    }  # fmt: skip


def test_orders_are_stored_as_they_ended(instance: Runtime) -> None:
    read(instance)
    with reading() as db:
        split = order(db, "70001")
        assert (split.stage, split.payment_status, split.currency, split.total) == ("done", "paid", "GBP", 2500 + 2 * 1350 + 340)
        assert rows(db, Order) == 12
        assert split.placed_at.isoformat() == "2025-01-06T09:15:00+00:00"
        assert order(db, "70017").placed_at.isoformat() == "2025-04-01T09:00:00+00:00"
        guest = order(db, "70002")
        assert (guest.customer_id, guest.total, guest.region, split.region) == (None, 1250 + 3 * 495, "GB", "GB")
        back = order(db, "C70004")
        assert (back.customer_id, back.goods_total, back.freight_total) == (split.customer_id, -450, -310)
        assert order(db, "A70008").total == -24066


def test_customers_and_products_come_with_them(instance: Runtime) -> None:
    read(instance)
    with reading() as db:
        people = {c.name: c for c in db.scalars(select(Customer))}
        assert sorted(people) == ["Customer 9001", "Customer 9002", "Customer 9003", "Customer 9004"]
        assert (people["Customer 9002"].region, people["Customer 9001"].order_count) == ("France", 1)
        # Pounds are not added to the yuan of this shop.
        assert {c.spent for c in people.values()} == {0}
        assert set(db.scalars(select(Day.currency))) == {"GBP"}
        goods = {v.sku: (p.name, v.price, v.currency, p.status) for p, v in db.execute(select(Product, Variant).join(Product.variants))}
        assert goods == {
            "TP-01": ('TEAPOT, BLUE "WILLOW"', 1250, "GBP", "draft"), "CU-07": ("CUP WITH FISH", 225, "GBP", "draft"),
            "TI-22": ("茶叶罐 TIN WITH CRANES", 495, "GBP", "draft"), "SP-03": ("SPOON", 85, "GBP", "draft"),
            "tp-01": ("TEAPOT LOWER CASE", 1100, "GBP", "draft"),
        }  # fmt: skip


def test_history_reserves_nothing_tells_nobody_and_writes_one_audit_row_a_batch(instance: Runtime) -> None:
    with reading() as db:
        before = rows(db, Notice)
    read(instance)
    with reading() as db:
        assert (rows(db, StockMovement), rows(db, StockReservation), rows(db, Notice)) == (0, 0, before)
        # Whoever keeps something for each variant hears of the new ones; no order tells of itself, all of them do once.
        assert sorted(db.scalars(select(OutboxEvent.name))) == ["orders.orders.imported", "products.product.imported"]
        told = db.scalars(select(OutboxEvent.payload).where(OutboxEvent.name == "orders.orders.imported")).one()
        batch_id = db.scalars(select(AuditEntry.target_id).where(AuditEntry.action == "orders.order.imported")).one()
        assert told == {"batch_id": batch_id, "count": 12, "first_day": "2025-01-06", "last_day": "2025-04-03"}
        assert sorted(db.scalars(select(AuditEntry.action))) == [
            "core.import.finished", "customers.customer.imported", "orders.order.imported", "products.product.imported",
        ]  # fmt: skip


def test_twice_gives_the_same_rows(instance: Runtime, tmp_path: Path) -> None:
    first = read(instance)
    with reading() as db:
        there = [rows(db, model) for model in (Order, OrderLine, Customer, Product, Rejection)]
    again = read(instance)
    assert (again.already, again.import_id, again.tally) == (True, first.import_id, first.tally)
    # The same year from another program is another file, and still the same orders.
    other = read(instance, write("xlsx", tmp_path))
    assert (other.already, other.adds_up, other.tally.outcomes["known"][0]) == (False, True, 22)
    assert other.tally.amount == first.tally.amount
    with reading() as db:
        assert [rows(db, model) for model in (Order, OrderLine, Customer, Product)] == there[:-1]
        assert rows(db, Import) == 2


def test_another_source_is_another_shop(instance: Runtime) -> None:
    read(instance)
    read(instance, source="branch")
    with reading() as db:
        assert (rows(db, Order), rows(db, Customer), rows(db, Product)) == (24, 8, 5)
    assert all(f.file == f.database for s in ("file", "branch") for f in compare(instance, "orders", SOURCE, s))


def test_a_canceled_import_ends_between_two_batches_and_goes_on_when_its_command_is_given_again(
    instance: Runtime, monkeypatch: pytest.MonkeyPatch
) -> None:
    write = runner._write

    def cancel() -> None:
        with unit_of_work() as db:
            cancel_task(db, id=db.scalars(select(Task.id)).one(), actor=SYSTEM, now=clock.now())

    def canceled_meanwhile(db: Session, *args: Any) -> None:
        write(db, *args)
        after_commit(db, cancel)

    monkeypatch.setattr(runner, "BATCH_ROWS", 5)
    with monkeypatch.context() as patch:
        patch.setattr(runner, "_write", canceled_meanwhile)
        with pytest.raises(runner.ImportCanceled):
            read(instance)
    with reading() as db:
        task, row = db.execute(select(Task, Import).join(Import, Import.task_id == Task.id)).one()
        assert (task.state, task.total, spoken(task.title)) == ("canceled", ROWS, "Import of Orders from messy_shop.csv")
        assert 0 < task.done == Tally.load(row.tally).rows == rows(db, OrderLine) + rows(db, Rejection) < ROWS
    report = read(instance)
    assert (report.already, report.adds_up, report.tally.amount) == (False, True, total())
    with reading() as db:
        assert db.scalars(select(Task.state)).all() == ["done"]
        assert rows(db, OrderLine) + rows(db, Rejection) == ROWS


def test_a_dry_run_keeps_nothing(instance: Runtime) -> None:
    report = read(instance, dry_run=True)
    assert (report.adds_up, report.tally.amount) == (True, total())
    with reading() as db:
        assert [rows(db, m) for m in (Order, Customer, Product, Import, Rejection, AuditEntry, Task)] == [0] * 7


def test_compare_sees_what_is_missing(instance: Runtime) -> None:
    read(instance)
    with instance.engine.begin() as connection:
        connection.execute(OrderLine.__table__.delete().where(OrderLine.sku == "SP-03", OrderLine.quantity == 4))
    differing = [figure.name for figure in compare(instance, "orders", SOURCE) if figure.file != figure.database]
    assert differing[:2] == ["rows", "quantity x price, GBP"]


def test_what_cannot_be_meant_is_refused_before_anything_is_written(instance: Runtime, tmp_path: Path) -> None:
    with pytest.raises(NotFound, match="customers, orders, products"):
        run_import(instance, "pigeons", SOURCE, quiet=True)
    for more in ({"zone": "Mars/North"}, {"currency": "pounds"}, {"source": "a/b"}):
        with pytest.raises(Invalid):
            run_import(instance, "orders", SOURCE, quiet=True, **more)
    file = tmp_path / "map.toml"
    file.write_text("[options]\ncolour = 'red'\n", "utf-8")
    with pytest.raises(Invalid, match="colour"):
        run_import(instance, "orders", SOURCE, file, quiet=True)
    with reading() as db:
        assert rows(db, Import) == 0


def test_a_shop_names_its_own_fees(instance: Runtime, tmp_path: Path) -> None:
    file = tmp_path / "map.toml"
    file.write_text("[options]\nfee_codes = ['SP-03']\nsource = 'fees'\n", "utf-8")
    report = read(instance, SOURCE, mapping=file)
    # Three spoons, two adjustments below zero or named B no longer among them, and the vouchers by their prefix.
    assert report.tally.outcomes["fee"][0] == 5
    assert BATCH_ROWS > ROWS


def test_a_rejected_row_is_no_clear_text_in_the_database(instance: Runtime) -> None:
    read(instance)
    with reading() as db:
        stored = [bytes(row.raw) for row in db.execute(text("SELECT raw FROM core__import_rejection"))]
        kept = [r.raw for r in db.scalars(select(Rejection))]
    assert len(stored) == len(kept) > 3
    words = {str(word).encode() for row in kept for pair in row.items() for word in pair if len(str(word)) > 4}
    assert b"Invoice No" in words
    assert [word for word in words for data in stored if word in data] == []
    assert all(isinstance(row, dict) and row for row in kept)
