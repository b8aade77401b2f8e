"""What cannot be true is refused before it is shipped: ``plugin check`` names the file and what is wrong in it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from zhanggui.host.trial import check_plugins

ROOT = Path(__file__).parents[3]
TOML = 'id = "tea"\nversion = "1"\napi_level = 1\nrequires = ["orders"]\nname = "T"\nsummary = "S"\n'
EN = '+++\nid = "tea.brew"\ntitle = "Brew"\n+++\nOpen {screen orders.Order}.\n\n## Water {#water}\n\nHot.\n'
ZH = '+++\nid = "tea.brew"\ntitle = "泡茶"\n+++\n打开{screen orders.Order}。\n\n## 水 {#water}\n\n要热。\n'
TOUR = '''title = {{ en = "T", zh_CN = "导" }}
permission = "{right}"
start = "{start}"
[[steps]]
target = "{target}"
text = {{ en = "Look.", zh_CN = "看。" }}
'''


def findings(folder: Path, *, en: str | None = EN, zh: str | None = ZH, tour: str = "") -> list[str]:
    home = folder / "zhanggui_tea"
    (home / "help" / "brew").mkdir(parents=True)
    (home / "plugin.toml").write_text(TOML, encoding="utf-8")
    (home / "__init__.py").write_text("", encoding="utf-8")
    (home / "plugin.py").write_text("", encoding="utf-8")
    for name, text in (("en.md", en), ("zh_CN.md", zh)):
        if text is not None:
            (home / "help" / "brew" / name).write_text(text, encoding="utf-8")
    if tour:
        (home / "tours").mkdir()
        (home / "tours" / "first.toml").write_text(tour, encoding="utf-8")
    folders = [str(ROOT / "plugins"), str(folder)]
    environ = {"ZHANGGUI_PLUGINS__FOLDERS": ",".join(folders), "ZHANGGUI_THEME__FOLDERS": str(ROOT / "themes")}
    return [str(one.sentence) for one in check_plugins(None, folders, environ, "tea")]


def test_a_true_article_and_a_true_tour_are_let_pass(tmp_path: Path):
    tour = TOUR.format(right="can_list orders.Order", start="/orders/", target="menu:orders.orders")
    assert findings(tmp_path, tour=tour) == []


@pytest.mark.parametrize(
    ("files", "said"),
    [
        ({"zh": None}, "help/brew/zh_CN.md: it is missing"),
        ({"zh": ZH.replace("tea.brew", "tea.boil")}, "help/brew/zh_CN.md: its id is not that of the English file, tea.brew"),
        ({"zh": ZH.replace("{#water}", "{#wasser}")}, "help/brew/zh_CN.md: its headings have other ids than those of the English file"),
        ({"zh": ZH.replace("title", 'kind = "how"\ntitle')}, "help/brew/zh_CN.md: “kind” is said in en.md for all languages"),
        ({"zh": ZH.replace("orders.Order", "orders.Oder")}, "help/brew/zh_CN.md: {screen orders.Oder} names nothing"),
        ({"en": EN.replace("{screen orders.Order}", "{button orders.Order/shup}")}, "help/brew/en.md: {button orders.Order/shup} names nothing"),
        ({"en": EN.replace("{screen orders.Order}", "{setting plugin.orders.none}")}, "help/brew/en.md: {setting plugin.orders.none} names nothing"),
        ({"en": EN.replace("{screen orders.Order}", "{permission can_fly orders.Order}")}, "help/brew/en.md: {permission can_fly orders.Order} names nothing"),
        ({"en": EN.replace("{screen orders.Order}", "{article tea.none}")}, "help/brew/en.md: {article tea.none} names nothing"),
        ({"en": EN.replace("{screen", "{sreen")}, "help/brew/en.md: {sreen orders.Order} is nothing that can be named"),
        ({"en": EN.replace("orders.Order", "wechatpay.Setup")}, "help/brew/en.md: {screen wechatpay.Setup} names nothing"),
        ({"en": EN.replace("Hot.", "[here](/oders/)")}, "help/brew/en.md: the link /oders/ is dead: name a page or an article in braces"),
        ({"en": EN.replace("Hot.", "[here](#milk)")}, "help/brew/en.md: the link #milk leads to no heading"),
        ({"en": EN.replace(" {#water}", "")}, "help/brew/en.md: each of its headings needs an id, such as ## Ship an order {#ship}"),
        ({"en": "Brew"}, "help/brew/en.md: it must begin with a head between two lines of +++"),
        ({"en": EN.replace('"tea.brew"', '"other.brew"')}, "help/brew/en.md: its id must be like tea.ship-an-order"),
        ({"en": EN.replace("title", 'screens = ["tea.None"]\ntitle')}, "help/brew/en.md: {screen tea.None} names nothing"),
        ({"en": EN.replace("orders.Order", "notifications.Message")}, "help/brew/en.md: {screen notifications.Message} belongs to a plugin that this one neither requires nor names under after"),
        ({"tour": TOUR.format(right="can_list orders.Order", start="/orders/", target="action:orders.Order.fly")}, "tours/first.toml: step 1: action:orders.Order.fly is no name of anything"),
        ({"tour": TOUR.format(right="can_list orders.Order", start="/nowhere/", target="menu:orders.orders")}, "tours/first.toml: its start /nowhere/ is no page"),
        ({"tour": TOUR.format(right="can_fly orders.Order", start="/orders/", target="menu:orders.orders")}, "tours/first.toml: {permission can_fly orders.Order} names nothing"),
    ],
)
def test_what_is_untrue_is_named_with_its_file(tmp_path: Path, files: dict[str, Any], said: str):
    assert said in findings(tmp_path, **files)
