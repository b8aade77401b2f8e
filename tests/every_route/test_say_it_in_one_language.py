"""Every screen in every language: what people read went through a catalog, and no page mixes two languages."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterator
from html.parser import HTMLParser

from furnish import Furnished

from zhanggui.app import Site
from zhanggui.testing.pseudo import PseudoTranslations, speak_pseudo, unmarked

_SILENT = {"script", "style", "code", "pre", "svg"}
_VOID = {"area", "base", "br", "col", "embed", "hr", "img", "input", "link", "meta", "source", "track", "wbr"}
_READ_ALOUD = ("aria-label", "title", "placeholder", "alt", "data-confirm", "data-done")
_HAN, _LATIN = re.compile(r"[\u4e00-\u9fff]+"), re.compile(r"[A-Za-z][A-Za-z'’]+")
# What this shop wrote itself: names of its goods and people, numbers of its payments. No language of the program says them.
_WRITTEN = re.compile(
    r"Longjing tea|Not yet on sale|Wang Wei|Zhang San|Zhanggui|TEA-250|NEW-1|\b(owner|clerk|viewer|warehouse|gone|alice|Alice|Printer|Twice|never pays)\b"
    r"|\b[PR]26\d{4}[0-9A-Z]{10,}|\bP[12]\b|attempt:\d+|SF1234567890|Something happened|a\.csv|goods\.csv|FILE-2|Brought|Refused|no price|Ledger|Paused|ledger\.example|\bMine\b|\bDemo shop\b|zgk_\w+|\bCampaign \d|\bNews\b|Come and see|· Sent\b|\{\w+\}|SF\d{13}"
)
_HAN_WRITTEN = re.compile("茶|浙江省|杭州市|新消息|来看看|龙井路|简体中文|中文")
# Signs that every reader of Chinese meets as they are.
_AS_THEY_ARE = {"CSV", "XLSX", "API", "SKU", "IP", "ID", "Ctrl", "URL", "UTC", "Excel", "JavaScript", "ValueError", "JSON", "REST", "QR", "PDF", "NFKC", "English", "Chrome", "Zh",
                "https", "POST", "xx", "AppID", "AppSecret", "Authorization", "Bearer", "Python", "PHP", "Shell", "EMS", "DHL", "FedEx", "UPS"}  # fmt: skip


class Said(HTMLParser):
    """What a page says to people: its texts, and the attributes that are read aloud. Not what it says in another language, nor codes."""

    def __init__(self) -> None:
        super().__init__()
        self.said: list[str] = []
        self._open: list[tuple[str, bool]] = []
        self._language = ""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = {name: value or "" for name, value in attrs}
        if tag == "html":
            self._language = given.get("lang", "")
        foreign = "lang" in given and given["lang"] != self._language
        code = bool({"code", "zg-code"} & set(given.get("class", "").split()))
        silent = tag in _SILENT or foreign or code or "data-written" in given or (bool(self._open) and self._open[-1][1])
        if not silent:
            copied = given.get("data-copy") or " "  # a button names the code that it copies
            self.said += [given[name].replace(copied, " ") for name in _READ_ALOUD if given.get(name)]
        if tag not in _VOID:
            self._open.append((tag, silent))

    def handle_endtag(self, tag: str) -> None:
        while self._open and self._open.pop()[0] != tag:
            pass

    def handle_data(self, data: str) -> None:
        if data.strip() and not (self._open and self._open[-1][1]):
            self.said.append(" ".join(data.split()))


_ARTICLES = ("/help/a/", "/help/tours/")  # their words stand in files, once for each language: `plugin check` looks at those


def pages(shop: Furnished, language: str) -> Iterator[tuple[str, list[str]]]:
    """Every page that the owner is shown, and what it says."""
    for path, rule in shop.addresses.items():
        if "GET" in (rule.methods or ()) and not path.startswith(_ARTICLES):
            answer = shop.ask("owner", path, headers={"Accept-Language": language})
            if answer.mimetype == "text/html" and answer.status_code == 200:
                page = Said()
                page.feed(answer.get_data(as_text=True))
                yield path, page.said


def strange(shop: Furnished, language: str, pattern: re.Pattern[str], written: re.Pattern[str]) -> tuple[dict[str, list[str]], int]:
    """Texts with words of another language and the pages that say them; how many pages were looked at."""
    found: dict[str, list[str]] = defaultdict(list)
    count = 0
    for path, said in pages(shop, language):
        count += 1
        for text in said:
            left = written.sub(" ", unmarked(text))
            if [word for word in pattern.findall(left) if word not in _AS_THEY_ARE]:
                found[text[:120]].append(path)
    return dict(found), count


def test_no_english_page_says_chinese(shop: Furnished) -> None:
    found, count = strange(shop, "en", _HAN, _HAN_WRITTEN)
    assert found == {}
    assert count > 55


def test_no_chinese_page_says_english(shop: Furnished) -> None:
    assert strange(shop, "zh-CN", _LATIN, _WRITTEN)[0] == {}


def test_every_text_went_through_a_catalog(shop: Furnished) -> None:
    other = Site(shop.runtime)
    speak_pseudo(other.app({}), "zh_CN")
    planted = Furnished(shop.runtime, other, addresses=shop.addresses, headers=shop.headers)
    for who, client in shop.askers.items():
        client.application, planted.askers[who] = other, client
    try:
        assert strange(planted, "zh-CN", _LATIN, _WRITTEN)[0] == {}
    finally:
        for client in shop.askers.values():
            client.application = shop.site


def test_a_text_that_nobody_translates_would_be_found() -> None:
    """The marks leave what fills a place outside, so that a code in a translated sentence is seen."""
    said = PseudoTranslations().gettext("It needs %(needs)s, which does not run.") % {"needs": "core.Import"}
    assert unmarked(said).split() == ["core.Import"]
    page = Said()
    page.feed('<html lang="en"><p title="Tip">Hard <b>coded</b></p><p class="code">SKU-1</p><i lang="zh">中文</i></html>')
    assert page.said == ["Tip", "Hard", "coded"]
