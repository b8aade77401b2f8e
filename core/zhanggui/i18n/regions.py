"""Official codes of regions: six digits (GB/T 2260) for provinces and cities of China, two letters (ISO 3166-1) for countries abroad.

``regions.csv`` beside this module holds the provinces and what stands directly below them: cities, prefectures, leagues, and the
counties that no city governs. What is kept of an order is never nearer than its city, which says nothing about a person;
``districts.csv``, the districts and counties below them, is there for whoever chooses where he lives.
Sources are named in ``docs/decisions/0015-who-a-customer-is-and-where.md``.
"""

from __future__ import annotations

import csv
import re
import unicodedata
from collections.abc import Mapping, Sequence
from functools import cache, lru_cache
from importlib.resources import files
from typing import Any

from babel import Locale

from .formats import reader_locale
from .texts import LazyText
from .texts import lazy_gettext as _l

PROVINCES: Mapping[str, LazyText] = {
    "110000": _l("Beijing"), "120000": _l("Tianjin"), "130000": _l("Hebei"), "140000": _l("Shanxi"), "150000": _l("Inner Mongolia"),
    "210000": _l("Liaoning"), "220000": _l("Jilin"), "230000": _l("Heilongjiang"), "310000": _l("Shanghai"), "320000": _l("Jiangsu"),
    "330000": _l("Zhejiang"), "340000": _l("Anhui"), "350000": _l("Fujian"), "360000": _l("Jiangxi"), "370000": _l("Shandong"),
    "410000": _l("Henan"), "420000": _l("Hubei"), "430000": _l("Hunan"), "440000": _l("Guangdong"), "450000": _l("Guangxi"),
    "460000": _l("Hainan"), "500000": _l("Chongqing"), "510000": _l("Sichuan"), "520000": _l("Guizhou"), "530000": _l("Yunnan"),
    "540000": _l("Tibet"), "610000": _l("Shaanxi"), "620000": _l("Gansu"), "630000": _l("Qinghai"), "640000": _l("Ningxia"),
    "650000": _l("Xinjiang"), "710000": _l("Taiwan"), "810000": _l("Hong Kong"), "820000": _l("Macao"),
}  # fmt: skip
_CHINA = "CN"
_OF_CHINA = {"TW": "710000", "HK": "810000", "MO": "820000"}
# How old programs and tills call countries, where Babel says it otherwise.
_ALSO = {
    "uk": "GB", "great britain": "GB", "england": "GB", "scotland": "GB", "wales": "GB", "northern ireland": "GB", "eire": "IE", "usa": "US",
    "america": "US", "rsa": "ZA", "uae": "AE", "czech republic": "CZ", "holland": "NL", "the netherlands": "NL", "turkey": "TR",
    "中国大陆": "CN", "中华人民共和国": "CN", "prc": "CN", "macau": "820000", "香港": "810000", "澳门": "820000", "xizang": "540000",
}  # fmt: skip
_PEOPLES = "朝鲜|土家|苗|藏|羌|彝|布依|侗|哈尼|壮|傣|白|景颇|傈僳|回|蒙古|柯尔克孜|哈萨克|黎|维吾尔"
_AUTONOMOUS = re.compile(rf"(?P<short>.{{2,}}?)(?:(?:{_PEOPLES})族?)*自治[区州县]\Z")
_BETWEEN = re.compile(r"[\s,，、/|>·-]+")
_FOREIGN = re.compile(r"[^\u4e00-\u9fff,，、/|>·]+")
_LONGEST = 60


def code_of(names: str | Sequence[str] | None) -> str | None:
    """The code of the nearest region that some names give: ``["浙江省", "杭州市", "西湖区"]`` and ``"浙江 杭州"`` are ``"330100"``.

    :param names: from the largest to the smallest, as an address has them, or one text with all of them. 省, 市 and the
        like may be missing; a code is understood too.
    :returns: of a city, else of its province, else of a country; None where none is meant, or more than one may be.
    """
    if not names:
        return None
    return _code((names,) if isinstance(names, str) else tuple(names))


def name_of(code: str | None) -> str:
    """What a region is called, for the reader; empty for none. Cities are called by their own name in every language."""
    if not code:
        return ""
    if code in PROVINCES:
        return str(PROVINCES[code])
    if code in _rows():
        return f"{PROVINCES[_province(code)]} {_rows()[code]}"
    return str(reader_locale().territories.get(code, code))


def tree() -> list[list[Any]]:
    """All of China to choose from, as ``[code, official name, name for the reader, [what lies below]]``; where nothing lies below,
    and the names are one, as ``[code, name]``.

    Below a province stand its cities and the counties that no city governs, below a city its districts; below Beijing and the like
    the districts at once. A few cities have none, and of Hong Kong, Macao and Taiwan there is no official code below themselves.
    """
    return [
        [province, name, name_of(province), [_branch(code, text) for code, text in (_directly_below(province) | districts_of(province)).items()]]
        for province, name in _rows().items() if province in PROVINCES
    ]  # fmt: skip


def _branch(code: str, name: str) -> list[Any]:
    below = [list(one) for one in districts_of(code).items()]
    return [code, name, name, below] if below else [code, name]


def countries() -> list[tuple[str, str]]:
    """``(code, name for the reader)`` of every country but China, by name."""
    names = reader_locale().territories
    return sorted(((code, names[code]) for code in {*_countries().values()} if len(code) == 2 and code != _CHINA and code in names), key=lambda pair: pair[1])


