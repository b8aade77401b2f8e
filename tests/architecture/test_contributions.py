"""What the bundled plugins add stands: names, columns, kinds, signatures, routes. What is only told in a shop is fatal here."""

from __future__ import annotations

from pathlib import Path

import pytest

from zhanggui.host.trial import check_plugins

ROOT = Path(__file__).parents[2]
BUNDLED = [str(ROOT / "plugins")]
TOML = 'id = "crooked"\nversion = "1"\napi_level = 1\nrequires = ["orders"]\nname = "C"\nsummary = "S"\n'
VIEW = '''from zhanggui.api import View, expose, has_access, hookimpl


class CrookedView(View):
    route_base = "/orders"
    class_permission_name = "crooked.Page"

    @expose("/")
    @has_access
    def index(self):
        return "mine"


@hookimpl
def register_views():
    return [CrookedView]
'''
EVENT = '''from zhanggui.api import _l, hookimpl, job


@job(_l("Hear"))
def hear(**fields):
    return None


@hookimpl
def register_handlers():
    return {"%s": [hear]}
'''


def environment(folder: Path | None = None) -> dict[str, str]:
    folders = [*BUNDLED, *([str(folder)] if folder else [])]
    return {"ZHANGGUI_PLUGINS__FOLDERS": ",".join(folders), "ZHANGGUI_THEME__FOLDERS": str(ROOT / "themes")}


def test_nothing_that_a_bundled_plugin_adds_is_wrong():
    assert [f"{one.plugin}: {one.sentence}" for one in check_plugins(None, BUNDLED, environment())] == []


@pytest.mark.parametrize(
    ("source", "toml", "said"),
    [
        (VIEW, TOML, "the route “/orders/” is taken by orders (zhanggui_crooked/plugin.py, line 8)"),
        (EVENT % "orders.order.plcd@1", TOML, "register_handlers: there is no event “orders.order.plcd@1” (zhanggui_crooked/plugin.py, line 11)"),
        (EVENT % "payment.case.opened@1", TOML, "nobody here is called “payment”; name it under after in plugin.toml when it is optional (zhanggui_crooked/plugin.py, line 11)"),
        ("", TOML.replace('"1"', "1"), "plugin.toml: version must be a text, not 1 (zhanggui_crooked/plugin.toml, line 2)"),
    ],
    ids=["a route", "an event", "a plugin that is none", "a manifest"],
)  # fmt: skip
def test_a_crooked_one_is_found(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, source: str, toml: str, said: str):
    folder = tmp_path / "zhanggui_crooked"
    folder.mkdir()
    (folder / "plugin.py").write_text(source, encoding="utf-8")
    (folder / "__init__.py").touch()
    (folder / "plugin.toml").write_text(toml, encoding="utf-8")
    monkeypatch.syspath_prepend(str(tmp_path))
    for name in ("zhanggui_crooked", "zhanggui_crooked.plugin"):
        monkeypatch.delitem(__import__("sys").modules, name, raising=False)
    found = check_plugins(None, BUNDLED, environment(tmp_path))
    assert [(one.plugin.removeprefix("zhanggui_"), str(one.sentence)) for one in found] == [("crooked", said)]


WORDLESS = '''from dataclasses import dataclass

from zhanggui.api import AuditWords, Event, _l, hookimpl, job, record_audit


@dataclass(frozen=True)
class Opened(Event, name="crooked.thing.opened", version=1%s):
    number: int


@job(%s)
def look():
    return None


def shut(db, actor, now):
    record_audit(db, "crooked.thing.shut", target=("crooked.Thing", 1), actor=actor, now=now, after={"pieces": 2})


@hookimpl
def register_events():
    return [Opened]


@hookimpl
def register_jobs():
    return [look]


@hookimpl
def register_audit_words():
    return [%s]
'''
NAMED = ('words=_l("Opened")', '_l("Look")', 'AuditWords("crooked.thing.shut", _l("Shut"), [Column("pieces", _l("Pieces"), "int")])')


@pytest.mark.parametrize(
    ("missing", "said"),
    [
        (0, "the event “crooked.thing.opened” has no words; say words=_l(...) where the class is made (zhanggui_crooked/plugin.py, line 7)"),
        (1, "the job “crooked.look” has no words; say @job(_l(...)) (zhanggui_crooked/plugin.py, line 11)"),
        (2, "the act “crooked.thing.shut” has no words; register_audit_words must name it (zhanggui_crooked/plugin.py, line 17)"),
        (3, "the value “pieces” of the act “crooked.thing.shut” has no words; its AuditWords need a part of that name (zhanggui_crooked/plugin.py, line 17)"),
        (None, None),
    ],
    ids=["an event", "a job", "an act", "a value", "none"],
)  # fmt: skip
def test_what_has_no_words_is_found(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, missing: int | None, said: str | None):
    words = [text if at != missing else "" for at, text in enumerate(NAMED)]
    words[2] = words[2] if missing != 3 else 'AuditWords("crooked.thing.shut", _l("Shut"))'
    source = WORDLESS.replace("import AuditWords,", "import AuditWords, Column,") % (f", {words[0]}" if words[0] else "", words[1], words[2])
    folder = tmp_path / "zhanggui_crooked"
    folder.mkdir()
    (folder / "plugin.py").write_text(source, encoding="utf-8")
    (folder / "__init__.py").touch()
    (folder / "plugin.toml").write_text(TOML, encoding="utf-8")
    monkeypatch.syspath_prepend(str(tmp_path))
    for name in ("zhanggui_crooked", "zhanggui_crooked.plugin"):
        monkeypatch.delitem(__import__("sys").modules, name, raising=False)
    found = check_plugins(None, BUNDLED, environment(tmp_path))
    assert [(one.plugin, str(one.sentence)) for one in found] == ([("crooked", said)] if said else [])
