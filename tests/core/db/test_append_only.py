"""What is append-only stays as it is, whoever opens the database and whichever words they use."""

from __future__ import annotations

import sqlite3
from pathlib import Path

import psycopg
import pytest
from sqlalchemy import inspect

from zhanggui import audit
from zhanggui.db.append_only import AppendOnly, unique_keys
from zhanggui.db.base import Model
from zhanggui.db.uow import unit_of_work
from zhanggui.host.discovery import discover
from zhanggui.kernel.ids import Code
from zhanggui.migrations.autogenerate import import_models
from zhanggui.testing.fixtures import NOON

import_models(discover([Path(__file__).parents[3] / "plugins"]).manifests)
TABLES = {mapper.local_table.name: mapper.local_table for mapper in Model.registry.mappers if issubclass(mapper.class_, AppendOnly)}


@pytest.fixture
def outside(instance):
    """A connection as anybody opens one who has the file or the password: none of our settings."""
    if instance.engine.dialect.name == "sqlite":
        connection = sqlite3.connect(instance.engine.url.database, isolation_level=None)
    else:
        connection = psycopg.connect(instance.engine.url.set(drivername="postgresql").render_as_string(hide_password=False), autocommit=True)
    yield connection
    connection.close()


@pytest.fixture
def filled(instance, owner):
    """One row in each of the tables."""
    from zhanggui_help.services import own
    from zhanggui_inventory.services.counting import restock
    from zhanggui_notifications.models import Consent
    from zhanggui_payments.models import Entry, ProviderEvent
    from zhanggui_products import facade as products
    from zhanggui_products.contracts import ProductRecord, VariantRecord
    from zhanggui_wechat import grants

    with unit_of_work() as db:
        audit.record(db, "core.test.written", label="true", actor=owner, now=NOON)
        products.upsert_products(
            db, [ProductRecord("k", "Tea", [VariantRecord("TEA", 100, "CNY")])], batch_id="b", actor=owner, now=NOON
        )  # fmt: skip
        variant = products.variant_ids_by_sku(db, ["TEA"])["TEA"][0]
        restock(db, variant_id=variant, quantity=5, reference="test:1", actor=owner, now=NOON)
        db.add(Entry(entry_key="attempt:1", debit="clearing:a", credit="sales", amount=5, currency="CNY", at=NOON))
        db.add(ProviderEvent(event_key="a:1", provider="a", source="asked", state="captured", currency="CNY", at=NOON))
        wind = add_person(db, owner)
        db.add(Consent(recipient_kind="customer", recipient_id=wind, category="marketing", channel="*", allowed=True, source="shop", at=NOON))
        own.publish(db, id=own.create(db, title="Tea", body="Tea", actor=owner, now=NOON), actor=owner, now=NOON)
        grants.add(db, customer_id=wind, template_id="t", state="accept", source_key="told:1", now=NOON)
    return instance


def add_person(db, owner):
    from zhanggui_customers.services import profile

    return profile.create_customer(db, name="Wind", actor=owner, now=NOON)


def key_of(table):
    return next(iter(table.primary_key)).name


def rows(connection, table):
    return [tuple(row) for row in connection.execute(f"SELECT * FROM {table.name} ORDER BY {key_of(table)}").fetchall()]


