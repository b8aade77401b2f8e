"""Imports point downwards, and our own plugins have no side door."""

from __future__ import annotations

import ast
import tomllib
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PLUGINS = sorted(path.parent for path in ROOT.glob("plugins/*/plugin.toml"))
PUBLIC = {"facade", "contracts", "events"}
# The rooms of a plugin, from the top. A room may import what stands below it.
ROOMS = [
    {"plugin"},
    {"views", "rest", "jobs", "cli", "facade", "demo", "importing", "exporting", "screens", "pages", "widgets", "details", "operations"},
    {"forms", "schemas", "bodies", "shapes"},
    {"services", "identity"},
    {"queries"},
    {"models"},
    {"rules", "states"},
    {"contracts", "events", "permissions", "settings", "hookspecs"},
]
CORE_KERNEL = {"kernel"}


def imports(path: Path, package: str) -> Iterator[str]:
    """Full names of the modules that a file imports, relative ones resolved."""
    parts = package.split(".")
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            base = parts[: len(parts) - node.level + 1] if node.level else []
            module = ".".join([*base, *([node.module] if node.module else [])])
            yield module
            yield from (f"{module}.{alias.name}" for alias in node.names)


def files(folder: Path, package: str) -> Iterator[tuple[Path, str]]:
    """Python files with the package that relative imports in them start from."""
    for path in sorted(folder.rglob("*.py")):
        inner = path.relative_to(folder).parts
        if inner[0] in ("migrations", "demo_pictures"):
            continue
        yield path, ".".join([package, *inner[:-1]])


def room(name: str) -> int | None:
    return next((level for level, names in enumerate(ROOMS) if name in names), None)


def test_the_core_imports_no_plugin():
    for path, package in files(ROOT / "core" / "zhanggui", "zhanggui"):
        found = [name for name in imports(path, package) if name.startswith("zhanggui_")]
        assert not found, f"{path.relative_to(ROOT)} imports {found[0]}"


def test_the_sandbox_stands_alone():
    """It plays the providers: with the shop's own code in it, a mistake would agree with itself."""
    for path, package in files(ROOT / "core" / "zhanggui_sandbox", "zhanggui_sandbox"):
        found = [n for n in imports(path, package) if n.startswith("zhanggui") and n.split(".")[0] != "zhanggui_sandbox"]
        assert not found, f"{path.relative_to(ROOT)} imports {found[0]}"


def test_the_kernel_knows_neither_flask_nor_a_database():
    for path, package in files(ROOT / "core" / "zhanggui" / "kernel", "zhanggui.kernel"):
        found = [n for n in imports(path, package) if n.split(".")[0] in ("flask", "sqlalchemy", "flask_appbuilder")]
        assert not found, f"{path.relative_to(ROOT)} imports {found[0]}"


@pytest.mark.parametrize("folder", PLUGINS, ids=lambda path: path.name)
def test_a_plugin_imports_only_the_door_of_the_core(folder: Path):
    for path, package in files(folder, folder.name):
        for name in imports(path, package):
            if name.split(".")[0] == "zhanggui":
                assert name == "zhanggui" or name.startswith("zhanggui.api"), f"{path.relative_to(ROOT)} imports {name}"


@pytest.mark.parametrize("folder", PLUGINS, ids=lambda path: path.name)
def test_a_plugin_imports_from_others_only_what_they_offer_and_only_what_it_requires(folder: Path):
    requires = set(tomllib.loads((folder / "plugin.toml").read_text(encoding="utf-8")).get("requires", ()))
    for path, package in files(folder, folder.name):
        for name in imports(path, package):
            other = name.split(".")
            if other[0].startswith("zhanggui_") and other[0] != folder.name:
                where = f"{path.relative_to(ROOT)} imports {name}"
                assert other[0].removeprefix("zhanggui_") in requires, f"{where}, which plugin.toml does not require"
                assert len(other) == 1 or other[1] in PUBLIC, where


@pytest.mark.parametrize("folder", PLUGINS, ids=lambda path: path.name)
def test_rooms_import_only_what_stands_below_them(folder: Path):
    for path, package in files(folder, folder.name):
        own = path.relative_to(folder).parts[0].removesuffix(".py")
        level = room(own)
        if level is None:
            continue
        for name in imports(path, package):
            parts = name.split(".")
            if parts[0] != folder.name or len(parts) < 2 or parts[1] == own:
                continue
            other = room(parts[1])
            assert other is None or other >= level, f"{path.relative_to(ROOT)} imports {name}, which stands above it"


def test_an_import_that_points_upwards_would_be_found(tmp_path: Path):
    (tmp_path / "models.py").write_text("from .services import cancel_order\nfrom zhanggui_orders.models import Order\n")
    found = set(imports(tmp_path / "models.py", "zhanggui_test"))
    assert {"zhanggui_test.services", "zhanggui_orders.models"} <= found
    assert room("services") < room("models")
