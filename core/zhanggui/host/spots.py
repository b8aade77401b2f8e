"""Where something stands in the files of a plugin: looked for when it is wrong, so what is right costs nothing."""

from __future__ import annotations

import ast
import functools
import inspect
import traceback
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

from ..i18n.texts import lazy_gettext as _l

Step = tuple[str, str]  # ("Column", "total"): a call with that text in it; ("", "orders.order.placed@1"): that text alone
At = tuple[Step, ...] | Callable[..., Any] | list[Any]  # steps from the outside in, the function or class itself, or several of these
_LEFT_OUT = {"migrations", "tests"}
# Where a description is given that no line writes out.
_HOOKS = {
    "Screen": "register_screens", "Page": "register_pages", "Slot": "register_slots", "MenuItem": "register_menu", "Widget": "register_widgets",
    "SearchProvider": "register_search", "Schedule": "register_schedules", "Importer": "register_importers", "Exporter": "register_exporters",
    "CartChoice": "register_choices", "Webhook": "register_webhooks", "PublicEvent": "register_public_events", "MessageKind": "register_message_kinds", "Command": "register_commands", "Permission": "register_permissions", "DemoData": "register_demo",
    "RolePreset": "register_role_presets", "SettingTest": "register_setting_tests", "Approvable": "register_approvals",
    "PersonalData": "register_personal_data", "Total": "register_totals", "HelpTarget": "register_help_targets", "AuditWords": "register_audit_words", "FirstStep": "register_first_steps",
    "Fact": "register_facts", "Metric": "register_metrics", "Dimension": "register_dimensions", "Dashboard": "register_dashboards",
}  # fmt: skip


@dataclass(frozen=True)
class Spot:
    """A line of a file; ``file`` begins with the plugin's folder, so that it is the same on every machine."""

    file: str
    line: int


def find(folder: Path, at: At | None) -> Spot | None:
    """The line of a call, of a text, of a function or of a class in a plugin's folder; None when there is no such line."""
    if at is None:
        return None
    if isinstance(at, list):
        return next((spot for one in at if (spot := find(folder, one)) is not None), None)
    return _of_steps(folder, at) if isinstance(at, tuple) else _of_code(folder, at)


def of_error(folder: Path, error: BaseException) -> Spot | None:
    """The last line of a plugin's own that an exception passed; of a syntax error, the line that cannot be read."""
    if isinstance(error, SyntaxError) and error.filename:
        return _spot(folder, error.filename, error.lineno or 1)
    frames = traceback.extract_tb(error.__traceback__)
    return next((spot for frame in reversed(frames) if (spot := _spot(folder, frame.filename, frame.lineno or 1))), None)


def in_manifest(path: Path, text: str, key: str) -> Spot:
    """The line of ``plugin.toml`` that sets a key, or begins its table; the first line for one that is missing."""
    beginnings = (f"{key} ", f"{key}=", f"{key}.", f"[{key}")
    lines = enumerate(text.splitlines(), 1)
    return Spot(f"{path.parent.name}/{path.name}", next((n for n, line in lines if line.lstrip().startswith(beginnings)), 1))


def said_at(sentence: Any, spot: Spot | None) -> Any:
    """A sentence with its place behind it."""
    return sentence if spot is None else _l("%(what)s (%(file)s, line %(line)s)", what=sentence, file=spot.file, line=spot.line)


def _spot(folder: Path, file: str, line: int) -> Spot | None:
    path = Path(file)
    return Spot(str(path.relative_to(folder.parent)), line) if path.is_relative_to(folder) else None


def _of_code(folder: Path, thing: Any) -> Spot | None:
    while isinstance(thing, functools.partial):
        thing = thing.func
    thing = inspect.unwrap(getattr(thing, "function", thing))
    code = getattr(getattr(thing, "__func__", thing), "__code__", None)
    if code is not None:
        return _spot(folder, code.co_filename, code.co_firstlineno)
    name = thing.__name__ if isinstance(thing, type) else type(thing).__name__
    for path, tree in _trees(folder):
        for node in ast.walk(tree):
            if isinstance(node, ast.ClassDef) and node.name == name:
                return _spot(folder, str(path), node.lineno)
    return None


@lru_cache(maxsize=256)
def _of_steps(folder: Path, steps: tuple[Step, ...]) -> Spot | None:
    """As deep as the steps can be followed: a name that is put together at run time is told by what stands around it."""
    found: Spot | None = None
    within: list[tuple[Path, ast.AST]] = list(_trees(folder))
    for number, (kind, text) in enumerate(steps, 1):
        nodes = _nodes(within, kind, text)
        if not nodes and number == len(steps):
            nodes = _nodes(within, "", text)
        if not nodes and found is None and kind in _HOOKS:
            nodes = _nodes(within, "def", _HOOKS[kind])
        if nodes:
            path, node = nodes[0]
            found = _spot(folder, str(path), node.lineno)  # type: ignore[attr-defined] # calls, texts and functions have lines
            within = nodes[:1] if kind else within
    return found


def _nodes(within: list[tuple[Path, ast.AST]], kind: str, text: str) -> list[tuple[Path, ast.AST]]:
    return [(path, node) for path, tree in within for node in ast.walk(tree) if _is(node, kind, text)]


def _is(node: ast.AST, kind: str, text: str) -> bool:
    if not kind:  # "-placed_at" sorts by placed_at
        return isinstance(node, ast.Constant) and isinstance(node.value, str) and node.value.removeprefix("-") == text
    if kind == "def":
        return isinstance(node, ast.FunctionDef) and node.name == text
    if not isinstance(node, ast.Call):
        return False
    called = node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", None)
    given = [*node.args, *(keyword.value for keyword in node.keywords)]
    return called == kind and any(isinstance(one, ast.Constant) and one.value == text for one in given)


def _trees(folder: Path) -> Iterator[tuple[Path, ast.Module]]:
    for path in sorted(folder.rglob("*.py")):
        if path.relative_to(folder).parts[0] not in _LEFT_OUT:
            try:
                yield path, ast.parse(path.read_bytes())
            except (SyntaxError, ValueError, OSError):
                continue
