"""What a plugin adds is looked at when it is loaded: what is wrong is named with plugin, file and line, and the shop goes on."""

from __future__ import annotations

import itertools
import re
from dataclasses import fields
from pathlib import Path
from typing import Any

import pytest

from zhanggui.host import contain, signatures
from zhanggui.host.core_part import core_part
from zhanggui.host.discovery import discover
from zhanggui.host.host import build_host
from zhanggui.host.names import missing_plugins
from zhanggui.host.permissions import screen_permissions
from zhanggui.i18n.texts import in_english

ROOT = Path(__file__).parents[3]
ICONS = frozenset(re.findall(r'<symbol id="([^"]+)"', next(ROOT.glob("themes/palm/static/icons.*.svg")).read_text(encoding="utf-8")))
_numbers = itertools.count(1)
BEFORE = '''
from sqlalchemy import Column as TableColumn, Integer, MetaData, String, Table
from zhanggui.api import *
from zhanggui.api import _l

THINGS = Table("ID__thing", MetaData(), TableColumn("id", Integer, primary_key=True), TableColumn("name", String(9)), TableColumn("note", String(9)))
OTHERS = Table("ID__other", MetaData(), TableColumn("id", Integer, primary_key=True), TableColumn("name", String(9)))


def screen(**more):
    given = {
        "resource": "ID.Thing", "source": THINGS, "route": "/ID-things", "title": "Things", "singular": "Thing",
        "columns": [Column("name", "Name")], "card": Card(title="name"),
    }
    return Screen(**given | more)


@job()
def hear(product_id, **more):
    return None


@job()
def write(db, **more):
    return None


MAY = ("can_list", "products.Product")
ON = "products.Product"
'''


def hook(room: str, given: str, before: str = "") -> str:
    return f"{before}\n@hookimpl\ndef register_{room}():\n    return {given}\n"


def page(blocks: str) -> str:
    return hook("pages", f"[Page('ID.Report', '/ID-report', 'Report', [\n {blocks}])]  # here\n")


SCREEN = "[Screen('ID.Thing', THINGS, '/ID-things', 'Things', 'Thing', {columns}, {card}{more})]"


def screens(columns: str = "[Column('name', 'Name')]", card: str = "Card(title='name')", more: str = "") -> str:
    return hook("screens", SCREEN.format(columns=columns, card=card, more=f", {more}" if more else ""))


