"""A broken plugin is named with its own sentence, file and line, wherever the command line speaks of it."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest
from click.testing import Result
from sqlalchemy import update

from zhanggui.db.uow import unit_of_work
from zhanggui.host.models import PluginState
from zhanggui.host.service import upgrade
from zhanggui.runtime import Runtime, activated
from zhanggui.testing.instances import environment

Run = Callable[..., Result]
HEAD = 'api_level = 1\nname = "B"\nsummary = "S"\n'


@pytest.fixture
def kind() -> str:
    return "sqlite"


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Two plugins: one whose manifest is wrong, one that cannot be imported."""
    tmp_path = tmp_path_factory.mktemp("broken")
    for name, version, source in (("torn", "1", ""), ("sunk", '"1"', "\nimport nothing_of_that_name\n")):
        path = tmp_path / f"zhanggui_{name}"
        path.mkdir()
        (path / "__init__.py").touch()
        (path / "plugin.py").write_text(source, encoding="utf-8")
        (path / "plugin.toml").write_text(f'id = "{name}"\nversion = {version}\n{HEAD}', encoding="utf-8")
    return tmp_path


@pytest.fixture
def zhanggui(instance: Runtime, command_line: Run, folder: Path) -> Run:
    """``zhanggui("plugin", "list")`` on the fresh shop, with these two in reach."""
    env = environment(instance.config)
    env["ZHANGGUI_PLUGINS__FOLDERS"] += f",{folder}"
    return lambda *arguments: command_line(*arguments, env=env)


TORN = "plugin.toml: version must be a text, not 1 (zhanggui_torn/plugin.toml, line 2)"
SUNK = "It cannot be loaded: ModuleNotFoundError: No module named 'nothing_of_that_name' (zhanggui_sunk/plugin.py, line 2)"


def test_enabling_says_what_is_wrong(zhanggui: Run):
    for name, why in (("torn", TORN), ("sunk", SUNK)):
        refused = zhanggui("plugin", "enable", name)
        assert (refused.exit_code, why in refused.stderr) == (1, True), refused.output
    assert "There is no plugin nobody" in zhanggui("plugin", "enable", "nobody").stderr


def test_the_check_names_both_and_needs_no_instance(zhanggui: Run, command_line: Run, folder: Path, repository: Path):
    env = {"ZHANGGUI_PLUGINS__FOLDERS": str(folder), "ZHANGGUI_THEME__FOLDERS": str(repository / "themes")}
    found = command_line("plugin", "check", "--json", env=env)
    assert found.exit_code == 1
    assert {row["plugin"]: row["sentence"] for row in json.loads(found.stdout)} == {"zhanggui_torn": TORN, "sunk": SUNK}
    alone = command_line("plugin", "check", "torn", env=env)
    assert (alone.exit_code, alone.stdout) == (1, f"zhanggui_torn: {TORN}\n")
    assert command_line("plugin", "check", "orders", env=env).stdout == "Nothing is wrong.\n"


def test_the_doctor_and_the_list_say_it_of_one_that_was_on(instance: Runtime, zhanggui: Run, folder: Path):
    more = Runtime(instance.config)
    more.config.settled["plugins.folders"] = [*instance.config["plugins.folders"], str(folder)]
    with activated(more):
        upgrade(more)
        with unit_of_work() as db:
            db.execute(update(PluginState).where(PluginState.id == "sunk").values(enabled=True))
    more.close()
    assert SUNK in zhanggui("doctor").stdout
    listed = zhanggui("plugin", "list").stdout
    assert SUNK in listed and TORN in listed
