"""An upgrade that fails says so in a sentence; the doctor and the repairs say it until it is mended."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest
from sqlalchemy import inspect

from zhanggui.host.discovery import discover
from zhanggui.migrations import heads, history
from zhanggui.runtime import activated
from zhanggui.testing.instances import environment

FOLDER = Path(__file__).parents[2] / "plugins_with_history"
WHY = "The migration shapes_0002 does not work (RuntimeError)."


@pytest.fixture
def shop(databases, kind, repository, monkeypatch):
    """A shop beside whose plugins lies one that waits for its tables, and whose second migration fails."""
    discover([FOLDER])
    from zhanggui_shapes import shapes

    runtime = databases.fresh(kind, PLUGINS__FOLDERS=f"{repository}/plugins,{FOLDER}")
    monkeypatch.setattr(shapes, "STOP", "drop")
    monkeypatch.setattr(heads, "_cache", {})
    with activated(runtime):
        yield runtime
    databases.drop(runtime)


def last(answer):
    """The sentence on stderr, below the log."""
    return answer.stderr.splitlines()[-1]


def test_it_is_one_sentence_that_says_what_failed_and_what_to_do(shop, command_line, monkeypatch):
    from zhanggui_shapes import shapes

    def run(*arguments):
        return command_line(*arguments, env=environment(shop.config))

    behind = run("doctor")
    assert behind.exit_code == 1
    assert "tables of shapes: Its tables are behind: run zhanggui upgrade." in behind.stdout.splitlines()

    failed = run("upgrade")
    assert failed.exit_code == 1
    assert last(failed) == (
        f"The upgrade of shapes failed and left these tables as they were. {WHY} "
        "What is named does not run; install a mended release of it and run zhanggui upgrade again; the log above says more."
    )
    assert "Done." not in failed.stdout
    assert "half way" not in failed.stdout + last(failed)
    assert json.loads(run("upgrade", "--json").stdout)["failed"] == {"shapes": WHY}

    told = run("doctor", "--json")
    assert told.exit_code == 1
    assert json.loads(told.stdout)["tables"] == {"shapes": f"The upgrade of shapes failed and left it as it was. {WHY}"}

    monkeypatch.setattr(shapes, "STOP", None)
    assert run("upgrade").exit_code == 0
    mended = run("doctor", "--json")
    assert (mended.exit_code, json.loads(mended.stdout)["tables"]) == (0, {})


def test_a_core_that_cannot_be_upgraded_stops_it_and_the_shop_stays(shop, command_line, tmp_path, monkeypatch):
    head = history.scripts(history.CORE).get_current_head()
    core = shutil.copytree(history.CORE, tmp_path / "core")
    (core / "versions" / "9999_fails.py").write_text(
        f'from alembic import op\nrevision = "core_9999"\ndown_revision = "{head}"\nbranch_labels = depends_on = None\n'
        'def upgrade():\n    op.drop_column("core__generation", "faults")\n    raise RuntimeError("13800138777")\n'
    )
    for module in (history, heads):
        monkeypatch.setattr(module, "CORE", core)
    failed = command_line("upgrade", env=environment(shop.config))
    assert failed.exit_code == 1
    assert last(failed) == (
        "The upgrade of core failed and left these tables as they were. The migration core_9999 does not work (RuntimeError). "
        "The shop stays on the release that it had: start that one again, or install a mended one and run zhanggui upgrade again; the log above says more."
    )
    assert "faults" in {column["name"] for column in inspect(shop.engine).get_columns("core__generation")}
    told = command_line("doctor", env=environment(shop.config))
    assert told.exit_code == 1
    assert "tables of core: The upgrade of core failed and left it as it was." in told.stdout


def test_a_history_that_cannot_be_read_harms_itself_alone(shop, command_line, repository, tmp_path):
    folder = tmp_path / "plugins" / "zhanggui_torn"
    (folder / "migrations" / "versions").mkdir(parents=True)
    (folder / "__init__.py").touch()
    (folder / "plugin.toml").write_text('id = "torn"\nversion = "1.0.0"\napi_level = 1\n[name]\nen = "Torn"\n[summary]\nen = "Torn"\n')
    (folder / "migrations" / "versions" / "0001_torn.py").write_text("def upgrade(:\n")
    env = {**environment(shop.config), "ZHANGGUI_PLUGINS__FOLDERS": f"{repository}/plugins,{folder.parent}"}
    assert json.loads(command_line("upgrade", "--json", env=env).stdout)["failed"] == {"torn": "The migration torn does not work (SyntaxError)."}
    states = {row["id"]: row["state"] for row in json.loads(command_line("plugin", "list", "--json", env=env).stdout)}
    assert states["orders"] == "enabled"