def districts_of(code: str) -> dict[str, str]:
    """``{code: name}`` of the districts of a city, or of a province that is a city itself."""
    return _districts().get(code, {})


def lacks_district(names: Sequence[str]) -> bool:
    """Whether an address in China stops above its district, as ``["浙江省", "杭州市"]`` does: a courier could not find it.

    A third name is taken as one, however it is written; a city without districts needs none. Places that are not known, and those
    abroad, are not judged.
    """
    code, written = code_of(names), "".join(names)
    if code is None or code not in _rows():
        return False
    below = [name for city in (code, *_directly_below(code)) for name in districts_of(city).values()]
    return bool(below) and len([name for name in names if name.strip()]) < 3 and not any(name in written for name in below)


@cache
def _directly_below(province: str) -> dict[str, str]:
    return {code: name for code, name in _rows().items() if code not in PROVINCES and _province(code) == province}


@cache
def _districts() -> dict[str, dict[str, str]]:
    found: dict[str, dict[str, str]] = {}
    for code, name in _read("districts.csv").items():
        found.setdefault(_above(code), {})[code] = name
    return found


def _above(district: str) -> str:
    city = district[:4] + "00"
    return city if city in _rows() else _province(district)


def province_of(code: str | None) -> str | None:
    """The province that a region lies in, by its code; None abroad."""
    return _province(code) if code and _province(code) in PROVINCES else None


def _province(code: str) -> str:
    return code[:2] + "0000"


@cache
def _rows() -> dict[str, str]:
    return _read("regions.csv")


def _read(name: str) -> dict[str, str]:
    text = (files(__package__) / name).read_text(encoding="utf-8")
    return {row["code"]: row["name"] for row in csv.DictReader(text.splitlines())}


def _called(code: str, name: str) -> set[str]:
    """The name of a region as people write it."""
    found = _AUTONOMOUS.match(name)
    short = found["short"] if found else re.sub(r"(省|市|特别行政区|地区|林区|盟|(?<=..)县)\Z", "", name)
    if code in PROVINCES:
        return {name, short, f"{short}省", f"{short}自治区", PROVINCES[code].msgid.casefold()}
    return {name, short, f"{short}市", *([f"{short}{name[-1]}"] if found else [])}


@cache
def _provinces() -> dict[str, str]:
    return {word: code for code, name in _rows().items() if code in PROVINCES for word in _called(code, name)}


@cache
def _cities() -> dict[str, dict[str, str]]:
    """The words for cities by province; below ``""`` those that name one in all of China."""
    found: dict[str, dict[str, str]] = {code: {} for code in (*PROVINCES, "")}
    twice = set()
    for code, name in _rows().items():
        for word in _called(code, name) if code not in PROVINCES else ():
            found[_province(code)][word] = code
            if found[""].setdefault(word, code) != code:
                twice.add(word)
    for word in twice:
        del found[""][word]
    return found


@cache
def _countries() -> dict[str, str]:
    names = {
        name.casefold(): _OF_CHINA.get(code, code)
        for locale in ("en", "zh")
        for code, name in Locale.parse(locale).territories.items()
        if len(code) == 2 and code.isalpha() and code not in ("EU", "EZ", "UN", "ZZ", "XA", "XB", "QO")
    }
    codes = {code.casefold(): code for code in names.values() if len(code) == 2}
    return names | codes | {code.casefold(): province for code, province in _OF_CHINA.items()} | _ALSO


def _word(text: str) -> str:
    return re.sub(r" (province|sheng)\Z", "", " ".join(unicodedata.normalize("NFKC", text).casefold().split()))


def _parts(text: str) -> list[str]:
    """The names that stand in one text; one of several words abroad is one."""
    head = _FOREIGN.match(text)
    if head and (_word(head[0]) in _provinces() or _word(head[0]) in _countries()):
        return [head[0], *_BETWEEN.split(text[head.end() :])]
    return _BETWEEN.split(text)


@lru_cache(maxsize=4096)
def _code(names: tuple[str, ...]) -> str | None:
    province, country = "", None
    for part in [part for name in names for part in _parts(name[: 4 * _LONGEST])]:
        word = _word(part)
        if len(word) > _LONGEST:
            continue
        word = word.removeprefix("中国") or word
        city = word if word in _rows() else _cities()[province].get(word)
        if not province and word in _provinces():
            province = _provinces()[word]
        elif city is not None:
            return city
        elif not province and word in _countries():
            found = _countries()[word]
            if found in PROVINCES:
                province = found
            elif found != _CHINA:
                return found
            else:
                country = _CHINA
        else:
            found, rest = _begins(word, _provinces()) if not province else (province, word)
            if found:
                # What follows a province in the same text may be short; a text of its own has to be a whole name,
                # or 朝阳区 would be the city of that name.
                city, _rest = _begins(rest, _cities()[found] if rest != word else _whole(found))
            else:
                city, _rest = _begins(word, _whole(""))
            if city:
                return city
            province = found or province
    return province or country


@cache
def _whole(province: str) -> dict[str, str]:
    return {name: code for code, name in _rows().items() if code not in PROVINCES and province in ("", _province(code))}


def _begins(text: str, words: Mapping[str, str]) -> tuple[str, str]:
    """The code of the longest word that a text in Chinese begins with, and what follows it."""
    for length in range(min(len(text), 14), 1, -1):
        head = text[:length]
        if head in words and not head.isascii():
            return words[head], text[length:]
    return "", text
