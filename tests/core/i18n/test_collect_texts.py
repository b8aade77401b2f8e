"""The catalog tool: what it finds, and what it calls incomplete."""

from __future__ import annotations

from pathlib import Path

import pytest
from babel.messages.pofile import read_po, write_po

from zhanggui.i18n import tool


@pytest.fixture
def component(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A component with texts in Python, in a template and in a script, as the only one there is."""
    folder = tmp_path / "zhanggui_tea"
    (folder / "templates" / "tea").mkdir(parents=True)
    (folder / "plugin.py").write_text(
        "label = _l('Teas')\n"
        "def sentence(n):\n"
        "    return ngettext('%(num)s tea', '%(num)s teas', n), pgettext('a drink', 'Black'), _('Sold by %(who)s.', who=1)\n"
    )
    (folder / "templates" / "tea" / "list.html").write_text("{{ _('Brew') }}{% trans %}\n  Pour slowly\n{% endtrans %}")
    (folder / "templates" / "tea" / "sw.js").write_text("const text = {{ _('No network')|tojson }}")
    monkeypatch.setattr(tool, "components", lambda _folders: {"tea": folder})
    return folder


def translate(folder: Path, texts: dict[str, str | tuple[str, ...]]) -> None:
    path = tool.po_path(folder, "zh_CN")
    with path.open("rb") as source:
        catalog = read_po(source, locale="zh_CN")
    for message in catalog:
        if message.id:
            message.string = texts.get(tool._key(message), "译文")
            message.flags.discard("fuzzy")
    with path.open("wb") as target:
        write_po(target, catalog)


COMPLETE: dict[str, str | tuple[str, ...]] = {"%(num)s tea": ("%(num)s 种茶",), "Sold by %(who)s.": "%(who)s 出售。"}


def test_it_finds_texts_in_modules_templates_and_scripts(component: Path):
    found = {tool._key(message) for message in tool.collect(component) if message.id}
    assert found == {"Teas", "%(num)s tea", "Black", "Sold by %(who)s.", "Brew", "Pour slowly", "No network"}


def test_a_text_without_translation_fails_the_check(component: Path):
    tool.extract()
    tool.compile_all()
    assert len(list(tool.problems())) == 7
    assert "tea: no zh_CN text for 'Teas'" in list(tool.problems())


def test_a_complete_catalog_passes_and_stays_as_it_is(component: Path):
    tool.extract()
    translate(component, COMPLETE)
    tool.extract()
    tool.compile_all()
    before = tool.po_path(component, "zh_CN").read_bytes()
    tool.extract()
    assert list(tool.problems()) == []
    assert tool.po_path(component, "zh_CN").read_bytes() == before


@pytest.mark.parametrize("wrong", ["出售。", "%(whom)s 出售。"])
def test_a_translation_that_loses_a_place_fails_the_check(component: Path, wrong: str):
    tool.extract()
    translate(component, COMPLETE | {"Sold by %(who)s.": wrong})
    tool.compile_all()
    assert list(tool.problems()) == ["tea: the zh_CN text for 'Sold by %(who)s.' has other places to fill in"]


def test_a_fuzzy_translation_fails_the_check(component: Path):
    tool.extract()
    translate(component, COMPLETE)
    path = tool.po_path(component, "zh_CN")
    path.write_text(path.read_text().replace('msgid "Brew"', '#, fuzzy\nmsgid "Brew"'))
    tool.compile_all()
    assert list(tool.problems()) == ["tea: no zh_CN text for 'Brew'"]


def test_a_translation_of_a_text_that_is_gone_fails_the_check(component: Path):
    tool.extract()
    translate(component, COMPLETE)
    tool.compile_all()
    (component / "templates" / "tea" / "sw.js").unlink()
    assert list(tool.problems()) == ["tea: zh_CN translates a text that is gone: 'No network'"]


def test_a_catalog_that_was_not_compiled_fails_the_check(component: Path):
    tool.extract()
    translate(component, COMPLETE)
    assert list(tool.problems()) == ["tea: messages.mo is not what messages.po says; run `make catalogs`"]
