"""Every screen in every language: what people read went through a catalog, and no page mixes two languages."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterator
from html.parser import HTMLParser

from furnish import Furnished

from zhanggui.testing.pseudo import unmarked

_SILENT = {"script", "style", "code", "template", "svg"}
_VOID = {"area", "base", "br", "col", "embed", "hr", "img", "input", "link", "meta", "source", "track", "wbr"}
_READ_ALOUD = ("aria-label", "title", "placeholder", "alt", "data-confirm", "data-done")
_HAN = re.compile(r"[\u4e00-\u9fff]+")
_LATIN = re.compile(r"[A-Za-z][A-Za-z'’-]+")


class Said(HTMLParser):
    """What a page says to people: its texts, and the attributes that are read aloud. Not what it says of another language."""

    def __init__(self) -> None:
        super().__init__()
        self.said: list[str] = []
        self._open: list[tuple[str, bool]] = []
        self.language = ""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = {name: value or "" for name, value in attrs}
        if tag == "html":
            self.language = given.get("lang", "")
        foreign = tag != "html" and "lang" in given and given["lang"] != self.language
        code = bool({"code", "num-code"} & set(given.get("class", "").split()))
        silent = tag in _SILENT or foreign or code or (bool(self._open) and self._open[-1][1])
        if not silent:
            self.said += [given[name] for name in _READ_ALOUD if given.get(name)]
        if tag not in _VOID:
            self._open.append((tag, silent))

    def handle_endtag(self, tag: str) -> None:
        while self._open and self._open.pop()[0] != tag:
            pass

    def handle_data(self, data: str) -> None:
        if data.strip() and not (self._open and self._open[-1][1]):
            self.said.append(" ".join(data.split()))


def pages(shop: Furnished, language: str) -> Iterator[tuple[str, list[str]]]:
    """Every page that the owner is shown, and what it says."""
    for path, rule in shop.addresses.items():
        if "GET" in (rule.methods or ()):
            answer = shop.ask("owner", path, headers={"Accept-Language": language})
            if answer.mimetype == "text/html" and answer.status_code == 200:
                said = Said()
                said.feed(answer.get_data(as_text=True))
                yield path, said.said


def strange(shop: Furnished, language: str, pattern: re.Pattern[str], known: set[str], strip: bool = False) -> dict[str, list[str]]:
    """Words of another language, and the pages that say them."""
    found: dict[str, list[str]] = defaultdict(list)
    for path, said in pages(shop, language):
        for text in said:
            for word in pattern.findall(unmarked(text) if strip else text):
                if word not in known:
                    found[f"{word} in “{text[:80]}”"].append(path)
    return dict(found)


def test_chinese():
    pass