# What cannot stand: the plugin stays out. The line that is named ends with "# here".
REFUSED = {
    "a kind of columns": (screens("[Column('name', 'Name', 'colour')]  # here\n"), "there is no kind 'colour'"),
    "a kind of fields": (screens(more="fields=[\n Field('name', 'Name', 'colour')]  # here\n"), "there is no kind 'colour'"),
    "a kind of questions": (
        screens(more="actions=[Action('go', 'Go', lambda db, *, id, actor, now, why: 1, fields=[\n Field('why', 'Why', 'colour')])]  # here\n"), "no kind 'colour'",
    ),
    "a kind of a slot": (hook("slots", "[Slot(ON,\n Column('a', 'A', 'colour', value=lambda row: 1))]  # here\n"), "there is no kind 'colour'"),
    "a kind of a small table": (
        screens(more="fields=[Field('name', 'N', 'rows', rows=[\n Field('a', 'A', 'images'), Field('b', 'B', 'colour')])]  # here\n"), "no kind 'colour'",
    ),
    "a name of a kind": (hook("kinds", "[Red()]", "class Red(Kind):  # here\n    name = 'deep red'\n"), "“deep red” is no name of a kind"),
    "a kind that is taken": (hook("kinds", "[Red()]", "class Red(Kind):  # here\n    name = 'money'\n"), "the kind “money” is taken"),
    "a control": (hook("kinds", "[Red()]", "class Red(Kind):  # here\n    name, control = 'red', 'canvas'\n"), "there is no control “canvas”"),
    "a function of a kind": (
        hook("kinds", "[Red()]", "class Red(Kind):\n    name = 'red'\n    def parse(self, text):  # here\n        return text\n"),
        "parse cannot take what it is called with: f, text, posted",
    ),
    "a fieldset": (screens(more="fields=[\n Field('name', 'N', fieldset='where')]  # here\n"), "there is no fieldset “where”"),
    "a fieldset twice": (screens(more="fieldsets=[\n Fieldset('a', 'A'), Fieldset('a', 'B')]  # here\n"), "is there twice"),
    "a condition": (screens(more="fields=[\n Field('name', 'N', shown_when=When('nme'))]  # here\n"), "it depends on “nme”"),
    "a condition of itself": (screens(more="fields=[\n Field('name', 'N', shown_when=When('name'))]  # here\n"), "it depends on itself"),
    "a condition of a slot": (
        hook("slots", "[Slot(ON,\n Field('a', 'A', get=lambda db, row: 1, shown_when=When('nme')), "
                      "lambda db, *, id, value, actor, now: 1)]  # here\n"), "it depends on “nme”",
    ),
    "a change that cannot leave a field as it is": (
        screens(more="fields=[Field('name', 'N')],\n update=lambda db, *, id, row_version, actor, now, name: None  # here\n"), "must do without any field",
    ),
    "a rule of a form": (screens(more="fields=[Field('name', 'N')],\n validate=lambda: []  # here\n"), "validate cannot take what it is called with: values"),
    "a search by words": (screens(more="search=\n Search(words=['nme'])  # here\n"), "there is no column “nme”"),
    "a tone": (screens("[Column('name', 'N', 'status', choices=[\n Choice('a', 'A', 'loud')])]  # here\n"), "there is no tone 'loud'"),
    "a value": (screens(more="page_sizes=25"), "page_sizes cannot be 25"),
    "a column": (screens("[\n Column('nme', 'Name'),  # here\n Column('name', 'N')]"), "there is no column “nme”"),
    "a currency": (screens("[Column('name', 'N'),\n Column('note', 'T', 'money', currency='currncy')]  # here\n"), "there is no column “currncy”"),
    "an expression": (screens("[Column('name', 'N'),\n Column('sum', 'Sum', expr=lambda c: c.nme)]  # here\n"), "its expr fails"),
    "a column of the card": (screens(card="\n Card(title='nme')  # here\n"), "the screen has no column “nme”"),
    "a column below": (screens(card="\n Card(title='name', sub=['note'])  # here\n"), "the screen has no column “note”"),
    "a column of a section": (screens(more="sections=[\n Section('a', 'A', columns=['nme'])]  # here\n"), "the screen has no column “nme”"),
    "a filter": (screens(more="filters=[\n Filter('nme', 'Name', 'text')]  # here\n"), "there is no column “nme”"),
    "a filter of every list": (screens(more="filters=[\n Filter('q', 'Name', 'text', column='name')]  # here\n"), "every list knows “q” already"),
    "a search": (screens(more="search=\n Search(prefix=['nme'])  # here\n"), "there is no column “nme”"),
    "a sort": (screens(more="default_sort=[\n '-nme']  # here\n"), "there is no column “nme”"),
    "a label": (screens(more="label=\n 'nme'  # here\n"), "there is no column “nme”"),
    "a need": (screens(more="actions=[\n Action('go', 'Go', None, needs=['nme'])]"), "run cannot be None"),
    "a need of a verb": (screens(more="actions=[\n Action('go', 'Go', lambda db, *, id, actor, now: 1, needs=['nme'])]  # here\n"), "there is no column “nme”"),
    "a lost field": (screens(more="create='generic', fields=[\n Field('nme', 'Name')]  # here\n"), "there is no column “nme”"),
    "a column twice": (screens("[Column('name', 'N'),\n Column('name', 'M')]"), "is there twice"),
    "a verb of screens": (screens(more="actions=[\n Action('edit', 'E', lambda db, *, id, actor, now: 1)]  # here\n"), "belongs to the screen"),
    "a name": (screens(more="filters=[\n Filter('na me', 'Name', 'text', 'name')]  # here\n"), "a name is made of"),
    "a route": (screens().replace("'/ID-things'", "\n 'things'"), "the route must be like"),
    "a route that is taken": (screens().replace("'/ID-things'", "'/products'").replace("[Screen", "[\n Screen", 1), "“/products” is taken by products"),
    "a route twice": (
        hook("screens", "[screen(), screen(resource='ID.Other', source=OTHERS)]"), "“/ID-things” is taken by ID",
    ),
    "a kind of blocks": (page("Block('a', 'pie', 'A', lambda db, reader: 1)"), "there is no kind 'pie'"),
    "a block twice": (page("Block('a', 'text', 'A', lambda db, reader: 1), Block('a', 'text', 'A', lambda db, reader: 1)"), "is there twice"),
    "a block of nothing": (page("Block('a', 'chart', 'A')"), "it needs data"),
    "a form of nothing": (page("Block('a', 'form', 'A', lambda db, reader: 1)"), "a form needs form and save"),
    "a block that cannot be called": (page("Block('a', 'text', 'A', lambda db: 1)"), "data cannot take"),
    "a form that cannot be saved": (page("Block('a', 'form', 'A', form=Form([Field('x', 'X')]), save=lambda db, *, actor, now: 1)"), "save cannot take"),
    "a field of a page": (page("Block('a', 'form', 'A', form=Form([Field('x', 'X', 'colour')]), save=lambda db, *, actor, now, x: 1)"), "there is no kind 'colour'"),
    "too many rows": (page("Block('a', 'list', 'A', screen=ON, limit=500)"), "1 to 25 rows"),
    "a page of somebody": (hook("pages", "[\n Page('products.X', '/x', 'X', [])]  # here\n"), "must be named ID."),
    "a page that is taken": (hook("pages", "[\n Page('ID.X', '/products', 'X', [])]  # here\n"), "“/products” is taken by products"),
    "a measure": (screens(more="measures=[\n Measure('a', 'A', 'sum', 'nme')]  # here\n"), "there is no column “nme”"),
    "a grouping": (screens(more="group_by=[\n GroupBy('nme', 'A')]  # here\n"), "“nme” is no filter of choices"),
    "a screen twice": (hook("screens", "[screen(), screen(route='/ID-others')]"), "“ID.Thing” is there twice"),
    "a screen of somebody": (hook("screens", "[screen(resource='products.Thing')]"), "must be named ID."),
    "a cron": (hook("schedules", "[\n Schedule('a', write, cron='every full moon')]  # here\n"), "“every full moon” is no cron"),
    "a cron that never comes": (hook("schedules", "[\n Schedule('a', write, cron='0 0 31 2 *')]  # here\n"), "“0 0 31 2 *” never comes"),
    "arguments of a schedule": (
        hook("schedules", "[Schedule('a', tick, seconds=60, kwargs={'cnt': 1})]", "@job()  # here\ndef tick(count):\n    return None\n"), "cannot take",
    ),
    "a handler": (
        hook("handlers", "{'products.product.saved@1': [deaf]}", "@job()  # here\ndef deaf(order_id):\n    return None\n"), "cannot take what it is called with",
    ),
    "a handler of everything": (hook("handlers", "{'*': [write], 'products.product.saved@1': [write]}"), "hears every event"),
    "a job of somebody": (hook("jobs", "[JobDef(print)]"), "must start with ID."),
    "a loader": (screens("[Column('name', 'N'),\n Column('sum', 'Sum', load=lambda db, ids: {})]  # here\n"), "load cannot take what it is called with: db, reader, ids"),
    "a part of a page": (
        screens(more="sections=[\n Section('a', 'A', template='a.html', load=lambda db, row: {})]  # here\n"), "load cannot take what it is called with: db, reader, row",
    ),
    "a loader of a slot": (hook("slots", "[\n Slot(ON, Column('a', 'A', load=lambda db, ids: {}))]  # here\n"), "called with: db, reader, ids"),
    "a search over everything": (
        hook("search", "[\n SearchProvider('a', 'A', MAY, lambda db, text, limit: [])]  # here\n"), "find cannot take what it is called with: db, reader, text, limit",
    ),
    "a verb": (screens(more="actions=[\n Action('go', 'Go', lambda db, id: 1)]  # here\n"), "cannot take what it is called with: db, id=, actor=, now="),
    "a verb without its field": (
        screens(more="actions=[\n Action('go', 'Go', lambda db, *, id, actor, now: 1, fields=[Field('why', 'Why')])]  # here\n"), "why=",
    ),
    "a creation": (screens(more="fields=[Field('name', 'N')],\n create=lambda db, *, actor, now: 1  # here\n"), "name="),
    "a badge": (hook("menu", "[\n MenuItem('a', 'A', 'list', href='/', badge=lambda db: 1)]  # here\n"), "badge cannot take what it is called with: db, reader"),
    "a figure": (hook("widgets", "[\n Widget('a', 'A', 'number', lambda db, now, zone: {}, MAY)]  # here\n"), "data cannot take what it is called with: db, reader"),
    "a first step that leads nowhere": (hook("first_steps", "[\n FirstStep('a', 'A', 'A', lambda db, reader: True, MAY)]  # here\n"), "it needs either a screen or an href"),
    "a first step that leads elsewhere": (
        hook("first_steps", "[\n FirstStep('a', 'A', 'A', lambda db, reader: True, MAY, href='//else.where')]  # here\n"), "must be a path of this shop",
    ),
    "a first step's function": (
        hook("first_steps", "[FirstStep('a', 'A', 'A',\n lambda db: True, MAY, href='/')]  # here\n"), "done cannot take what it is called with: db, reader",
    ),
    "a first step twice": (
        hook("first_steps", "[\n FirstStep('a', 'A', 'A', lambda db, reader: True, MAY, href='/')] * 2  # here\n"), "“a” is there twice",
    ),
    "a field within no lines": (
        hook("slots", "[\n Slot(ON, Field('a', 'A', 'int', only_new=True), save=lambda db, *, id, value, actor, now: 1, within='name')]  # here\n"),
        "“name” is no field with lines",
    ),
    "a field within lines that are changed": (
        hook("slots", "[\n Slot(ON, Field('a', 'A', 'int'), save=lambda db, *, id, value, actor, now: 1, within='variants')]  # here\n"),
        "within lines it needs save, no load, and only_new",
    ),
    "a test of a setting": (hook("setting_tests", "{'instance.name':\n SettingTest('A', lambda: 'fine')}  # here\n"), "run cannot take"),
    "a hook": ("@hookimpl  # here\ndef register_menus():\n    return []\n", "there is no hook “register_menus”"),
    "an argument of a hook": ("@hookimpl  # here\ndef register_menu(db):\n    return []\n", "there is no argument “db”"),
    "an id twice": (hook("menu", "[MenuItem('a', 'A', 'list', href='/'), MenuItem('a', 'B', 'list', href='/')]"), "“a” is there twice"),
    "a kind of rows twice": (hook("exporters", "[Exporter(k, 'A', ['a'], lambda db, last, limit: ([], None)) for k in 'aa']"), "“a” is there twice"),
    "a kind of rows that is taken": (hook("exporters", "[\n Exporter('products', 'A', ['a'], lambda db, last, limit: ([], None))]  # here\n"), "taken by products"),
    "a right twice": (hook("permissions", "[Permission('can_a', 'ID.Thing'), Permission('can_a', 'ID.Thing')]"), "is there twice"),
    "a choice": (hook("choices", "[\n CartChoice('gift wrap', __import__('marshmallow').fields.Boolean())]  # here\n"), "a name is made of"),
    "a choice twice": (hook("choices", "[CartChoice('wrap', __import__('marshmallow').fields.Boolean()) for _n in 'ab']"), "is there twice"),
    "a message": (hook("webhooks", "[\n Webhook('Acme', '', lambda arrival: None, write)]  # here\n"), "an id is made of"),
    "a slot twice": (hook("slots", "[Slot(ON, Column('a', 'A', value=lambda row: 1)) for _n in 'ab']"), "is there twice"),
    "a slot without a load": (hook("slots", "[\n Slot(ON, Column('a', 'A'))]  # here\n"), "it needs load or value"),
    "a currency of a slot": (hook("slots", "[\n Slot(ON, Column('a', 'A', value=lambda row: 1, currency='dollars'))]  # here\n"), "there is no column “dollars”"),
    "a function of a slot": (hook("slots", "[\n Slot(ON, Column('a', 'A', value=lambda: 1))]  # here\n"), "value cannot take"),
    "an event of somebody": (
        hook("events", "[Sold]", "from dataclasses import dataclass\n@dataclass(frozen=True)\nclass Sold(Event, name='products.sold'):  # here\n    id: int\n"),
        "must start with ID.",
    ),
    "a table": (hook("models", "[Thing]", "class Thing:  # here\n    __tablename__ = 'thing'\n"), "must start with ID__"),
    "rights of somebody": (hook("views", "[Page]", "class Page(View):  # here\n    route_base = '/page'\n"), "class_permission_name must start with ID."),
    "an error": ("1 / 0  # here\n", "It cannot be loaded: ZeroDivisionError"),
    "a line that cannot be read": ("def  # here\n", "It cannot be loaded: SyntaxError"),
    "an error in a hook": ("@hookimpl\ndef register_menu():\n    return 1 / 0  # here\n", "ZeroDivisionError"),
}  # fmt: skip
# What nothing answers to: the plugin runs, and is told of.
TOLD = {
    "a screen of a first step": (hook("first_steps", "[\n FirstStep('a', 'A', 'A', lambda db, reader: True, MAY, 'products.Nothing')]  # here\n"), "there is no screen “products.Nothing”"),
    "an event": (hook("handlers", "{\n 'products.product.savd@1': [hear]}  # here\n"), "there is no event “products.product.savd@1”"),
    "a version": (hook("handlers", "{\n 'products.product.saved@7': [hear]}  # here\n"), "but “products.product.saved@1”"),
    "no event at all": (hook("handlers", "{\n 'saved': [hear]}  # here\n"), "“saved” is no event"),
    "a screen": (hook("slots", "[\n Slot('products.Prduct', Column('a', 'A', value=lambda row: 1))]  # here\n"), "there is no screen “products.Prduct”"),
    "a screen of a look-up": (
        screens("[Column('name', 'N'),\n Column('note', 'T', 'lookup', to='products.Prduct')]  # here\n"), "there is no screen “products.Prduct”",
    ),
    "a screen of the menu": (hook("menu", "[\n MenuItem('a', 'A', 'list', screen='ID.Thng')]  # here\n"), "there is no screen “ID.Thng”"),
    "an icon": (hook("menu", "[\n MenuItem('a', 'A', 'unicorn', href='/')]  # here\n"), "no icon “unicorn”"),
    "an icon of a verb": (screens(more="actions=[\n Action('go', 'G', lambda db, *, id, actor, now: 1, icon='unicorn')]  # here\n"), "no icon “unicorn”"),
    "an icon of a slot": (
        hook("slots", "[Slot(ON,\n Action('go', 'G', lambda db, *, id, actor, now: 1, icon='unicorn'))]  # here\n"), "no icon “unicorn”",
    ),
    "a right": (hook("widgets", "[\n Widget('a', 'A', 'number', lambda db, reader: {}, ('can_lst', ON))]  # here\n"), "no right “can_lst”"),
    "a list of a figure": (hook("widgets", "[Widget('a', 'A', 'todo',\n Question('products.Prduct'), MAY)]  # here\n"), "there is no screen “products.Prduct”"),
    "a filter of a figure": (hook("widgets", "[Widget('a', 'A', 'todo',\n Question('products.Product', {'stat': '1'}), MAY)]  # here\n"), "There is no filter stat here"),
    "a measure of a figure": (hook("widgets", "[Widget('a', 'A', 'number',\n Question('products.Product', {}, 'weight'), MAY)]  # here\n"), "has no figure “weight”"),
    "a choice of a badge": (hook("menu", "[MenuItem('a', 'A', 'list', href='/', badge=\n Question('products.Product', {'status': 'sold'}))]  # here\n"), "sold is not a choice of status"),
    "an icon of a figure": (hook("widgets", "[\n Widget('a', 'A', 'todo', Question(ON), MAY, icon='unicorn')]  # here\n"), "no icon “unicorn”"),
    "a screen of a block": (page("Block('a', 'list', 'A', screen='products.Prduct')"), "there is no screen “products.Prduct”"),
    "a right of a section": (
        screens(more="sections=[\n Section('a', 'A', columns=['name'], permission=('can_lst', ON))]  # here\n"), "no right “can_lst”",
    ),
    "a right of a search": (screens(more="search=Search(prefix=['name'],\n reveal=('can_pry', ON))  # here\n"), "no right “can_pry”"),
    "a right of a role": (hook("role_presets", "[RolePreset('clerk', 'C', {ON: ['list',\n 'lst']})]  # here\n"), "no right “can_lst”"),
    "what is explained": (hook("help_targets", "[\n HelpTarget('colum:a.B.c', '/help')]  # here\n"), "is no name of a screen"),
    "a setting": (hook("setting_tests", "{\n 'plugin.ID.nothing': SettingTest('A', lambda values: 'fine')}  # here\n"), "“plugin.ID.nothing” is no setting of ID"),
}  # fmt: skip
FINE = {
    "a handler of one that is off": hook("handlers", "{'orders.order.plcd@9': [write]}"),
    "a slot of one that is off": hook("slots", "[Slot('orders.Ordr', Column('a', 'A', value=lambda row: 1))]"),
    "a right of one that is off": hook("role_presets", "[RolePreset('clerk', 'C', {'orders.Ordr': ['list']})]"),
}


