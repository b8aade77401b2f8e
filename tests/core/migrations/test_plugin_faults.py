"""A shop that has its generations counts faults from one on."""

from __future__ import annotations

import importlib.util
from pathlib import Path

from alembic.migration import MigrationContext
from alembic.operations import Operations

import zhanggui.migrations
from zhanggui.db.uow import reading
from zhanggui.host import generation


def test_the_generations_that_are_there_stay(instance):
    path = next(Path(zhanggui.migrations.__file__).parent.glob("versions/*_plugin_faults.py"))
    spec = importlib.util.spec_from_file_location("plugin_faults", path)
    step = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(step)
    with reading() as db:
        before = generation.read(db)
    instance.close()
    with instance.write_bind.connect() as connection, connection.begin(), Operations.context(MigrationContext.configure(connection)):
        step.downgrade()
        step.upgrade()
    with reading() as db:
        assert generation.read(db) == before._replace(faults=1)
