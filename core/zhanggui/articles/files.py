"""One article in one language: a file with a head of TOML between two lines of ``+++``, and Markdown below."""

from __future__ import annotations

import hashlib
import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from typing import Any

from ..i18n.texts import lazy_gettext as _l
from ..kernel.errors import WiringError

SOURCE, LOCALES = "en", ("en", "zh_CN")
KINDS, AUDIENCES = ("how", "why", "reference", "faq"), ("staff", "customer", "developer")
_ID = re.compile(r"[a-z][a-z0-9_]*\.[a-z0-9]+(-[a-z0-9]+)*\Z")
_HEADING = re.compile(r"^##+ .*\{#([a-z0-9-]+)\}\s*$", re.MULTILINE)
_ANY_HEADING = re.compile(r"^##+ ", re.MULTILINE)
# What both languages share is said in the English file; the other ones hold what is said in words.
_OWN: Mapping[str, type[Any]] = {"id": str, "title": str, "keywords": list}
_SHARED: Mapping[str, type[Any]] = {
    "kind": str, "audience": str, "screens": list, "permissions": list, "settings": list, "order": int, "since": str, "review_by": date, "also": list,
}  # fmt: skip


@dataclass(frozen=True)
class Article:
    """What an article says in one language, and what it is about. ``permissions`` say who may read it: whoever holds one of them."""

    id: str
    owner: str  # "core", a plugin's id, or "shop" for the merchant's own
    locale: str
    title: str
    body: str
    kind: str = "how"
    audience: str = "staff"
    screens: tuple[str, ...] = ()
    permissions: tuple[tuple[str, str], ...] = ()
    settings: tuple[str, ...] = ()
    keywords: tuple[str, ...] = ()
    order: int = 100
    since: str = ""
    review_by: date | None = None
    also: tuple[str, ...] = ()  # ids that it had before
    path: Path | None = field(default=None, compare=False)

    @property
    def headings(self) -> tuple[str, ...]:
        """The ids of its headings, which all languages share."""
        return tuple(_HEADING.findall(self.body))

    @property
    def digest(self) -> str:
        """Changes with every word of it."""
        told = (self.title, self.body, self.keywords, self.audience, self.permissions, self.screens)
        return hashlib.sha256(repr(told).encode()).hexdigest()[:16]

    def may_be_read_by(self, actor: Any) -> bool:
        """Whether somebody of the staff gets to see it."""
        return not self.permissions or any(actor.may(*right) for right in self.permissions)


def read_article(path: Path, owner: str, source: Article | None = None) -> Article:
    """Read one file; ``source`` is the English one, of which the others take what both share.

    :raises WiringError: saying what is wrong with it.
    """
    try:
        text = path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise WiringError(_l("it cannot be read: %(error)s", error=str(error))) from error
    parts = re.split(r"^\+\+\+[ \t]*\n", text, maxsplit=2, flags=re.MULTILINE)
    if len(parts) != 3 or parts[0].strip():
        raise WiringError(_l("it must begin with a head between two lines of +++"))
    try:
        head = tomllib.loads(parts[1])
    except tomllib.TOMLDecodeError as error:
        raise WiringError(_l("its head is no TOML: %(error)s", error=str(error))) from error
    _check_head(head, owner, source)
    body = parts[2].strip()
    if not body:
        raise WiringError(_l("it says nothing"))
    if len(_ANY_HEADING.findall(body)) != len(_HEADING.findall(body)):
        raise WiringError(_l("each of its headings needs an id, such as ## Ship an order {#ship}"))
    shared: dict[str, Any] = {name: getattr(source, name) for name in _SHARED} if source else _shared(head)
    return Article(head["id"], owner, path.stem, head["title"], body, keywords=tuple(head.get("keywords", ())), path=path, **shared)


def _check_head(head: Mapping[str, Any], owner: str, source: Article | None) -> None:
    allowed = _OWN if source else {**_OWN, **_SHARED}
    unknown = sorted(set(head) - set(allowed))
    if unknown:
        why = _l("“%(key)s” is said in en.md for all languages", key=unknown[0]) if unknown[0] in _SHARED else _l("there is no key “%(key)s”", key=unknown[0])
        raise WiringError(why)
    for key, value in head.items():
        if type(value) is not allowed[key] or (isinstance(value, list) and not all(isinstance(one, str) for one in value)):
            raise WiringError(_l("“%(key)s” has another kind of value", key=key))
    if not head.get("title"):
        raise WiringError(_l("it has no title"))
    if not _ID.match(head.get("id", "")) or not head["id"].startswith(f"{owner}."):
        raise WiringError(_l("its id must be like %(id)s", id=f"{owner}.ship-an-order"))
    if source is not None and head["id"] != source.id:
        raise WiringError(_l("its id is not that of the English file, %(id)s", id=source.id))
    if head.get("kind", "how") not in KINDS:
        raise WiringError(_l("its kind is one of %(kinds)s", kinds=", ".join(KINDS)))
    if head.get("audience", "staff") not in AUDIENCES:
        raise WiringError(_l("its audience is one of %(audiences)s", audiences=", ".join(AUDIENCES)))


def _shared(head: Mapping[str, Any]) -> dict[str, Any]:
    rights = [tuple(right.split()) for right in head.get("permissions", ())]
    strange = next((right for right in rights if len(right) != 2), None)
    if strange is not None:
        raise WiringError(_l("“%(right)s” is no right; one is like can_ship orders.Order", right=" ".join(strange)))
    return {
        "kind": head.get("kind", "how"), "audience": head.get("audience", "staff"), "screens": tuple(head.get("screens", ())), "permissions": tuple(rights),
        "settings": tuple(head.get("settings", ())), "order": head.get("order", 100), "since": head.get("since", ""), "review_by": head.get("review_by"),
        "also": tuple(head.get("also", ())),
    }  # fmt: skip
