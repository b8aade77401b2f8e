"""What a manifest says is read with file and line, and what it requires is told in whole sentences."""

from __future__ import annotations

from pathlib import Path

import pytest

from zhanggui.host.core_part import core_part
from zhanggui.host.discovery import discover
from zhanggui.host.host import Host, build_host
from zhanggui.i18n.readers import core_catalog
from zhanggui.i18n.texts import Reader, in_english, read_by

HEAD = 'id = "{id}"\nversion = "{version}"\napi_level = 1\nname = {{ en = "{name}", zh_CN = "{chinese}" }}\nsummary = "S"\n'
WRONG = {
    'requires = ["orders => 1"]': "“orders => 1” is no requirement; one is like orders or orders>=0.1,<2 (zhanggui_one/plugin.toml, line 6)",
    'requires = ["orders[all]"]': "“orders[all]” is no requirement; one is like orders or orders>=0.1,<2 (zhanggui_one/plugin.toml, line 6)",
    "requires = 5": "requires must be a list, not 5 (zhanggui_one/plugin.toml, line 6)",
    "after = [1]": "after must be a list of texts (zhanggui_one/plugin.toml, line 6)",
    'colour = "red"': "there is no key “colour” (zhanggui_one/plugin.toml, line 6)",
    'category = "fun"': "category “fun” is none of",
    "[settings.a]\nkind = 'colour'": "settings.a: 'colour' is not known (zhanggui_one/plugin.toml, line 6)",
    "x = ": "zhanggui_one/plugin.toml is no TOML file: Invalid value (at line 6",
}
UNMET = {
    'requires = ["nobody"]': ("It needs nobody, which is not installed.", "它需要nobody，但该插件没有安装。"),
    'requires = ["two"]': ("It needs Second (two), which is switched off.", "它需要第二（two），但该插件已停用。"),
    'requires = ["three>=2,<3"]': (
        "It needs Third (three) in version <3,>=2; version 1.5 is installed.", "它需要第三（three）的版本 <3,>=2，当前安装的是 1.5。",
    ),
    'conflicts = ["three"]': ("It cannot run beside Third (three).", "它不能与第三（three）同时运行。"),
    'requires = ["four"]': ("It needs Fourth (four), which does not run.", "它需要第四（four），但该插件没有运行。"),
}  # fmt: skip


def write(folder: Path, plugin_id: str, more: str = "", source: str = "", **said: str) -> None:
    path = folder / f"zhanggui_{plugin_id}"
    path.mkdir()
    (path / "__init__.py").touch()
    (path / "plugin.py").write_text(source, encoding="utf-8")
    given = {"id": plugin_id, "version": "1.5", "name": plugin_id, "chinese": plugin_id} | said
    (path / "plugin.toml").write_text(HEAD.format(**given) + more + "\n", encoding="utf-8")


def built(folder: Path, *enabled: str) -> Host:
    return build_host(discover([folder]).manifests, set(enabled), core_part())


@pytest.mark.parametrize("line", WRONG)
def test_what_is_wrong_is_said_with_file_and_line(tmp_path: Path, line: str):
    write(tmp_path, "one", line)
    found = discover([tmp_path])
    assert "one" not in found.manifests
    assert WRONG[line] in in_english(found.broken_one("one"))
    assert found.broken_one("two") is None


@pytest.mark.parametrize(("key", "value"), [("version", "new"), ("id", "one_"), ("id", "one__two"), ("id", "core")])
def test_an_id_and_a_version_are_what_others_can_name(tmp_path: Path, key: str, value: str):
    write(tmp_path, "one", **{key: value})
    assert value in in_english(discover([tmp_path]).broken["zhanggui_one"])


@pytest.mark.parametrize("line", UNMET)
def test_what_is_not_met_is_a_whole_sentence_in_both_languages(tmp_path: Path, line: str):
    write(tmp_path, "a_asks", line)
    write(tmp_path, "two", name="Second", chinese="第二")
    write(tmp_path, "three", name="Third", chinese="第三")
    write(tmp_path, "four", name="Fourth", chinese="第四", source="1 / 0")
    sentence = built(tmp_path, "a_asks", "three", "four").faults["a_asks"].sentence
    english, chinese = UNMET[line]
    assert str(sentence) == english
    read_by(Reader("zh_CN", core_catalog("zh_CN")))
    assert str(sentence) == chinese


@pytest.mark.parametrize("range_", ["three", "three>=1.5", "three>=1,<2", "three~=1.5", "three==1.5"])
def test_a_range_that_is_met_is_met(tmp_path: Path, range_: str):
    write(tmp_path, "one", f'requires = ["{range_}"]')
    write(tmp_path, "three")
    assert set(built(tmp_path, "one", "three").manifests) == {"one", "three"}


def test_whoever_is_wished_for_comes_first_and_a_circle_of_wishes_is_let_go(tmp_path: Path):
    write(tmp_path, "aa", 'after = ["zz", "nobody"]')
    write(tmp_path, "bb", 'after = ["cc"]')
    write(tmp_path, "cc", 'requires = ["bb"]')
    write(tmp_path, "zz")
    assert [i for i in built(tmp_path, "aa", "bb", "cc", "zz").manifests if len(i) == 2] == ["zz", "aa", "bb", "cc"]
