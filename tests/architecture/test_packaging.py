"""What setup.cfg says is what the folders hold: nobody who installs a wheel misses a plugin or a template."""

from __future__ import annotations

import configparser
import re
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PLUGINS = sorted(path.parent.name for path in ROOT.glob("plugins/*/plugin.toml"))
# Read by people, not by the program.
_UNSHIPPED = re.compile(r"/frontend/|/node_modules/|__pycache__|\.ruff_cache|\.pyc$")


def entry_points() -> dict[str, dict[str, str]]:
    config = configparser.ConfigParser()
    config.read(ROOT / "setup.cfg", encoding="utf-8")
    lines = {group: text.strip().splitlines() for group, text in config["options.entry_points"].items()}
    return {group: dict(re.split(r"\s*=\s*", line, maxsplit=1) for line in found) for group, found in lines.items()}


def test_every_plugin_folder_has_an_entry_point():
    expected = {name.removeprefix("zhanggui_"): f"{name}.plugin" for name in PLUGINS}
    assert entry_points()["zhanggui.plugins"] == expected


def test_the_command_and_the_theme_have_theirs():
    assert entry_points()["console_scripts"] == {"zhanggui": "zhanggui.cli:main"}
    assert entry_points()["zhanggui.themes"] == {"palm": "zhanggui_palm"}


def test_setup_py_does_not_put_its_own_entry_points_over_those_of_setup_cfg():
    assert "entry_points" not in (ROOT / "setup.py").read_text(encoding="utf-8")


@pytest.mark.parametrize("pinned", ["flask-appbuilder==5.3.0", "granian==2.8.7"])
def test_that_of_which_we_use_the_inside_is_pinned_to_one_version(pinned: str):
    requires = (ROOT / "setup.cfg").read_text(encoding="utf-8")
    assert re.search(rf"^\s+{re.escape(pinned)}$", requires, re.M)


@pytest.fixture(scope="module")
def packaged(tmp_path_factory: pytest.TempPathFactory) -> set[str]:
    """The files of a build, as addresses below site-packages."""
    folder = tmp_path_factory.mktemp("build")
    subprocess.run(
        [sys.executable, "setup.py", "-q", "egg_info", "-e", str(folder), "build", "-b", str(folder / "build")],
        cwd=ROOT, check=True, capture_output=True,
    )  # fmt: skip
    built = folder / "build" / "lib"
    return {path.relative_to(built).as_posix() for path in built.rglob("*") if path.is_file()}


@pytest.mark.parametrize("root", ["core/zhanggui", "core/zhanggui_sandbox", "themes/palm", *(f"plugins/{name}" for name in PLUGINS)])
def test_a_build_holds_every_file_of_a_package(packaged: set[str], root: str):
    package = {"core/zhanggui": "zhanggui", "themes/palm": "zhanggui_palm"}.get(root, Path(root).name)
    tracked = subprocess.run(["git", "ls-files", root], cwd=ROOT, capture_output=True, text=True, check=True).stdout.split()
    wanted = {f"{package}/{Path(name).relative_to(root)}" for name in tracked if not _UNSHIPPED.search(name) and (ROOT / name).exists()}
    assert wanted
    assert wanted - packaged == set()
