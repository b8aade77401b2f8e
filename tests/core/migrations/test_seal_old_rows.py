"""A shop that wrote texts in clear is sealed by its upgrade, and loses nothing."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path

import pytest
import sqlalchemy as sa
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from sqlalchemy import select

from zhanggui import audit
from zhanggui.audit.models import AuditEntry
from zhanggui.db import crypto
from zhanggui.db.key_check import WrongKey
from zhanggui.db.uow import reading, unit_of_work
from zhanggui.events.models import OutboxEvent
from zhanggui.host import refresh
from zhanggui.host.service import found_plugins, upgrade
from zhanggui.importing.models import Import
from zhanggui.jobs.models import Job
from zhanggui.kernel.actors import SYSTEM, acting_as
from zhanggui.migrations.changing import schema_change
from zhanggui.migrations.history import run
from zhanggui.migrations.runner import components
from zhanggui.notices.models import Notice
from zhanggui.runtime import activated, open_runtime
from zhanggui.tasks.models import Task
from zhanggui.testing.instances import configured

AT = datetime(2026, 1, 5, 8, tzinfo=UTC)
PLANTED = ["王老五的理由", "13800138777", "浙江某地", "他欠我钱", "转账备注李四", "关门的原因", "键是张三", "错误提到赵六", "标签钱七"]


def to_first_release(runtime):
    """The tables as the first release made them."""
    manifests = found_plugins(runtime).manifests
    for component, folder in components(manifests).items():
        if component == "payments":
            continue  # its tables came later: they take over what orders kept
        with schema_change(runtime.write_bind) as connection:
            run(connection, component, folder, f"{component}_0001")


def fill(runtime):
    """Rows as the first release wrote them."""
    meta = sa.MetaData()
    with runtime.write_bind.connect() as connection, connection.begin():
        meta.reflect(connection)

        def add(table, **values):
            naive = connection.dialect.name == "sqlite"
            given = {k: v.replace(tzinfo=None) if naive and isinstance(v, datetime) else v for k, v in values.items()}
            return connection.execute(meta.tables[table].insert().values(**given)).inserted_primary_key[0]

        buyer = add(
            "customers__customer", public_id="abcd", external_key="file/13800138777", name=crypto.seal("王老五"), name_index="x", phone=None,
            region="浙江某地", tags=["标签钱七"], source="import", blocked=False, created_at=AT, order_count=0, spent=0, row_version=1,
            identity=f"wechat:{crypto.blind_index('customers.identity:wechat:openid-7')}",
        )  # fmt: skip
        order = {
            "status": "canceled", "payment_status": "paid", "fulfillment_status": "unfulfilled", "stage": "canceled", "source": "storefront",
            "currency": "CNY", "goods_total": 1, "discount_total": 0, "freight_total": 0, "total": 1, "paid_total": 1, "refunded_total": 0,
            "summary": "", "buyer_name": crypto.seal("王老五"), "placed_at": AT, "row_version": 1,
        }  # fmt: skip
        first = add("orders__order", number="N1", customer_id=buyer, staff_note="他欠我钱", cancel_reason="王老五的理由",
                    address=crypto.seal(json.dumps({"name": "王老五", "phone": "1", "region": ["浙江省", "杭州市"], "detail": "1"})), **order)
        add("orders__order", number="N3", customer_id=buyer, staff_note="", cancel_reason="", **order)
        guest = add("orders__order", number="N2", customer_id=None, staff_note="", cancel_reason="", **order)
        payment = {"method": "", "amount": 1, "currency": "CNY", "status": "captured", "created_at": AT}
        add("orders__payment", order_id=first, provider="offline", reference="转账备注李四", **payment)
        add("orders__payment", order_id=guest, provider="offline", reference=None, **payment)
        entry = {"at": AT, "actor_kind": "user", "actor_name": "owner", "correlation": "c", "hash": "old"}
        for number in (first, guest):
            add("core__audit", action="orders.order.canceled", target_type="orders.Order", target_id=str(number), label=f"N{number}",
                before={"status": "open"}, after={"status": "canceled"}, reason="王老五的理由", **entry)  # fmt: skip
        key, nonce = AESGCM.generate_key(256), b"n" * 12
        add("core__person_key", subject_type="customers.Customer", subject_id=str(buyer), key=crypto.seal(key.hex()), created_at=AT)
        add("core__audit", action="customers.customer.changed", target_type="customers.Customer", target_id=str(buyer), label="abcd",
            before={"region": "浙江某地"}, after=None, reason="", subject_type="customers.Customer", subject_id=str(buyer),
            sealed=nonce + AESGCM(key).encrypt(nonce, b'{"phone": ["1", "2"]}', None), **entry)  # fmt: skip
        add("core__audit", action="customers.customer.blocked", target_type="customers.Customer", target_id=str(buyer), label="abcd",
            before={"blocked": False}, after={"blocked": True}, reason="关门的原因", **entry)  # fmt: skip
        event = add("core__event", name="orders.order.canceled", version=1, key="1", payload={"order_id": 1, "reason": "王老五的理由"},
                    occurred_at=AT, actor_kind="user", correlation="c", depth=0)  # fmt: skip
        add("core__job", name="customers.uncount_canceled_order", kwargs={"paid": 0, "customer_id": None, "reason": "王老五的理由"}, state="done",
            attempts=1, max_attempts=8, run_at=AT, last_error="ValueError: 错误提到赵六", traceback="…错误提到赵六", event_id=event, key="1",
            correlation="c", depth=1, created_at=AT)  # fmt: skip
        add("core__notice", at=AT, kind="k", title="About %(name)s", params={"name": "键是张三"}, body="错误提到赵六", href="", permission="")
        add("core__import", fingerprint="f", kind="customers", source="file", file_name="键是张三.csv", digest="d", mapping={}, options={},
            currency="CNY", state="running", phase=0, position="13800138777", step=0, rows=0, tally={}, actor="", started_at=AT)  # fmt: skip
        add("core__idempotency", owner="user:1", key="13800138777", fingerprint="f" * 64, status=201, body=crypto.seal("x"), created_at=AT)
    return buyer, first, guest


@pytest.fixture
def old_shop(databases, kind):
    runtime = open_runtime(databases.empty(kind))
    with activated(runtime), acting_as(SYSTEM):
        to_first_release(runtime)
        yield runtime, fill(runtime)
    databases.drop(runtime)


def everything(runtime):
    with runtime.engine.connect() as connection:
        if connection.dialect.name == "sqlite":
            connection.exec_driver_sql("PRAGMA wal_checkpoint(TRUNCATE)")
            return Path(str(runtime.engine.url.database)).read_bytes()
        tables = sa.inspect(connection).get_table_names()
        rows = [value for t in tables for row in connection.exec_driver_sql(f'SELECT * FROM "{t}"') for value in row]
    return b"\n".join(bytes(v) if isinstance(v, bytes | memoryview) else repr(v).encode() for v in rows)


def in_clear(runtime):
    data = everything(runtime)
    return [text for text in PLANTED if text.encode() in data or json.dumps(text)[1:-1].encode() in data]


def test_what_stood_in_clear_is_sealed_and_still_told(old_shop):
    runtime, (buyer, first, guest) = old_shop
    assert in_clear(runtime) == PLANTED
    assert upgrade(runtime).failed == {}
    refresh(runtime)
    assert in_clear(runtime) == []

    from zhanggui_customers.facade import ids_by_key, keys_by_id
    from zhanggui_customers.models import Customer
    from zhanggui_customers.rules import name_index
    from zhanggui_orders.models import Order
    from zhanggui_payments.models import Attempt
    from zhanggui_payments.rules import reference_index

    with reading() as db:
        person, order = db.get_one(Customer, buyer), db.get_one(Order, first)
        assert (person.region, person.tags, person.source_key) == ("浙江某地", ["标签钱七"], "file/13800138777")
        assert db.scalar(select(Customer.__table__.c.name_index)) == name_index("王老五")
        assert ids_by_key(db, ["file/13800138777"]) == {"file/13800138777": buyer}
        assert keys_by_id(db, [buyer]) == {buyer: "13800138777"}
        assert (order.staff_note, order.cancel_reason, db.get_one(Order, guest).staff_note) == ("他欠我钱", "王老五的理由", None)
        assert [(p.reference, p.reference_index) for p in db.scalars(select(Attempt).order_by(Attempt.id))] == [
            ("转账备注李四", reference_index("转账备注李四")), (None, None),
        ]  # fmt: skip
        assert db.scalars(select(OutboxEvent.payload)).one() == {"order_id": 1}
        job = db.scalars(select(Job)).one()
        assert (job.kwargs, job.last_error) == ({"paid": 0, "customer_id": None}, "ValueError: 错误提到赵六")
        assert db.execute(select(Notice.params, Notice.body)).one() == ({"name": "键是张三"}, "错误提到赵六")
        name, task = db.execute(select(Import.file_name, Task).join(Task, Task.id == Import.task_id)).one()
        assert (name, task.place["position"], task.title["with"]["file"]) == ("键是张三.csv", "13800138777", "键是张三.csv")
    who_signed_in_is_the_same_customer_and_orders_say_where_they_went(buyer)


def who_signed_in_is_the_same_customer_and_orders_say_where_they_went(buyer):
    from zhanggui_customers import facade as customers
    from zhanggui_customers.models import Customer
    from zhanggui_orders.models import Order

    with unit_of_work() as db:
        assert customers.subject_of(db, buyer, "wechat") is None  # the first release knew its digest alone
        assert customers.find_or_create_by_identity(db, provider="wechat", subject="openid-7", name="Wang", now=AT).id == buyer
        assert customers.subject_of(db, buyer, "wechat") == "openid-7"
        assert db.get_one(Customer, buyer).identity is None
        # By the address, by what is known of the customer, and not at all.
        assert dict(db.execute(select(Order.number, Order.region)).tuples().all()) == {"N1": "330100", "N3": "330000", "N2": None}


def test_old_rows_of_the_trail_keep_their_words_until_the_person_is_erased(old_shop):
    runtime, (buyer, first, guest) = old_shop
    assert upgrade(runtime).failed == {}
    refresh(runtime)
    with unit_of_work() as db:
        assert [(e.reason, e.before, e.after) for e in audit.timeline(db, "orders.Order", first)] == [
            ("王老五的理由", {"status": "open"}, {"status": "canceled"})
        ]
        changed, blocked = db.scalars(select(AuditEntry).where(AuditEntry.target_type == "customers.Customer").order_by(AuditEntry.id))
        assert audit.told(db, [changed])[0] == audit.Told("abcd", "", {"region": "浙江某地"}, {}, {"phone": ["1", "2"]})
        assert audit.told(db, [blocked])[0].reason == "关门的原因"
        for row in db.execute(select(AuditEntry.__table__)):
            assert audit.canonical_hash(dict(row._mapping)) == row.hash
        audit.erase_person(db, ("customers.Customer", buyer))
        assert [e.reason for e in audit.timeline(db, "orders.Order", first)] == [""]
        assert audit.told(db, [changed])[0] == audit.Told()
        assert [e.reason for e in audit.timeline(db, "orders.Order", guest)] == ["王老五的理由"]
        audit.erase_person(db, ("orders.Order", guest))
        assert [e.reason for e in audit.timeline(db, "orders.Order", guest)] == [""]
    with pytest.raises(sa.exc.DBAPIError, match="append-only"), unit_of_work() as db:
        db.execute(sa.text("UPDATE core__audit SET label = 'forged'"))


def test_a_shop_older_than_the_check_refuses_another_key_all_the_same(old_shop, databases):
    runtime, _ids = old_shop
    before = everything(runtime)
    other = type(runtime)(configured(runtime.data, runtime.config["database.url"], security__secret_key="another-key-0123456789-abcdefghijklmnop"))
    with pytest.raises(WrongKey):
        upgrade(other)
    other.close()
    assert everything(runtime) == before
