"""The developer's tutorial, step by step: the files that it shows are written, migrated, enabled and used."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from zhanggui.app import Site
from zhanggui.db.uow import unit_of_work
from zhanggui.host import refresh
from zhanggui.host.service import disable_plugin, enable_plugin, upgrade
from zhanggui.kernel import clock
from zhanggui.kernel.actors import SYSTEM, acting_as
from zhanggui.runtime import activated, open_runtime
from zhanggui.testing.browsing import Visitor
from zhanggui.testing.fixtures import PASSWORD

BLOCK = re.compile(r"```\w+ file=(\S+)\n(.*?)```", re.S)


@pytest.fixture
def written(repository: Path, tmp_path: Path) -> Path:
    """The plugin exactly as the tutorial shows it, with its migration."""
    folder = tmp_path / "plugins" / "zhanggui_suppliers"
    folder.mkdir(parents=True)
    text = (repository / "docs/tutorial/first-plugin.md").read_text(encoding="utf-8")
    for name, body in BLOCK.findall(text):
        (folder / name).write_text(body, encoding="utf-8")
    path = os.pathsep.join(str(repository / p) for p in ("core", "plugins", "themes"))
    environ = {**os.environ, "PYTHONPATH": path, "ZHANGGUI_PLUGINS__FOLDERS": f"{repository / 'plugins'},{folder.parent}"}
    command = [sys.executable, "-m", "zhanggui.cli", "plugin", "migration", "suppliers", "first tables"]
    subprocess.run(command, cwd=repository, env=environ, check=True)
    assert list(folder.glob("migrations/versions/*.py"))
    return folder.parent


def test_every_step_of_the_tutorial_works(written: Path, databases, kind: str, repository: Path):
    runtime = open_runtime(databases.fresh(kind, PLUGINS__FOLDERS=f"{repository / 'plugins'},{written}"))
    with activated(runtime), acting_as(SYSTEM):
        assert "suppliers" in upgrade(runtime).upgraded
        refresh(runtime)
        site = Site(runtime)
        from werkzeug.test import Client

        from zhanggui.auth import service

        with unit_of_work() as db:
            service.create_user(db, username="owner", password=PASSWORD, roles=["owner"], actor=SYSTEM, now=clock.now())
        owner = Visitor(Client(site))
        owner.log_in("owner", PASSWORD)
        assert owner.get("/suppliers/").status_code == 404
        enable_plugin("suppliers", actor=SYSTEM, now=clock.now())
        assert owner.get("/suppliers/").status_code == 200
        added = owner.post("/suppliers/add", {"name": "Yunnan Tea House", "city": "Kunming", "active": "1"})
        assert added.status_code == 303
        assert "Yunnan Tea House" in owner.get("/suppliers/").get_data(as_text=True)
        assert owner.get("/products/").status_code == 200
        disable_plugin("suppliers", actor=SYSTEM, now=clock.now())
        assert owner.get("/suppliers/").status_code == 404
    databases.drop(runtime)