def attacks(table, kind):
    """Statements that would change or take away the first row, each by another way."""
    name, key = table.name, key_of(table)
    columns = [c.name for c in table.columns]
    same, others = ", ".join(columns), ", ".join(c for c in columns if c != key)
    text = next(name for name in ("label", "reason", "currency", "source", "kind", "digest", "author") if name in columns)
    forged = ", ".join("'xxx'" if c == text else c for c in columns)
    first = f"FROM {name} ORDER BY {key} LIMIT 1"
    yield from (f"UPDATE {name} SET {text} = 'xxx'", f"DELETE FROM {name}", f"UPDATE {name} SET {key} = {key} + 1000")
    yield f"INSERT INTO {name} ({same}) SELECT {forged} FROM {name} WHERE true ON CONFLICT ({key}) DO UPDATE SET {text} = 'xxx'"
    yield f"WITH x AS (SELECT {key} FROM {name}) DELETE FROM {name} WHERE {key} IN (SELECT {key} FROM x)"
    if kind == "postgresql":
        yield from (f"TRUNCATE {name} CASCADE", f"SET session_replication_role = replica; DELETE FROM {name}")
        yield f"MERGE INTO {name} t USING {name} s ON t.{key} = s.{key} WHEN MATCHED THEN DELETE"
        return
    for verb in ("REPLACE", "INSERT OR REPLACE", "INSERT OR IGNORE", "INSERT OR FAIL"):
        yield f"{verb} INTO {name} ({same}) SELECT {forged} {first}"
    yield f"UPDATE OR REPLACE {name} SET {text} = 'xxx'"
    for unique in unique_keys(table)[1:]:
        assert set(unique) <= set(columns)
        new = ", ".join("'xxx'" if c == text else c for c in columns if c != key)
        yield f"REPLACE INTO {name} ({others}) SELECT {new} {first}"
        yield f"REPLACE INTO {name} ({same}) SELECT {', '.join('id + 1000' if c == 'id' else c for c in columns)} {first}"
    for number in ("-1", "-7", "0"):
        fresh = ", ".join(number if c == key else "NULL" if c == "reference" else c for c in columns)
        yield f"INSERT INTO {name} ({same}) SELECT {fresh} {first}"
    yield f"PRAGMA recursive_triggers = OFF; PRAGMA foreign_keys = OFF; DELETE FROM {name}"


@pytest.mark.parametrize("name", sorted(TABLES))
def test_no_statement_changes_a_row_that_is_there(filled, outside, name, kind):
    table = TABLES[name]
    if kind == "postgresql":
        outside.execute("SET search_path = public")
    before = rows(outside, table)
    assert before
    for statement in attacks(table, kind):
        with pytest.raises((sqlite3.IntegrityError, psycopg.Error), match="append-only"):
            outside.executescript(statement) if kind == "sqlite" else outside.execute(statement)
        if kind == "postgresql":
            outside.execute("SET session_replication_role = DEFAULT")
        assert rows(outside, table) == before, statement


def test_every_way_in_which_two_rows_must_differ_is_closed(filled, outside, kind):
    assert set(TABLES) == {
        "core__audit", "core__audit_link", "help__version", "inventory__stock_movement", "payments__entry", "payments__provider_event", "notifications__consent", "wechat__grant_entry",
    }  # fmt: skip
    for name, table in TABLES.items():
        real = {tuple(u["column_names"]) for u in inspect(filled.engine).get_unique_constraints(name)} | {(key_of(table),)}
        assert real == {tuple(key) for key in unique_keys(table)}
        if kind == "sqlite":
            [guard] = outside.execute("SELECT sql FROM sqlite_master WHERE name = ?", (f"{name}_no_replace",)).fetchone()
            assert all(f"{column} = NEW.{column}" in guard for key in real for column in key)


@pytest.mark.parametrize("kind", ["postgresql"], indirect=True)
def test_copying_in_adds_and_never_changes(filled, outside):
    before = rows(outside, TABLES["core__audit"])
    with pytest.raises(psycopg.errors.UniqueViolation), outside.cursor() as cursor, cursor.copy("COPY core__audit FROM STDIN") as copy:
        copy.write_row(before[0])
    assert rows(outside, TABLES["core__audit"]) == before


def test_rows_are_still_added(filled, owner, outside):
    with unit_of_work() as db:
        audit.record(db, "core.test.written", label=Code("second"), actor=owner, now=NOON)
    assert outside.execute("SELECT COUNT(*) FROM core__audit WHERE label = 'second'").fetchone() == (1,)
