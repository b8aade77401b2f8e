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
