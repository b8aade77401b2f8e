"""Time zones as places: one for each, found by what people call them in any language of the program, with what their clocks show.

The places are those of the time zone database's own table; names that only link to one of them (``PRC``, ``Asia/Chongqing``)
are understood where they are stored, and never offered.
"""

from __future__ import annotations

import unicodedata
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import lru_cache
from importlib import resources
from zoneinfo import ZoneInfo

from babel import Locale

from ..kernel import clock
from .texts import gettext as _
from .texts import reader

SPOKEN = ("zh_CN", "en")  # whatever the reader reads, he may type a place in one of these
MOST = 30
# Places that people look for where the database names another one.
_ALSO = {
    "Asia/Shanghai": "北京 Beijing 杭州 Hangzhou 广州 Guangzhou 深圳 Shenzhen 成都 Chengdu 重庆 Chongqing 武汉 Wuhan 西安 Xi'an 南京 Nanjing 天津 Tianjin 苏州 Suzhou "
    "厦门 Xiamen 哈尔滨 Harbin",
    "America/New_York": "华盛顿 Washington 波士顿 Boston 迈阿密 Miami", "America/Los_Angeles": "旧金山 San Francisco 西雅图 Seattle 拉斯维加斯 Las Vegas",
    "America/Chicago": "休斯敦 Houston 达拉斯 Dallas", "Europe/London": "曼彻斯特 Manchester", "Europe/Berlin": "慕尼黑 Munich 法兰克福 Frankfurt 汉堡 Hamburg",
    "Asia/Tokyo": "大阪 Osaka", "Asia/Kolkata": "孟买 Mumbai 新德里 New Delhi", "Asia/Dubai": "阿布扎比 Abu Dhabi", "Asia/Ho_Chi_Minh": "河内 Hanoi",
}  # fmt: skip


@dataclass(frozen=True)
class Place:
    """A place with a time zone of the database: its IANA name and its countries."""

    name: str
    countries: tuple[str, ...]


@lru_cache(maxsize=1)
def places() -> dict[str, Place]:
    """Every place there is, by its name. UTC is none, and is offered all the same."""
    table = (resources.files("tzdata.zoneinfo") / "zone.tab").read_text(encoding="utf-8")
    rows = [line.split("\t") for line in table.splitlines() if line and not line.startswith("#")]
    return {name: Place(name, (country,)) for country, _where, name, *_comment in rows} | {"UTC": Place("UTC", ())}


@lru_cache(maxsize=1)
def _links() -> dict[str, str]:
    """Names that lead to another one."""
    data = (resources.files("tzdata.zoneinfo") / "tzdata.zi").read_text(encoding="utf-8")
    return {words[2]: words[1] for line in data.splitlines() if (words := line.split())[:1] == ["L"]}


def canonical(name: str) -> str:
    """The place that a name stands for: itself, or where it leads to."""
    while name not in places() and name in _links():
        name = _links()[name]
    return name


@lru_cache(maxsize=2048)
def city(name: str, locale: str) -> str:
    """What a place is called in a language."""
    zones = Locale.parse(locale).time_zones
    same = [name, *(link for link, target in _links().items() if target == name)]
    found = next((zones[one]["city"] for one in same if one in zones and "city" in zones[one]), None)
    return str(found) if found else name.rpartition("/")[2].replace("_", " ")


def offset(name: str) -> str:
    """How far its clocks are from UTC now: ``UTC+08:00``."""
    now = clock.now().astimezone(ZoneInfo(name)).utcoffset() or timedelta()
    minutes = int(now.total_seconds()) // 60
    return f"UTC{'-' if minutes < 0 else '+'}{abs(minutes) // 60:02}:{abs(minutes) % 60:02}"


def zone_label(name: str) -> str:
    """A zone for whoever reads: ``Shanghai, China (UTC+08:00)``; a name that is stored and means no place, as it is."""
    name, locale = canonical(name), reader().locale
    place = places().get(name)
    if place is None:
        return name
    country = ", ".join(Locale.parse(locale).territories.get(code, code) for code in place.countries)
    where = _("%(city)s, %(country)s", city=city(name, locale), country=country) if country and country != city(name, locale) else city(name, locale)
    return _("%(place)s (%(offset)s)", place=where, offset=offset(name))


def zone_time(name: str) -> str:
    """Whose time it is: ``Shanghai time``."""
    return _("%(city)s time", city=city(canonical(name), reader().locale))


def _folded(text: str) -> str:
    plain = unicodedata.normalize("NFKD", text).casefold().replace("_", " ")
    return "".join(sign for sign in plain if not unicodedata.combining(sign))


@lru_cache(maxsize=1)
def _called() -> dict[str, tuple[str, ...]]:
    """Each place with all that it is called: cities first, then countries and the name of the database."""
    spoken = [Locale.parse(code) for code in SPOKEN]
    links: dict[str, list[str]] = {}
    for link, target in _links().items():
        links.setdefault(canonical(target), []).append(link.rpartition("/")[2])
    found = {}
    for name, place in places().items():
        cities = [city(name, code) for code in SPOKEN]
        countries = [language.territories.get(code, "") for language in spoken for code in place.countries]
        found[name] = tuple(_folded(word) for word in (*cities, _ALSO.get(name, ""), *countries, name, *links.get(name, ())) if word)
    return found


def find_zones(text: str, first: str) -> list[tuple[str, str]]:
    """Zones that a text stands for, ``(name, label)``, those first whose city begins with it; without a text, those whose clocks show about the same as ``first``."""
    wanted = _folded(text.strip())
    if not wanted:
        here = _hours(first)
        nearest = sorted(places(), key=lambda name: (abs(_hours(name) - here), name != canonical(first), name))
        return [(name, zone_label(name)) for name in nearest[:MOST]]
    ranked = []
    for name, words in _called().items():
        rank = min((0 if word.startswith(wanted) else 1 if f" {wanted}" in word else 2 for word in words if wanted in word), default=None)
        if rank is not None or wanted in _folded(offset(name)):
            ranked.append((3 if rank is None else rank, not words[0].startswith(wanted), name))
    return [(name, zone_label(name)) for _rank, _place, name in sorted(ranked)[:MOST]]


def _hours(name: str) -> float:
    moment: datetime = clock.now().astimezone(ZoneInfo(name))
    return (moment.utcoffset() or timedelta()).total_seconds() / 3600


def read_zone(text: str) -> str:
    """The zone that somebody chose or typed: its name, one that leads to it, or a place that only one zone has.

    :raises ValueError: when it stands for none, or for several.
    """
    name = canonical(text.strip())
    if name in places():
        return name
    wanted = _folded(text.strip())
    found = [name for name, words in _called().items() if wanted and any(wanted == word or wanted in word.split() for word in words)]
    if len(found) != 1:
        raise ValueError(_("Choose a place from the list, or type its name in full, such as Shanghai."))
    return found[0]
