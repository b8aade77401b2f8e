"""What needs neither a setting nor anybody outside: how texts are cut, templates are read, numbers are written."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass

_PHONE = re.compile(r"\+[1-9][0-9]{6,14}\Z")
_CHINESE = re.compile(r"1[3-9][0-9]{9}\Z")
_LINE = re.compile(r"([a-z0-9_]+\.[a-z0-9_]+)\s*[:：]\s*(\S+)((?:\s+\S+)*)\s*\Z")
_VARIABLE = re.compile(r"(?:([A-Za-z0-9_]{1,40})=)?([A-Za-z0-9_.]{1,60})\Z")
MORE = "…"


@dataclass(frozen=True)
class Template:
    """An approved text of a provider for one kind of message: what it calls a value, and ours."""

    code: str
    variables: tuple[tuple[str, str], ...]  # ("no", "number")


class BadLine(ValueError):
    """A line of a list of templates that is none."""

    def __init__(self, number: int) -> None:
        super().__init__(number)
        self.number = number


def read_templates(text: str) -> dict[str, Template]:
    """Templates by the kind of message: ``orders.shipped: SMS_1 number no=carrier``.

    :raises BadLine: with its number.
    """
    found = {}
    for at, line in enumerate(text.splitlines(), 1):
        if not line.strip():
            continue
        read = _LINE.match(line.strip())
        parts = [_VARIABLE.match(word) for word in read[3].split()] if read else [None]
        if read is None or not all(parts):
            raise BadLine(at)
        found[read[1]] = Template(read[2], tuple((part[1] or part[2], part[2]) for part in parts if part))
    return found


def filled(template: Template, values: Mapping[str, str]) -> tuple[dict[str, str], str]:
    """Its values by the provider's names, and the first of ours that is missing ("": none)."""
    missing = next((ours for _theirs, ours in template.variables if not values.get(ours, "").strip()), "")
    return {theirs: " ".join(values.get(ours, "").split()) for theirs, ours in template.variables}, missing


def international(phone: str) -> str | None:
    """A phone number with its country, as both providers take it: ``+8613800000000``; None for what is none."""
    plain = re.sub(r"[\s()-]", "", phone)
    plain = f"+{plain[2:]}" if plain.startswith("00") else f"+86{plain}" if _CHINESE.match(plain) else plain
    return plain if _PHONE.match(plain) else None


def cut_to_bytes(text: str, most: int) -> str:
    """The text, or its beginning with a sign that something is missing: so long in UTF-8 at most."""
    raw = text.encode()
    return text if len(raw) <= most else raw[: most - len(MORE.encode())].decode("utf-8", "ignore") + MORE
