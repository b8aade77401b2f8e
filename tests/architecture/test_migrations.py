"""The migration histories say what the models say: a column that was forgotten would be missing in every shop."""

from __future__ import annotations

from pathlib import Path

import pytest

from zhanggui.db.base import Model
from zhanggui.host.discovery import discover
from zhanggui.migrations.autogenerate import differences, import_models, owner
from zhanggui.runtime import Runtime

MANIFESTS = discover([Path(__file__).parents[2] / "plugins"]).manifests


@pytest.mark.parametrize("component", ["core", *MANIFESTS])
def test_nothing_is_left_to_migrate(instance: Runtime, component: str):
    import_models(MANIFESTS)
    with instance.engine.connect() as connection:
        assert differences(connection, component) == []


def test_every_table_carries_the_short_name_of_its_owner():
    import_models(MANIFESTS)
    owners = {manifest.package: plugin_id for plugin_id, manifest in MANIFESTS.items()} | {"zhanggui": "core"}
    for mapper in Model.registry.mappers:
        package = mapper.class_.__module__.split(".")[0]
        if package in owners:
            assert owner(mapper.local_table.name) == owners[package], mapper.class_
