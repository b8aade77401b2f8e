"""Customers that were there before names were folded are found after the upgrade."""

from __future__ import annotations

import pytest
from shop import add_customer
from sqlalchemy import func, select, update

from zhanggui.api import Actor, unit_of_work
from zhanggui.db.crypto import blind_index
from zhanggui.host.service import found_plugins
from zhanggui.migrations.changing import schema_change
from zhanggui.migrations.history import run
from zhanggui.migrations.runner import components
from zhanggui.runtime import Runtime
from zhanggui.testing.fixtures import NOON
from zhanggui_customers.models import Customer
from zhanggui_customers.services.erasure import erase_customer

NAMES = ["Jose\u0301 Müller", "王老五", "Gone"]


def digests(names: list[str]) -> list[str]:
    return [blind_index(f"customers.name:{name}") if name else "" for name in names]


@pytest.fixture
def people(instance: Runtime, owner: Actor) -> None:
    with unit_of_work() as db:
        ids = [add_customer(db, owner, name, f"1390013900{n}") for n, name in enumerate(NAMES)]
        erase_customer(db, id=ids[-1], actor=owner, now=NOON)


def indexes() -> list[str]:
    with unit_of_work() as db:
        return list(db.scalars(select(Customer.__table__.c.name_index).order_by(Customer.id)))


def test_digests_of_names_are_made_anew(instance: Runtime, people: None) -> None:
    now = indexes()
    assert now == digests(["jose muller", "王老五", ""])
    with instance.write_bind.begin() as connection:  # as the release before left it
        first = select(func.min(Customer.id)).scalar_subquery()
        connection.execute(update(Customer.__table__).where(Customer.id == first).values(name_index=digests(["josé müller"])[0]))
        for later in ("tally", "visit", "event", "visitor_link"):
            connection.exec_driver_sql(f"DROP TABLE customers__{later}")
        connection.exec_driver_sql("UPDATE customers__alembic SET version_num = 'customers_0003'")
    assert indexes() == digests(["josé müller", "王老五", ""])
    with schema_change(instance.write_bind) as connection:
        run(connection, "customers", components(found_plugins(instance).manifests)["customers"])
    assert indexes() == now
