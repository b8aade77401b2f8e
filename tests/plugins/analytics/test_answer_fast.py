"""How long figures take over many orders, beside the same question in SQL and, where it is installed, in DuckDB: one run, one machine."""

from __future__ import annotations

import os
import statistics
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import Any

import pytest
from gone import past, row
from sqlalchemy import Integer, String, case, cast, column, func, insert, literal, select, text
from sqlalchemy.orm import Session

from zhanggui.api import Actor, Reader, clock, reading, shop_zone, unit_of_work
from zhanggui.runtime import Runtime
from zhanggui_analytics import asks, commands
from zhanggui_analytics.services import proof, scoring
from zhanggui_analytics.services.asking import answer
from zhanggui_customers.models import Customer
from zhanggui_orders.models import Order, OrderLine

pytestmark = [pytest.mark.long, pytest.mark.proof]
LINES, SKUS = 3, 1000
NOW = datetime(2026, 6, 15, 4, tzinfo=UTC)
QUESTIONS = {
    "net sales by day, 90 days": {"metrics": "sales.net", "by": "day", "period": "last_90_days"},
    "best 10 SKUs, 90 days": {"metrics": "sales.gross", "by": "sku", "period": "last_90_days", "limit": "10"},
    "buyers, 30 days": {"metrics": "customers.buyers", "period": "last_30_days"},
    "by source, a year": {"metrics": "sales.gross,orders.paid", "by": "source", "period": "2025-06-01..2026-05-31"},
}
SQL = {
    "net sales by day, 90 days": "SELECT {day}, SUM(l.quantity * l.unit_price) FROM orders__order o JOIN orders__order_line l ON l.order_id = o.id WHERE o.paid_at >= {since:90} GROUP BY 1",
    "best 10 SKUs, 90 days": "SELECT l.sku, SUM(l.quantity * l.unit_price) s FROM orders__order o JOIN orders__order_line l ON l.order_id = o.id WHERE o.paid_at >= {since:90} GROUP BY 1 ORDER BY s DESC LIMIT 10",
    "buyers, 30 days": "SELECT COUNT(DISTINCT o.customer_id) FROM orders__order o WHERE o.paid_at >= {since:30}",
    "by source, a year": "SELECT o.source, SUM(l.quantity * l.unit_price), COUNT(DISTINCT o.id) FROM orders__order o JOIN orders__order_line l ON l.order_id = o.id WHERE o.paid_at >= {since:379} GROUP BY 1",
}  # fmt: skip


def test_of_a_shop_of_many_orders(instance: Runtime, owner: Actor, kind: str, size: Callable[[int, int], int], keep_figures: Callable[..., None], tmp_path: Any) -> None:
    orders = int(os.environ.get("ANALYTICS_ORDERS", "0")) or size(1500, 1_000_000)
    days = 1095 if orders > 10_000 else 10
    took: dict[str, Any] = {"orders": orders, "days": days}
    with clock.hold(NOW):
        took["fill_s"] = _timed(lambda: fill(instance, orders, days))
        took["rebuild_s"] = _timed(lambda: commands.rebuild(lambda said, data: None, None, None))
        took["score_s"] = _timed(lambda: scoring.score(clock.now()))
        took["proof_s"] = _timed(lambda: proof.prove(proof.of_days(None, None)))
        reader = Reader(owner, shop_zone(), "en", NOW)
        for name, given in QUESTIONS.items():
            took[f"{name}: ours_ms"] = _median(partial(_ask, reader, given))
            took[f"{name}: sql_ms"] = _median(partial(_raw, instance, SQL[name]))
        took |= _duck(instance, tmp_path)
        with reading() as db:
            found = answer(db, reader, asks.read({"metrics": "sales.gross,orders.paid,orders.pieces", "period": "last_7_days"}))
            whole = answer(db, reader, asks.read({"metrics": "sales.gross,orders.paid", "period": "2023-06-01..2026-06-15"})).totals
        assert found.read_days <= 1
        sums = db_sums(instance)
        assert (whole["sales.gross"], whole["orders.paid"]) == sums
    print(took)
    keep_figures(f"figures_of_many_orders_{kind}", took)


