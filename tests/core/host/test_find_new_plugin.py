"""A folder that comes while the shop runs is found; what cannot be taken up then is said."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from werkzeug.test import Client

from zhanggui.app import Site
from zhanggui.config.loader import Layer
from zhanggui.config.settings import get
from zhanggui.db.uow import unit_of_work
from zhanggui.host import generation, refresh
from zhanggui.host.models import PluginState
from zhanggui.host.service import PluginRefused, enable_plugin, found_plugins
from zhanggui.kernel import clock
from zhanggui.kernel.actors import SYSTEM, acting_as
from zhanggui.kernel.errors import NotFound
from zhanggui.runtime import Runtime, activated, open_runtime
from zhanggui.testing.browsing import Visitor
from zhanggui.testing.fixtures import PASSWORD

pytestmark = pytest.mark.parametrize("kind", ["sqlite"], indirect=True)
SOURCE = '''
from zhanggui.api import View, expose, get_setting, has_access, hookimpl


class LateView(View):
    route_base = "/late"
    class_permission_name = "late.Page"

    @expose("/")
    @has_access
    def index(self):
        return get_setting("plugin.late.greeting")


@hookimpl
def register_views():
    return [LateView]
'''
TOML = 'id = "late"\nversion = "1"\napi_level = 1\nname = "Late comer"\nsummary = "S"\n[settings.greeting]\ndefault = "good evening"\nlabel = "Greeting"\n'


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Where plugins of this shop lie."""
    path = tmp_path / "more"
    path.mkdir()
    return path


@pytest.fixture
def instance(databases, kind: str, repository: Path, folder: Path) -> Iterator[Runtime]:
    runtime = open_runtime(databases.fresh(kind, PLUGINS__FOLDERS=f"{repository}/plugins,{folder}"))
    with activated(runtime), acting_as(SYSTEM):
        refresh(runtime)
        yield runtime
    databases.drop(runtime)


def arrive(folder: Path, toml: str = TOML, source: str = SOURCE) -> Path:
    path = folder / "zhanggui_late"
    (path / "static" / "late").mkdir(parents=True)
    (path / "static" / "late" / "late.txt").write_text("better than never", encoding="utf-8")
    (path / "__init__.py").touch()
    (path / "plugin.py").write_text(source, encoding="utf-8")
    (path / "plugin.toml").write_text(toml, encoding="utf-8")
    return path


