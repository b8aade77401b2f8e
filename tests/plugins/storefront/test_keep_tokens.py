"""Customers stay signed in when their tokens move to the table of the core."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import sqlalchemy as sa
from sqlalchemy import select

from zhanggui.auth.models import Token
from zhanggui.auth.tokens import digest
from zhanggui.db import crypto
from zhanggui.db.uow import reading
from zhanggui.host import refresh
from zhanggui.host.service import found_plugins, upgrade
from zhanggui.kernel.actors import SYSTEM, acting_as
from zhanggui.migrations.changing import schema_change
from zhanggui.migrations.history import run
from zhanggui.migrations.runner import components
from zhanggui.runtime import activated, open_runtime
from zhanggui_storefront import services

AT = datetime(2026, 1, 5, 8, tzinfo=UTC)
SECRET = "as-the-device-knows-it"


def fill(runtime):
    """Two devices, one of them signed out, as the release before wrote them."""
    meta = sa.MetaData()
    with runtime.write_bind.connect() as connection, connection.begin():
        meta.reflect(connection, only=["customers__customer", "storefront__token"])
        at = AT.replace(tzinfo=None) if connection.dialect.name == "sqlite" else AT
        customer, token = meta.tables["customers__customer"], meta.tables["storefront__token"]
        values = {"public_id": "abcd", "name": crypto.seal("Ann"), "name_index": "x", "source": "storefront", "blocked": False, "created_at": at, "order_count": 0, "spent": 0, "row_version": 1}
        number = connection.execute(customer.insert().values(**values)).inserted_primary_key[0]
        life = {"customer_id": number, "created_at": at, "expires_at": at + timedelta(days=30)}
        connection.execute(token.insert().values(digest=digest(SECRET), **life))
        connection.execute(token.insert().values(digest=digest("gone"), revoked_at=at, **life))
    return number


def test_a_device_stays_signed_in_through_the_upgrade(databases, kind):
    runtime = open_runtime(databases.empty(kind))
    with activated(runtime), acting_as(SYSTEM):
        for component, folder in components(found_plugins(runtime).manifests).items():
            with schema_change(runtime.write_bind) as connection:
                run(connection, component, folder, "storefront_0001" if component == "storefront" else "head")
        number = fill(runtime)
        upgrade(runtime)
        refresh(runtime)
        with reading() as db:
            assert services.customer_of_token(db, SECRET, AT + timedelta(days=29)).id == number
            assert services.customer_of_token(db, SECRET, AT + timedelta(days=30)) is None
            assert services.customer_of_token(db, "gone", AT) is None
            (token,) = db.scalars(select(Token)).all()
            assert (token.kind, token.owner, token.scopes) == ("storefront.session", f"customers.Customer:{number}", None)
            assert not sa.inspect(db.connection()).has_table("storefront__token")
    databases.drop(runtime)
