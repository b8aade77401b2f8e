"""Upgrading: all or nothing for each component, and nothing the second time."""

from __future__ import annotations

import pytest
from sqlalchemy import func, inspect, select, table

from zhanggui.backup import making
from zhanggui.backup.making import components as components_of
from zhanggui.backup.sealing import identities
from zhanggui.backup.verifying import verify
from zhanggui.host.service import found_plugins, upgrade
from zhanggui.kernel.actors import SYSTEM, acting_as
from zhanggui.migrations.autogenerate import differences, import_models
from zhanggui.migrations.runner import UpgradeRefused, behind, components
from zhanggui.runtime import activated, open_runtime


@pytest.fixture
def troubled(databases, kind, repository):
    """A shop beside whose plugins lies one that cannot make its tables."""
    folders = f"{repository}/plugins,{repository}/tests/plugins_for_tests"
    runtime = open_runtime(databases.fresh(kind, PLUGINS__FOLDERS=folders))
    with activated(runtime), acting_as(SYSTEM):
        yield runtime
    databases.drop(runtime)


def schema(runtime):
    found = inspect(runtime.engine)
    return {t: sorted(c["name"] for c in found.get_columns(t)) for t in found.get_table_names()}


def contents(runtime, *but):
    with runtime.engine.connect() as connection:
        return {t: connection.scalar(select(func.count()).select_from(table(t))) for t in schema(runtime) if t not in but}


def test_one_that_fails_half_way_leaves_everything_as_it_was(troubled):
    before, rows = schema(troubled), contents(troubled)
    outcome = upgrade(troubled)
    assert outcome.failed["broken_migration"] == "The migration broken_migration_0001 does not work (RuntimeError)."
    assert list(outcome.failed) == ["broken_migration"]
    assert schema(troubled) == before
    moved = {"core__plugin", "core__repair", "ab_permission", "ab_view_menu", "ab_permission_view"}
    after = contents(troubled)
    assert {t: n for t, n in after.items() if t not in moved and n != rows[t]} == {}
    with troubled.engine.connect() as connection:
        assert behind(connection, found_plugins(troubled).manifests) == ["broken_migration"]


def test_everything_is_backed_up_before_a_table_changes(troubled):
    with troubled.engine.connect() as connection:
        before = components_of(connection)
    kept = upgrade(troubled).copy
    contents = verify(kept, identities(troubled.keyring))
    assert (contents.components, contents.head["kind"]) == (before, "upgrade")


def test_without_room_for_a_backup_nothing_changes(troubled, monkeypatch):
    def full(*_args, **_more):
        raise OSError(28, "No space left on device")

    before = schema(troubled)
    monkeypatch.setattr(making, "create_backup", full)
    with pytest.raises(UpgradeRefused, match="No space left on device"):
        upgrade(troubled)
    assert schema(troubled) == before


def test_the_second_time_it_does_nothing(instance):
    from zhanggui.db.uow import reading
    from zhanggui.host import generation

    before = contents(instance)
    said = []
    outcome = upgrade(instance, said.append)
    assert outcome.failed == {}
    assert contents(instance) == before
    with reading() as db:
        assert behind(db, found_plugins(instance).manifests) == []
        assert generation.read(db).plugins > 0


def test_the_history_makes_exactly_what_the_models_say(instance):
    manifests = found_plugins(instance).manifests
    import_models(manifests)
    with instance.engine.connect() as connection:
        found = {component: differences(connection, component) for component in components(manifests)}
    assert len(found) == 16
    assert found == dict.fromkeys(found, [])


def test_an_empty_database_becomes_a_shop(databases, kind):
    runtime = open_runtime(databases.empty(kind))
    with acting_as(SYSTEM):
        outcome = upgrade(runtime)
    assert outcome.failed == {}
    assert {"core__audit", "orders__order", "products__product"} <= set(schema(runtime))
    databases.drop(runtime)