class Written:
    """A plugin in a folder of its own, and the host that has it beside the catalogue."""

    def __init__(self, folder: Path, source: str, toml: str = "") -> None:
        self.id = f"bad{next(_numbers)}"
        self.path = folder / f"zhanggui_{self.id}"
        self.path.mkdir()
        (self.path / "__init__.py").touch()
        self.source = (BEFORE + source).replace("ID", self.id)
        (self.path / "plugin.py").write_text(self.source, encoding="utf-8")
        head = f'id = "{self.id}"\nversion = "1.0"\napi_level = 1\n'
        (self.path / "plugin.toml").write_text(f'{head}{toml or "requires = []"}\n[name]\nen = "Bad"\n[summary]\nen = "Bad"\n', encoding="utf-8")
        found = discover([folder, ROOT / "plugins"])
        self.manifests, self.broken = found.manifests, found.broken
        self.host = build_host(found.manifests, {"products", self.id}, core_part(), icons=ICONS, since={"products": 1})

    @property
    def place(self) -> str:
        """Where the line stands that the case marks."""
        line = next((n for n, text in enumerate(self.source.splitlines(), 1) if text.endswith("# here")), 0)
        return f"(zhanggui_{self.id}/plugin.py, line {line})" if line else f"(zhanggui_{self.id}/plugin.py, line "


