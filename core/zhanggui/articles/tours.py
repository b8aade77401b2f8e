"""A tour: steps that name what they point at by its stable name, read from ``tours/<id>.toml``."""

from __future__ import annotations

import hashlib
import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ..i18n.texts import InLanguages
from ..i18n.texts import lazy_gettext as _l
from ..kernel.errors import WiringError
from .files import LOCALES, SOURCE

EXPECTS = ("seen", "pressed", "page")
_ID = re.compile(r"[a-z0-9]+(-[a-z0-9]+)*\Z")
_HEAD: Mapping[str, type[Any]] = {"title": dict, "audience": str, "permission": str, "start": str, "order": int, "steps": list}
_STEP: Mapping[str, type[Any]] = {"target": str, "text": dict, "expect": str, "optional": bool}


@dataclass(frozen=True)
class Step:
    """One thing that is pointed at. ``expect`` says what goes on: that it was seen, was pressed, or that a page came."""

    target: str
    text: InLanguages
    expect: str = "seen"
    optional: bool = False


@dataclass(frozen=True)
class Tour:
    """A way through the shop that writes nothing: for who holds the ``permission``, from the page ``start`` on."""

    id: str  # "<owner>.<name of its file>"
    owner: str
    title: InLanguages
    permission: tuple[str, str]
    start: str  # an address
    steps: tuple[Step, ...]
    order: int = 100

    @property
    def digest(self) -> str:
        """Changes with every step."""
        return hashlib.sha256(repr(self.steps).encode()).hexdigest()[:16]


def read_tour(path: Path, owner: str) -> Tour:
    """:raises WiringError: saying what is wrong with it."""
    if not _ID.match(path.stem):
        raise WiringError(_l("its name must be like first-product.toml"))
    try:
        raw = tomllib.loads(path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise WiringError(_l("it cannot be read: %(error)s", error=str(error))) from error
    _check(raw, _HEAD, ("title", "permission", "start", "steps"))
    right = tuple(raw["permission"].split())
    if len(right) != 2:
        raise WiringError(_l("“%(right)s” is no right; one is like can_ship orders.Order", right=raw["permission"]))
    if not raw["start"].startswith("/"):
        raise WiringError(_l("its start must be an address of the shop, such as /orders/"))
    steps = tuple(_step(one) for one in raw["steps"])
    if not steps:
        raise WiringError(_l("it has no steps"))
    return Tour(f"{owner}.{path.stem}", owner, _texts(raw["title"]), (right[0], right[1]), raw["start"], steps, raw.get("order", 100))


def _step(raw: Any) -> Step:
    if not isinstance(raw, dict):
        raise WiringError(_l("each of its steps must be a table"))
    _check(raw, _STEP, ("target", "text"))
    if raw.get("expect", "seen") not in EXPECTS:
        raise WiringError(_l("a step expects one of %(words)s", words=", ".join(EXPECTS)))
    return Step(raw["target"], _texts(raw["text"]), raw.get("expect", "seen"), raw.get("optional", False))


def _check(raw: Mapping[str, Any], kinds: Mapping[str, type[Any]], needed: tuple[str, ...]) -> None:
    for key, value in raw.items():
        if key not in kinds:
            raise WiringError(_l("there is no key “%(key)s”", key=key))
        if type(value) is not kinds[key]:
            raise WiringError(_l("“%(key)s” has another kind of value", key=key))
    missing = [key for key in needed if key not in raw]
    if missing:
        raise WiringError(_l("“%(key)s” is missing", key=missing[0]))


def _texts(raw: Mapping[str, Any]) -> InLanguages:
    missing = [locale for locale in LOCALES if not isinstance(raw.get(locale), str) or not raw[locale].strip()]
    if missing:
        raise WiringError(_l("a text of it is missing in %(locale)s", locale=missing[0]))
    return InLanguages(raw[SOURCE], dict(raw))
