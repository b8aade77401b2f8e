"""What is exported is what the importer reads back: into another shop, the same rows."""

from __future__ import annotations

import csv
from pathlib import Path

import pytest
from messy import SOURCE
from sqlalchemy import func, select

from zhanggui.audit.models import AuditEntry
from zhanggui.cli import exporting
from zhanggui.db.uow import reading, unit_of_work
from zhanggui.host import refresh
from zhanggui.importing.models import Rejection
from zhanggui.importing.runner import run_import
from zhanggui.kernel import clock
from zhanggui.kernel.errors import NotFound
from zhanggui.runtime import activated, open_runtime
from zhanggui_customers.models import Customer
from zhanggui_orders.models import Order, OrderLine
from zhanggui_products.models import Category, Product, Variant
from zhanggui_products.services.editing import create_product


def orders():
    with reading() as db:
        return db.execute(
            select(Order.number, Order.placed_at, Order.status, Order.buyer_name, OrderLine.sku, OrderLine.name, OrderLine.quantity, OrderLine.unit_price)
            .join_from(OrderLine, Order, OrderLine.order_id == Order.id)
            .order_by(Order.number, OrderLine.sku, OrderLine.id)
        ).all()


def people():
    with reading() as db:
        return sorted(db.execute(select(Customer.name, Customer.phone, Customer.region)).tuples())


def goods():
    with reading() as db:
        return sorted(
            db.execute(
                select(Variant.sku, Variant.price, Variant.option, Product.name, Product.description, Category.name, Variant.barcode)
                .join_from(Variant, Product, Variant.product_id == Product.id)
                .outerjoin(Category, Product.category_id == Category.id)
            ).tuples()
        )


@pytest.fixture
def other(databases, kind):
    runtime = databases.fresh(kind)
    yield runtime
    databases.drop(runtime)


def test_a_year_moves_to_another_shop(instance, other, tmp_path: Path, monkeypatch):
    monkeypatch.setattr(exporting, "BATCH", 3)
    run_import(instance, "orders", SOURCE, zone="Europe/London", currency="GBP", quiet=True)
    with unit_of_work() as db:
        db.execute(Order.__table__.update().where(Order.id == select(func.min(Order.id)).scalar_subquery()).values(status="canceled"))
    wanted = orders(), people()
    assert len(wanted[0]) > 9
    for kind in ("orders", "customers"):
        assert exporting.export_csv(kind, tmp_path / f"{kind}.csv") > 100
    with reading() as db:
        assert set(db.scalars(select(AuditEntry.target_type).where(AuditEntry.action == "core.rows.exported"))) == {"orders", "customers"}
    open_runtime(other)
    with activated(other):
        refresh(other)
        for kind in ("customers", "orders"):
            report = run_import(other, kind, tmp_path / f"{kind}.csv", currency="GBP", quiet=True)
            assert report.adds_up
            assert "rejected" not in report.tally.outcomes
        assert (orders(), people()) == wanted
    open_runtime(instance)


def test_a_catalogue_moves_to_another_shop_and_no_cell_is_a_formula(instance, other, owner, tmp_path: Path, monkeypatch):
    monkeypatch.setattr(exporting, "BATCH", 2)
    with unit_of_work() as db:
        for name, skus in (("=1+1 Tea", ["A-1", "A-2"]), ("Green\nTea, \"loose\"", ["B-1"]), ("龙井", ["C-1", "C-2", "C-3"])):
            variants = [{"sku": sku, "price": 1990, "option": f"{n} g", "barcode": f"69{n}"} for n, sku in enumerate(skus)]
            create_product(db, actor=owner, now=clock.now(), name=name, description="-", variants=variants)
    wanted = goods()
    target = tmp_path / "products.csv"
    exporting.export_csv("products", target)
    with target.open(encoding="utf-8-sig", newline="") as lines:
        assert not [cell for row in csv.reader(lines) for cell in row if cell.startswith(("=", "-", "+", "@"))]
    open_runtime(other)
    with activated(other):
        refresh(other)
        run_import(other, "products", target, quiet=True)
        assert goods() == wanted
    open_runtime(instance)


def test_what_there_is_not_is_refused_with_the_kinds_there_are_and_no_file_is_left(instance, tmp_path: Path):
    with pytest.raises(NotFound, match="customers, orders, products"):
        exporting.export_csv("nothing", tmp_path / "nothing.csv")
    assert list(tmp_path.iterdir()) == []


