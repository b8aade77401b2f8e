"""Copies the benchmark's rows into our tables; counted as set-up."""

from __future__ import annotations

import os
from collections.abc import Iterator
from datetime import UTC, datetime
from itertools import islice
from typing import Any

from instance import configure

configure()

from sqlalchemy import insert, text  # noqa: E402

from zhanggui.auth import service  # noqa: E402
from zhanggui.config import Config  # noqa: E402
from zhanggui.db import crypto  # noqa: E402
from zhanggui.db.uow import unit_of_work  # noqa: E402
from zhanggui.host.service import upgrade  # noqa: E402
from zhanggui.kernel import clock  # noqa: E402
from zhanggui.kernel.actors import SYSTEM, acting_as  # noqa: E402
from zhanggui.runtime import Runtime, open_runtime  # noqa: E402

STAGES = {
    "pending": ("open", "unpaid", "unfulfilled", "to_pay"), "paid": ("open", "paid", "unfulfilled", "to_ship"),
    "shipped": ("open", "paid", "fulfilled", "shipped"), "done": ("completed", "paid", "fulfilled", "done"),
    "completed": ("completed", "paid", "fulfilled", "done"), "cancelled": ("canceled", "unpaid", "unfulfilled", "canceled"),
    "canceled": ("canceled", "unpaid", "unfulfilled", "canceled"), "refunded": ("canceled", "refunded", "unfulfilled", "canceled"),
}  # fmt: skip


def moment(value: Any) -> datetime:
    found = value if isinstance(value, datetime) else datetime.fromisoformat(str(value))
    return found if found.tzinfo else found.replace(tzinfo=UTC)


def batches(rows: Iterator[Any], size: int = 5000) -> Iterator[list[Any]]:
    while some := list(islice(rows, size)):
        yield some


def main() -> None:
    runtime = open_runtime(Runtime(Config.load(None)))
    upgrade(runtime)
    from zhanggui_customers.models import Customer
    from zhanggui_orders.models import Order, OrderLine
    from zhanggui_products.models import Category, Product, Variant

    now = clock.now()
    with acting_as(SYSTEM), unit_of_work() as db:
        service.create_user(
            db, username=os.environ["BENCH_USER"], password=os.environ["BENCH_PASSWORD"], roles=["owner"], actor=SYSTEM, now=now
        )
    source = runtime.engine.connect().execution_options(stream_results=True, yield_per=5000)

    def copy(query: str, table: Any, make: Any) -> None:
        rows = source.execute(text(query))
        for some in batches(iter(rows)):
            with unit_of_work() as db:
                db.execute(insert(table.__table__), [make(row) for row in some])

    copy("SELECT id, name FROM category ORDER BY id", Category, lambda r: {"id": r.id, "name": r.name})
    copy(
        "SELECT id, name, category_id, updated_at, sku FROM product ORDER BY id", Product,
        lambda r: {"id": r.id, "name": r.name, "category_id": r.category_id, "status": "on_sale", "search_text": f"{r.name} {r.sku}".lower(),
                   "created_at": moment(r.updated_at), "changed_at": moment(r.updated_at)},
    )  # fmt: skip
    copy(
        "SELECT id, sku, price_cents, stock FROM product ORDER BY id", Variant,
        lambda r: {"id": r.id, "product_id": r.id, "sku": r.sku, "price": r.price_cents, "currency": "CNY", "weight_g": r.stock},
    )  # fmt: skip
    names: dict[int, str] = {}

    def customer(r: Any) -> dict[str, Any]:
        names[r.id] = r.name
        return {"id": r.id, "name": r.name, "name_index": crypto.blind_index(r.name), "created_at": moment(r.created_at)}

    copy("SELECT id, name, created_at FROM customer ORDER BY id", Customer, customer)

    def order(r: Any) -> dict[str, Any]:
        status, payment, fulfillment, stage = STAGES[r.status]
        return {
            "id": r.id, "number": r.number, "customer_id": r.customer_id, "status": status, "payment_status": payment,
            "fulfillment_status": fulfillment, "stage": stage, "source": "import", "currency": "CNY", "goods_total": r.total_cents,
            "total": r.total_cents, "buyer_name": names[r.customer_id], "summary": f"{r.source} order", "placed_at": moment(r.created_at),
        }  # fmt: skip

    copy('SELECT id, number, customer_id, status, total_cents, created_at, source FROM "order" ORDER BY id', Order, order)
    copy(
        "SELECT i.id, i.order_id, i.product_id, i.quantity, i.unit_price_cents, p.sku, p.name FROM order_item i "
        "JOIN product p ON p.id = i.product_id ORDER BY i.id", OrderLine,
        lambda r: {"id": r.id, "order_id": r.order_id, "variant_id": r.product_id, "product_id": r.product_id, "sku": r.sku, "name": r.name,
                   "unit_price": r.unit_price_cents, "quantity": r.quantity, "total": r.unit_price_cents * r.quantity},
    )  # fmt: skip
    source.close()
    with runtime.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        if runtime.engine.dialect.name == "postgresql":
            tables = ("products__category", "products__product", "products__variant", "customers__customer", "orders__order", "orders__order_line")
            for name in tables:
                connection.execute(text(f"SELECT setval(pg_get_serial_sequence('{name}', 'id'), (SELECT max(id) FROM {name}))"))
            connection.execute(text("VACUUM ANALYZE"))
        else:
            connection.execute(text("ANALYZE"))


if __name__ == "__main__":
    main()