@pytest.mark.parametrize("case", REFUSED)
def test_what_cannot_stand_is_refused_with_file_and_line_and_the_rest_runs(case: str, tmp_path: Path):
    source, why = REFUSED[case]
    written = Written(tmp_path, source)
    fault = written.host.faults[written.id]
    said = in_english(fault.sentence)
    assert why.replace("ID", written.id) in said
    assert written.place in said
    assert list(written.host.manifests) == ["products"]
    assert list(written.host.parts) == ["core", "products"]


@pytest.mark.parametrize("case", TOLD)
def test_what_nothing_answers_to_is_told_with_file_and_line_and_the_plugin_runs(case: str, tmp_path: Path):
    source, why = TOLD[case]
    written = Written(tmp_path, source)
    assert written.host.faults == {}
    [finding] = written.host.findings
    said = in_english(finding.sentence)
    assert (finding.plugin, finding.stage) == (written.id, "check")
    assert why.replace("ID", written.id) in said
    assert written.place in said
    assert list(written.host.repairs()) == [finding.repair]


@pytest.mark.parametrize("case", FINE)
def test_what_belongs_to_a_plugin_that_is_off_is_no_mistake(case: str, tmp_path: Path):
    written = Written(tmp_path, FINE[case])
    assert (written.host.faults, written.host.findings) == ({}, [])