@pytest.fixture(autouse=True)
def _forget(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Each test has its own plugin of that name."""
    import sys

    yield
    for name in [name for name in sys.modules if name.startswith(("zhanggui_late", "zhanggui_aaa"))]:
        del sys.modules[name]
    sys.path[:] = [path for path in sys.path if not path.endswith("/more")]


def test_it_stands_in_the_gallery_and_runs_in_every_process_once_it_is_on(instance: Runtime, visit: Callable[..., Visitor], folder: Path):
    here = visit("owner")
    there = Visitor(Client(Site(Runtime(instance.config))))  # a process that knows nothing of it
    there.log_in("owner", PASSWORD)
    assert "Late comer" not in here.get("/system/plugins/").text
    arrive(folder)
    assert "Late comer" in here.get("/system/plugins/").text
    assert here.post("/system/plugins/late/enable").status_code == 303
    for visitor in (here, there):
        assert visitor.get("/late/").text == "good evening"
        assert visitor.get("/static/late/late.txt").text == "better than never"
    assert get("plugin.late.greeting") == "good evening"
    assert "Greeting" in here.get("/system/settings/").text


def test_what_it_knows_already_stays_until_the_process_is_started_again(instance: Runtime, visit: Callable[..., Visitor], folder: Path):
    path, boss = arrive(folder), visit("owner")
    assert "processes were started again" not in boss.get("/system/plugins/").text
    (path / "plugin.toml").write_text(TOML.replace('version = "1"', 'version = "2"'), encoding="utf-8")
    enable_plugin("late", actor=SYSTEM, now=clock.now())
    assert found_plugins(instance).manifests["late"].version == "1"
    boss.post("/me/language", {"language": "en"})
    assert "Version 2 is installed; it runs once the processes were started again." in boss.get("/system/plugins/").text


def test_a_setting_that_it_cannot_have_is_told_and_the_gallery_is_there(instance: Runtime, visit: Callable[..., Visitor], folder: Path):
    instance.config.layers.append(Layer("shop.toml", {"plugin.late.greeting": 5}))
    arrive(folder)
    gallery = visit("owner").get("/system/plugins/")
    assert gallery.status_code == 200 and "plugin.late.greeting (in shop.toml) must be text" in gallery.text
    with pytest.raises(PluginRefused, match="must be text"):
        enable_plugin("late", actor=SYSTEM, now=clock.now())


def test_of_two_pages_at_one_address_the_one_that_was_there_stays_whatever_they_are_called(instance: Runtime, visit: Callable[..., Visitor], folder: Path):
    arrive(folder)
    enable_plugin("late", actor=SYSTEM, now=clock.now())
    boss = visit("owner")
    assert boss.get("/late/").text == "good evening"
    newcomer = folder / "zhanggui_aaa"
    newcomer.mkdir()
    (newcomer / "__init__.py").touch()
    (newcomer / "plugin.py").write_text(SOURCE.replace('"late.Page"', '"aaa.Page"'), encoding="utf-8")
    (newcomer / "plugin.toml").write_text('id = "aaa"\nversion = "1"\napi_level = 1\nname = "A"\nsummary = "S"\n', encoding="utf-8")
    with pytest.raises(PluginRefused, match="“/late/” is taken by late"):
        enable_plugin("aaa", actor=SYSTEM, now=clock.now())
    with unit_of_work() as db:  # as when its page came with another version of it
        db.add(PluginState(id="aaa", version="1", enabled=True, changed_at=clock.now()))
        generation.bump(db, "plugins")
    assert boss.get("/late/").text == "good evening"
    assert "zhanggui_aaa/plugin.py" in boss.get("/system/repairs/").text


def test_one_with_tables_says_what_to_do_first(instance: Runtime, folder: Path):
    versions = arrive(folder) / "migrations" / "versions"
    versions.mkdir(parents=True)
    (versions / "late_0001.py").write_text(
        'from zhanggui.api.migrations import op\nrevision = "late_0001"\ndown_revision = None\n\n\ndef upgrade():\n    pass\n', encoding="utf-8"
    )
    with pytest.raises(PluginRefused, match="run zhanggui upgrade"):
        enable_plugin("late", actor=SYSTEM, now=clock.now())


@pytest.mark.parametrize(
    ("toml", "source", "why"),
    [
        (TOML.replace('"1"', "1", 1), SOURCE, r"version must be a text, not 1 \(zhanggui_late/plugin.toml, line 2\)"),
        (TOML, "import nothing_of_that_name\n", r"No module named 'nothing_of_that_name' \(zhanggui_late/plugin.py, line 1\)"),
        (TOML, SOURCE.replace('"/late"', '"/orders"'), r"is taken by orders \(zhanggui_late/plugin.py, line"),
    ],
)
def test_one_that_is_broken_is_refused_with_its_own_sentence(instance: Runtime, visit: Callable[..., Visitor], folder: Path, toml: str, source: str, why: str):
    arrive(folder, toml, source)
    with pytest.raises(PluginRefused, match=why):
        enable_plugin("late", actor=SYSTEM, now=clock.now())
    assert visit("owner").get("/orders/").status_code == 200


def test_one_that_nobody_knows_is_none(instance: Runtime):
    with pytest.raises(NotFound, match="There is no plugin nobody"):
        enable_plugin("nobody", actor=SYSTEM, now=clock.now())
