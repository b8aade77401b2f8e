"""Templates of subscribe messages: which one tells what, and what WeChat takes in each of its fields. Limits follow from the names of fields."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass

_LINE = re.compile(r"([a-z0-9_]+\.[a-z0-9_]+)\s*[:：]\s*([0-9A-Za-z_-]{1,64})((?:\s+\S+)*)\s*\Z")
_WORD = re.compile(r"([a-z_]+[0-9]*)=(\S+)\Z")
_FIELD = re.compile(r"([a-z_]+?)([0-9]+)\Z")
_SCENE = re.compile(r"[a-z_]{1,40}\Z")
_PAGE = re.compile(r"[0-9A-Za-z_][^\s#]{0,1000}\Z")
_PLACE = re.compile(r"\{([A-Za-z0-9_.]+)\}")
_DIGITS = re.compile(r"[0-9]+(\.[0-9]+)?\Z")
_LETTERS = re.compile(r"[A-Za-z]+\Z")
_SIGNS = re.compile(r"[\x21-\x7e]+\Z")
_CHINESE = re.compile(r"[\u4e00-\u9fff]+\Z")
_MONEY = re.compile(r"[¥￥$€£]?[0-9]{1,10}(\.[0-9]{1,2})?元?\Z")
_MOMENT = re.compile(r"[0-9]{4}[年/.-][0-9]{1,2}[月/.-][0-9]{1,2}日?([ T][0-9]{1,2}:[0-9]{2}(:[0-9]{2})?)?\Z")
_CLOCK = re.compile(r"[0-9]{1,2}:[0-9]{2}(:[0-9]{2})?\Z")
_PHONE = re.compile(r"[0-9+-]+\Z")
# What a field takes: how long, which signs, and whether it bears being cut.
LIMITS: Mapping[str, tuple[int, re.Pattern[str] | None, bool]] = {
    "thing": (20, None, True), "character_string": (32, _SIGNS, False), "number": (32, _DIGITS, False), "letter": (32, _LETTERS, False),
    "symbol": (5, None, False), "phrase": (5, _CHINESE, True), "amount": (16, _MONEY, False), "time": (32, None, False), "date": (32, _MOMENT, False),
    "phone_number": (17, _PHONE, False), "car_number": (8, None, False), "name": (10, None, True),
}  # fmt: skip
MORE = "…"
SCENE = "order_placed"


class BadLine(ValueError):
    """A line of the templates that is none."""

    def __init__(self, number: int) -> None:
        super().__init__(number)
        self.number = number


class BadValue(ValueError):
    """A value that WeChat would not take; ``field`` is WeChat's name of it."""

    def __init__(self, field: str) -> None:
        super().__init__(field)
        self.field = field


@dataclass(frozen=True)
class Template:
    """One of the mini-program's templates, and what of a message fills it."""

    kind: str
    id: str
    fields: tuple[tuple[str, str], ...]  # ("thing2", "items")
    page: str = ""
    scene: str = SCENE


def read(text: str) -> dict[str, Template]:
    """Templates by the kind of message that they tell.

    :raises BadLine: with its number.
    """
    found = {}
    for at, line in enumerate(text.splitlines(), 1):
        if not line.strip():
            continue
        match = _LINE.match(line.strip())
        words = [_WORD.match(word) for word in match[3].split()] if match else [None]
        if match is None or not all(words):
            raise BadLine(at)
        pairs = {word[1]: word[2] for word in words if word}
        page, scene = pairs.pop("page", ""), pairs.pop("scene", SCENE)
        known = all((name := _FIELD.match(field)) and name[1] in LIMITS for field in pairs)
        if not pairs or not known or (page and not _PAGE.match(page)) or not _SCENE.match(scene):
            raise BadLine(at)
        found[match[1]] = Template(match[1], match[2], tuple(pairs.items()), page, scene)
    return found


def fill(template: Template, values: Mapping[str, str], *, cut: bool) -> dict[str, dict[str, str]]:
    """``data`` of a message.

    :raises BadValue: naming the field that is empty, or that WeChat would not take.
    """
    return {field: {"value": _fitting(field, " ".join(values.get(variable, "").split()), cut)} for field, variable in template.fields}


def page_of(template: Template, values: Mapping[str, str]) -> str:
    """Where it leads in the mini-program; "" where a variable of it is missing."""
    names = _PLACE.findall(template.page)
    if not all(values.get(name, "").isascii() and values.get(name) for name in names):
        return ""
    return _PLACE.sub(lambda place: re.sub(r"[^0-9A-Za-z_.-]", "", values[place[1]]), template.page)


def _fitting(field: str, text: str, cut: bool) -> str:
    kind = _FIELD.match(field)
    most, signs, bears = LIMITS[kind[1] if kind else "thing"]
    if kind and kind[1] == "amount":
        text = text.removeprefix("CN").replace(",", "").replace(" ", "").replace("\xa0", "")
    if not text or (signs is not None and not signs.match(text)):
        raise BadValue(field)
    if kind and kind[1] == "time" and not (_MOMENT.match(text) or _CLOCK.match(text)):
        raise BadValue(field)
    if len(text) <= most:
        return text
    if not (bears and cut):
        raise BadValue(field)
    # A phrase is of Chinese characters alone: it is cut without a sign.
    return text[:most] if signs is _CHINESE else text[: most - len(MORE)] + MORE