def test_an_icon_of_the_manifest_is_looked_at(tmp_path: Path):
    [finding] = Written(tmp_path, "", 'icon = "unicorn"').host.findings
    assert "no icon “unicorn”" in in_english(finding.sentence)


@pytest.mark.parametrize(("toml", "told"), [("", 1), ('after = ["loyalty"]', 0)])
def test_a_plugin_that_nobody_has_is_told_by_the_check_unless_it_is_optional(tmp_path: Path, toml: str, told: int):
    written = Written(tmp_path, hook("handlers", "{'loyalty.point.given@1': [write]}"), toml)
    assert written.host.findings == []
    assert len(list(missing_plugins(written.host, written.manifests))) == told


@pytest.mark.parametrize(("toml", "named"), [("", False), ('after = ["loyalty"]', True)])
def test_a_hook_of_a_plugin_that_nobody_has_is_fine_where_it_is_named(tmp_path: Path, toml: str, named: bool):
    written = Written(tmp_path, "@hookimpl\ndef loyalty_levels():\n    return []\n", toml)
    assert (written.id in written.host.manifests) is named


def test_the_one_that_came_later_is_refused_whatever_its_name_is(tmp_path: Path):
    source = hook("screens", "[screen(route='/shared')]")
    first, second = Written(tmp_path, source), Written(tmp_path, source)
    for since, there in (({first.id: 1, second.id: 2}, first), ({first.id: 2, second.id: 1}, second)):
        host = build_host(second.manifests, {first.id, second.id}, core_part(), since=since)
        assert list(host.manifests) == [there.id]
        assert f"“/shared” is taken by {there.id}" in in_english(next(iter(host.faults.values())).sentence)