def fill(instance: Runtime, count: int, days: int) -> None:
    """Copies of one order, each with its customer, day, prices and goods by arithmetic."""
    with unit_of_work() as db:
        from zhanggui_customers.services import profile

        one = profile.create_customer(db, actor=Actor("system", name="bench", everything=True), now=clock.now(), name="One")
    past(row(at=f"{(NOW - timedelta(days=days)).date()} 10:00", sku="S0", price=100, customer=one))
    with unit_of_work() as db:
        numbers = select(literal(1).label("n")).cte("numbers", recursive=True)
        numbers = numbers.union_all(select(numbers.c.n + 1).where(numbers.c.n < count))
        n = numbers.c.n
        people = max(count // 5, 1)
        _copy(db, Customer, n, {"id": n + 10, "public_id": literal("p").concat(cast(n, String)), "external_key": None}, n <= people)
        at = _moment(db, n, count, days)
        own = {"id": n + 10, "number": literal("B").concat(cast(n, String)), "external_key": None, "customer_id": n * 7919 % people + 11, "paid_at": at, "placed_at": at,
               "source": case((n % 5 == 0, "admin"), else_="storefront")}  # fmt: skip
        _copy(db, Order, n, own)
        places = select(column("k", Integer)).select_from(text("(SELECT 0 AS k UNION ALL SELECT 1 UNION ALL SELECT 2) AS places")).subquery()
        k = places.c.k
        price = 100 + (n * 31 + k * 17) % 900
        _copy(db, OrderLine, n, {"id": n * LINES + k + 10, "order_id": n + 10, "sku": literal("S").concat(cast((n * 13 + k * 101) % SKUS, String)), "position": k,
                                 "unit_price": price, "total": price * OrderLine.__table__.c.quantity}, k >= 0)  # fmt: skip
    with instance.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        connection.execute(text("VACUUM ANALYZE" if instance.engine.dialect.name == "postgresql" else "ANALYZE"))


def _copy(db: Session, model: Any, n: Any, own: dict[str, Any], *where: Any) -> None:
    table = model.__table__
    first = select(func.min(table.c.id)).scalar_subquery()
    values = [(c.name, own.get(c.name, c)) for c in table.columns]
    picked = [literal(None, table.c[name].type) if value is None else value for name, value in values]
    db.execute(insert(table).from_select([name for name, _value in values], select(*picked).where(table.c.id == first, *where)))


def _moment(db: Session, n: Any, count: int, days: int) -> Any:
    seconds = int((NOW - timedelta(days=days)).timestamp()) + n * (86_400 * days // (count + 1))
    if db.get_bind().dialect.name == "postgresql":
        return func.to_timestamp(seconds)
    return func.strftime("%Y-%m-%d %H:%M:%S.000000", seconds, "unixepoch")


def db_sums(instance: Runtime) -> tuple[int, int]:
    """All goods and all orders, by hand."""
    with reading() as db:
        money = db.scalar(select(func.sum(OrderLine.quantity * OrderLine.unit_price)))
        return int(money or 0), int(db.scalar(select(func.count()).select_from(Order)) or 0)


def _ask(reader: Reader, given: dict[str, str]) -> Any:
    with reading() as db:
        return answer(db, reader, asks.read(given))


def _raw(instance: Runtime, sql: str) -> list[Any]:
    with reading() as db:
        return list(db.execute(text(_dated(sql, db.get_bind().dialect.name))))


def _dated(sql: str, dialect: str) -> str:
    for days in (30, 90, 379):
        since = (NOW - timedelta(days=days)).strftime("%Y-%m-%d 00:00:00")
        sql = sql.replace(f"{{since:{days}}}", f"'{since}'" if dialect == "sqlite" else f"TIMESTAMP '{since}'")
    return sql.replace("{day}", "substr(o.paid_at, 1, 10)" if dialect == "sqlite" else "CAST(o.paid_at AS DATE)")


def _duck(instance: Runtime, folder: Any) -> dict[str, float]:
    """The same of Parquet, where DuckDB is there; it is no part of the shop."""
    duckdb = _module("duckdb")
    if duckdb is None:
        return {}
    there = duckdb.connect()
    with reading() as db:
        for name, statement in (
            ("orders__order", select(Order.id, Order.source, Order.customer_id, Order.paid_at)),
            ("orders__order_line", select(OrderLine.order_id, OrderLine.sku, OrderLine.quantity, OrderLine.unit_price)),
        ):
            path = folder / f"{name}.csv"
            with path.open("w") as out:
                out.write(",".join(c.name for c in statement.selected_columns) + "\n")
                for some in db.execute(statement).partitions(10_000):
                    out.writelines(",".join("" if v is None else v.strftime("%Y-%m-%d %H:%M:%S") if isinstance(v, datetime) else str(v) for v in one) + "\n" for one in some)
            there.execute(f"COPY (SELECT * FROM read_csv('{path}')) TO '{folder}/{name}.parquet' (FORMAT parquet)")
            there.execute(f"CREATE VIEW {name} AS SELECT * FROM '{folder}/{name}.parquet'")
    there.execute("SET threads = 1")
    return {f"{name}: duckdb_ms": _median(lambda sql=sql: there.execute(_dated(sql, "duckdb")).fetchall()) for name, sql in SQL.items()}  # type: ignore[misc]


def _module(name: str) -> Any:
    try:
        return __import__(name)
    except ImportError:
        return None


def _timed(act: Callable[[], object]) -> float:
    began = time.monotonic()
    act()
    return round(time.monotonic() - began, 2)


def _median(act: Callable[[], object], times: int = 5) -> float:
    took = []
    for _n in range(times):
        began = time.perf_counter()
        act()
        took.append((time.perf_counter() - began) * 1000)
    return round(statistics.median(took), 1)
