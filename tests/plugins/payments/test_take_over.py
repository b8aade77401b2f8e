"""The payments that orders kept become attempts, refunds and entries; nothing is lost, and sums stay what they were."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import pytest
import sqlalchemy as sa
from sqlalchemy.orm import Session

from zhanggui.api import SYSTEM, Actor, acting_as, blind_index, reading, unit_of_work
from zhanggui.db import crypto
from zhanggui.host import refresh
from zhanggui.host.service import found_plugins, upgrade
from zhanggui.migrations.changing import schema_change
from zhanggui.migrations.history import run
from zhanggui.migrations.runner import components
from zhanggui.runtime import Runtime, activated
from zhanggui_orders import facade as orders
from zhanggui_orders.models import Order
from zhanggui_payments import queries
from zhanggui_payments.models import Attempt, Entry, Refund
from zhanggui_payments.services import giving_back

AT, LATER = datetime(2026, 2, 1, 4, tzinfo=UTC), datetime(2026, 2, 3, 4, tzinfo=UTC)


@pytest.fixture
def instance(databases: Any, kind: str) -> Iterator[Runtime]:
    """A shop of the release before, with its orders and payments, upgraded."""
    runtime: Runtime = databases.empty(kind)
    with activated(runtime), acting_as(SYSTEM):
        for component, folder in components(found_plugins(runtime).manifests).items():
            if component != "payments":
                with schema_change(runtime.write_bind) as connection:
                    run(connection, component, folder, "orders_0004" if component == "orders" else "head")
        _fill(runtime)
        assert upgrade(runtime).failed == {}
        refresh(runtime)
        yield runtime
    databases.drop(runtime)


def _fill(runtime: Runtime) -> None:
    meta = sa.MetaData()
    with runtime.write_bind.connect() as connection, connection.begin():
        meta.reflect(connection, only=["orders__order", "orders__payment", "core__plugin"])
        naive = connection.dialect.name == "sqlite"

        def add(table: str, **values: Any) -> Any:
            given = {k: v.replace(tzinfo=None) if naive and isinstance(v, datetime) else v for k, v in values.items()}
            return connection.execute(meta.tables[table].insert().values(**given)).inserted_primary_key

        add("core__plugin", id="orders", enabled=True, version="0.1.0", changed_at=AT)
        for number, status, payment, total, paid, back, kind, reference in (
            ("N1", "completed", "paid", 1000, 1000, 0, ("offline", "transfer", "captured"), "T-1"),
            ("N2", "canceled", "refund_due", 700, 700, 0, ("offline", "cash", "captured"), None),
            ("N3", "canceled", "refunded", 300, 300, 300, ("pandapay", "", "refunded"), "X-9"),
            ("N4", "completed", "paid", -200, -200, 0, ("history", "", "captured"), None),
            ("N5", "open", "unpaid", 500, 0, 0, None, None),
        ):
            (order_id,) = add(
                "orders__order", number=number, status=status, payment_status=payment, fulfillment_status="unfulfilled", stage="done", source="admin",
                currency="CNY", goods_total=total, discount_total=0, freight_total=0, total=total, paid_total=paid, refunded_total=back, summary="",
                buyer_name=crypto.seal("A"), placed_at=AT, canceled_at=LATER if status == "canceled" else None, row_version=1,
            )  # fmt: skip
            if kind:
                add(
                    "orders__payment", order_id=order_id, provider=kind[0], method=kind[1], amount=paid, currency="CNY", status=kind[2], created_at=AT,
                    reference=crypto.seal(reference) if reference else None, refunded_at=LATER if back else None,
                    reference_index=blind_index(f"orders.reference:{reference}") if reference else None,
                )  # fmt: skip


def _sums(db: Session) -> dict[str, tuple[str, int, int]]:
    return {o.number: (o.payment_status, o.paid_total, o.refunded_total) for o in db.scalars(sa.select(Order))}


def test_every_payment_is_there_with_its_entries_and_what_is_owed(instance: Runtime) -> None:
    with reading() as db:
        attempts = {a.order_number: a for a in db.scalars(sa.select(Attempt))}
        assert {n: (a.state, a.amount, a.reserved, a.refunded) for n, a in attempts.items()} == {
            "N1": ("captured", 1000, 0, 0), "N2": ("captured", 700, 700, 0), "N3": ("captured", 300, 300, 300), "N4": ("captured", -200, 0, 0),
        }  # fmt: skip
        assert [(r.order_number, r.amount, r.state) for r in db.scalars(sa.select(Refund).order_by(Refund.id))] == [("N2", 700, "requested"), ("N3", 300, "succeeded")]
        assert (attempts["N1"].reference, attempts["N1"].method, attempts["N3"].method) == ("T-1", "transfer", "other")
        assert [queries.balance(db, name, "CNY").amount for name in ("clearing:offline", "clearing:history", "sales", "refunds")] == [1700, -200, -1800, 300]
        assert _sums(db) == {
            "N1": ("paid", 1000, 0), "N2": ("paid", 700, 0), "N3": ("refunded", 300, 300), "N4": ("paid", -200, 0), "N5": ("unpaid", 0, 0),
        }  # fmt: skip
        assert not sa.inspect(db.connection()).has_table("orders__payment")


def test_the_shop_goes_on_with_them(instance: Runtime, owner: Actor) -> None:
    with unit_of_work() as db:
        ids = {o.number: o.id for o in db.scalars(sa.select(Order))}
        (owed,) = db.scalars(sa.select(Refund.id).where(Refund.state == "requested"))
        giving_back.give_back_by_hand(db, id=owed, actor=owner, now=LATER)
        orders.mark_paid_offline(db, order_id=ids["N5"], method="cash", actor=owner, now=LATER)
        made = giving_back.claim_order_refund(db, id=ids["N1"], what="all", reason="price", actor=owner, now=LATER)
        assert len(made["refund_ids"]) == 1
    with reading() as db:
        assert (_sums(db)["N2"], _sums(db)["N5"][0]) == (("refunded", 700, 700), "paid")
        assert db.scalar(sa.select(sa.func.count()).select_from(Entry)) == 4 + 1 + 2