def test_every_function_of_a_description_has_its_call():
    """A new function needs a row in ``signatures.CALLS``: else nobody looks whether it can be called."""
    described = {**contain.SLOTS, **contain.SHARED, **contain.OWN}
    for kind, names in described.items():
        own = set(signatures.CALLS.get(kind, ()))
        assert set(names) <= own, f"{kind.__name__}: {set(names) - own}"
    for kind, calls in signatures.CALLS.items():
        assert set(calls) <= {f.name for f in fields(kind)}, kind.__name__


def test_one_of_two_that_want_a_verb_on_one_screen_never_meets_the_other(tmp_path: Path):
    source = hook("slots", "[Slot(ON, Action('refund', 'Refund', lambda db, *, id, actor, now: 1))]")
    first, second = Written(tmp_path, source), Written(tmp_path, source)
    host = build_host(second.manifests, {"products", first.id, second.id}, core_part())
    names: list[Any] = [action.name for action in host.screens["products.Product"].actions]
    assert host.faults == {} and {f"{first.id}__refund", f"{second.id}__refund"} < set(names)
    rights = screen_permissions(host.screens["products.Product"])
    assert {(f"can_{one.id}__refund", "products.Product") for one in (first, second)} < rights


COLLECTED = {
    "a price step": ("orders_price_steps", "from zhanggui_orders.contracts import PriceStep", "PriceStep('off', act)", "price cannot take what it is called with: db, quote, now"),
    "an operation": ("storefront_operations", "", "Operation('GET', '/off', act, 'Off')", "handler cannot take what it is called with: request"),
    "an extension": (
        "storefront_extensions", "from marshmallow import Schema\nfrom zhanggui_storefront.contracts import Extension", "Extension('product', Schema, act)",
        "load cannot take what it is called with: request, things",
    ),
}  # fmt: skip