def test_what_a_shop_exported_is_known_when_it_comes_back(instance, owner, tmp_path: Path):
    from zhanggui_customers.services.profile import create_customer
    from zhanggui_inventory import facade as inventory
    from zhanggui_orders.contracts import CartLine
    from zhanggui_orders.services.placement import place_order
    from zhanggui_products.services.selling import put_on_sale

    with unit_of_work() as db:
        product = create_product(db, actor=owner, now=clock.now(), name="Longjing", description="fine", variants=[{"sku": "A-1", "price": 1990}])
        put_on_sale(db, id=product, actor=owner, now=clock.now())
        buyer = create_customer(db, actor=owner, now=clock.now(), name="Wang Wei", phone="13800138000")
        variant = db.scalars(select(Variant)).one()
        inventory.ensure_levels(db, [variant.id], now=clock.now())
        inventory.restock(db, variant_id=variant.id, quantity=5, actor=owner, now=clock.now())
        place_order(db, lines=[CartLine(variant.public_id, 2)], customer_id=buyer, actor=owner, now=clock.now())
    wanted = orders(), people(), goods()
    for kind in ("products", "customers", "orders"):
        exporting.export_csv(kind, tmp_path / f"{kind}.csv")
    for kind, what in (("products", {"updated"}), ("customers", {"updated"}), ("orders", {"known"})):
        report = run_import(instance, kind, tmp_path / f"{kind}.csv", quiet=True)
        assert set(report.tally.outcomes) == what, kind
    assert (orders(), people(), goods()) == wanted
    with reading() as db:
        assert db.scalars(select(Rejection.reason)).all() == []


def test_a_file_with_few_columns_leaves_the_others(instance, owner, tmp_path: Path):
    everything = "sku,name,price,description,category,barcode\nA-1,Tea,19.90,fine,Green,690\n"
    (tmp_path / "all.csv").write_text(everything)
    (tmp_path / "few.csv").write_text("sku,name,price\nA-1,Tea,25\n")
    for name in ("all", "few"):
        run_import(instance, "products", tmp_path / f"{name}.csv", quiet=True)
    assert goods() == [("A-1", 2500, "", "Tea", "fine", "Green", "690")]


def test_what_was_imported_can_be_stocked_and_sold(instance, owner, tmp_path: Path):
    from zhanggui.jobs import runner
    from zhanggui.jobs.models import Job
    from zhanggui_inventory.models import StockLevel

    (tmp_path / "all.csv").write_text("sku,name,price\nA-1,Tea,25\nB-1,Cup,30\n")
    run_import(instance, "products", tmp_path / "all.csv", quiet=True)
    runner.relay()
    with reading() as db:
        waiting = db.scalars(select(Job.id).where(Job.state == "ready")).all()
    assert [runner.run(job_id) for job_id in waiting] == ["done"] * len(waiting)
    with reading() as db:
        assert sorted(db.scalars(select(StockLevel.sku))) == ["A-1", "B-1"]


def test_a_decimal_comma_and_a_date_that_is_none_are_named(instance, tmp_path: Path):
    rows = ["1001,TEA,1,2026-01-02,\"2,55\"", "1002,TEA,1,0001-01-01,2.55", "2024/1,TEA,1,2026-01-02,2.55"]
    (tmp_path / "year.csv").write_text("\n".join(["number,sku,quantity,placed_at,price", *rows]))
    run_import(instance, "orders", tmp_path / "year.csv", quiet=True)
    with reading() as db:
        assert sorted(db.scalars(select(Rejection.reason))) == ["bad_date", "bad_number", "bad_price"]
        assert db.scalars(select(Order.id)).all() == []


def test_an_order_that_has_more_lines_than_before_is_not_taken_for_known(instance, tmp_path: Path):
    head, one, two = "number,sku,quantity,placed_at,price", "1001,TEA,1,2026-01-02,2.55", "1001,CUP,1,2026-01-02,9"
    (tmp_path / "first.csv").write_text("\n".join([head, one]))
    (tmp_path / "second.csv").write_text("\n".join([head, one, two]))
    run_import(instance, "orders", tmp_path / "first.csv", source="till", quiet=True)
    report = run_import(instance, "orders", tmp_path / "second.csv", source="till", quiet=True)
    assert set(report.tally.outcomes) == {"rejected"}
    assert report.adds_up
    with reading() as db:
        assert set(db.scalars(select(Rejection.reason))) == {"order_changed"}