@pytest.mark.parametrize("case", COLLECTED)
def test_functions_of_what_other_plugins_collect_are_looked_at(tmp_path, case):
    collected, before, thing, sentence = COLLECTED[case]
    hooked = f"{before}\n@hookimpl\ndef {collected}():\n    return [{thing}]\n"
    for function, wrong in (("def act(a, b, c, d):  # here\n    return []\n", True), ("def act(*given):\n    return []\n", False)):
        written = Written(tmp_path, function + hooked, 'requires = ["orders", "storefront"]')
        enabled = {"products", "inventory", "customers", "orders", "storefront", written.id}
        host = build_host(written.manifests, enabled, core_part(), icons=ICONS)
        assert (written.id in host.faults) is wrong, case
        if wrong:
            said = in_english(host.faults[written.id].sentence)
            assert sentence in said and written.place in said


PROVIDER = """
from zhanggui_payments.facade import Capabilities, Method, Provider

class Pay(Provider):  # here
    id = "mine"
    def capabilities(self): return Capabilities([Method("mine", "Mine", ("h5",))])
    def create(self, attempt): return None
    def query(self, attempt): return None
    def close(self, attempt): return None
    def refund(self, refund): return None
    def query_refund(self, refund): return None

@hookimpl
def payments_providers():
    return [Pay()]
"""
PROVIDERS = {
    "a function that is left open": ("    def close(self, attempt): return None\n", "", "it has no function “close”"),
    "a function of another shape": ("def refund(self, refund): return None", "def refund(self): return None", "refund cannot take what it is called with: refund"),
    "an id": ('id = "mine"', 'id = "offline"', "its id is made of"),
    "no method": ('[Method("mine", "Mine", ("h5",))]', "[]", "at least one method"),
    "a method twice": ('[Method("mine", "Mine", ("h5",))]', '[Method("mine", "Mine")] * 2', "“mine” is there twice"),
    "an unknown scene": ('("h5",)', '("moon",)', "a scene is one of"),
    "bills that nobody fetches": ('("h5",))]', '("h5",))], bills=True', "no function “fetch_bill”"),
}


@pytest.mark.parametrize("case", [*PROVIDERS, "nothing"])
def test_a_provider_is_looked_at_when_it_is_loaded(tmp_path: Path, case: str):
    old, new, sentence = PROVIDERS.get(case, ("", "", ""))
    written = Written(tmp_path, PROVIDER.replace(old, new) if old else PROVIDER, 'requires = ["orders", "payments"]')
    host = build_host(written.manifests, {"products", "inventory", "customers", "orders", "payments", written.id}, core_part(), icons=ICONS)
    assert (written.id in host.faults) is (case != "nothing")
    if case != "nothing":
        said = in_english(host.faults[written.id].sentence)
        assert sentence in said
        assert written.place.partition(", line")[0] in said
    else:
        right = ("can_set_up", "payments.Provider")
        assert [host.rights_to_set(plugin) for plugin in (written.id, "payments", "orders")] == [[right], [right], []]


def test_a_hook_that_fails_while_it_is_looked_at_is_left_to_whoever_asks(tmp_path):
    written = Written(tmp_path, "@hookimpl\ndef orders_price_steps():\n    return 1 / 0\n", 'requires = ["orders"]')
    host = build_host(written.manifests, {"products", "inventory", "customers", "orders", written.id}, core_part(), icons=ICONS)
    assert written.id in host.parts
