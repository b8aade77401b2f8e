"""Texts in the reader's language: looked up in one dictionary, chosen once a request.

The base's functions find the reader, his locale and his catalog anew for each text; a list page prints
a hundred and more. Each plugin's texts are a domain of their own (:class:`Texts`), so that a plugin's "Paid" is
nobody else's; what it does not translate is the core's.
"""

from __future__ import annotations

from collections.abc import Mapping
from contextvars import ContextVar
from dataclasses import dataclass, field
from functools import cache
from gettext import NullTranslations
from typing import Any
from zoneinfo import ZoneInfo


@dataclass(frozen=True, slots=True)
class Reader:
    """For whom texts, numbers and times are written."""

    locale: str
    catalog: NullTranslations
    zone: ZoneInfo | None = None
    domains: Mapping[str, NullTranslations] = field(default_factory=dict)  # of plugins, by their id

    def catalog_of(self, domain: str) -> NullTranslations:
        """The catalog of a plugin; the core's for a plugin that has none."""
        return self.domains.get(domain, self.catalog)


NOBODY = Reader("en", NullTranslations())
_reader: ContextVar[Reader] = ContextVar("zhanggui_reader", default=NOBODY)


def reader() -> Reader:
    """Whoever reads what is written now; English outside of requests."""
    return _reader.get()


def read_by(new: Reader) -> None:
    """Write for this reader until somebody else is set, in this thread or task."""
    _reader.set(new)


def in_english(text: Any) -> str:
    """A text as it stands in the code, with whatever fills its places: for logs and for what is stored."""
    token = _reader.set(NOBODY)
    try:
        return str(text)
    finally:
        _reader.reset(token)


def filled(text: str, source: str, params: dict[str, Any]) -> str:
    """A translation with its places filled; in the source language where it has places that nobody fills."""
    try:
        return text % params
    except (KeyError, TypeError, ValueError):
        return source % params


class LazyText:
    """A text that is translated when it is printed, for module level and for refusals."""

    __slots__ = ("domain", "msgid", "params")

    def __init__(self, msgid: str, params: dict[str, Any], domain: str = "") -> None:
        self.msgid, self.params, self.domain = msgid, params, domain

    def __str__(self) -> str:
        text = _reader.get().catalog_of(self.domain).gettext(self.msgid)
        return filled(text, self.msgid, self.params) if self.params else text

    def __html__(self) -> str:
        from markupsafe import escape

        return str(escape(str(self)))

    def __repr__(self) -> str:
        return f"LazyText({self.msgid!r})"

    def __mod__(self, other: Any) -> str:
        return str(self) % other

    def __add__(self, other: Any) -> str:
        return str(self) + str(other)

    def __radd__(self, other: Any) -> str:
        return str(other) + str(self)

    def __format__(self, spec: str) -> str:
        return format(str(self), spec)

    def __bool__(self) -> bool:
        return bool(self.msgid)

    def __eq__(self, other: object) -> bool:
        return str(self) == str(other) if isinstance(other, LazyText | str) else NotImplemented

    def __hash__(self) -> int:
        return hash(self.msgid)

    def __len__(self) -> int:
        return len(str(self))

    def __lt__(self, other: Any) -> bool:
        return str(self) < str(other)


@dataclass(frozen=True, slots=True)
class InLanguages:
    """A text of the shop's own, such as a product's name, in several languages: said in the reader's, else as ``source``."""

    source: str
    texts: Mapping[str, str] = field(default_factory=dict)  # by locale

    def of(self, locale: str) -> str:
        """The text in a language: ``zh_CN`` may be answered by ``zh``, or by another kind of the same."""
        language = locale.partition("_")[0]
        near = (text for code, text in self.texts.items() if code.partition("_")[0] == language)
        return self.texts.get(locale) or self.texts.get(language) or next(near, "") or self.source

    def __str__(self) -> str:
        return self.of(_reader.get().locale)


class Texts:
    """The functions that look up texts of one domain: a plugin's id, or "" for the core."""

    def __init__(self, domain: str) -> None:
        self.domain = domain

    def gettext(self, msgid: str, /, **params: Any) -> str:
        """A text in the reader's language, its ``%(name)s`` places filled."""
        text = _reader.get().catalog_of(self.domain).gettext(msgid) if msgid else ""
        return filled(text, msgid, params) if params else text

    def ngettext(self, singular: str, plural: str, n: int, /, **params: Any) -> str:
        """A text that depends on a number; ``%(num)s`` is that number."""
        text = _reader.get().catalog_of(self.domain).ngettext(singular, plural, n)
        return filled(text, singular if n == 1 else plural, {"num": n, **params})

    def pgettext(self, context: str, msgid: str, /, **params: Any) -> str:
        """A text that means another thing elsewhere."""
        text = _reader.get().catalog_of(self.domain).pgettext(context, msgid)
        return filled(text, msgid, params) if params else text

    def lazy_gettext(self, msgid: str, /, **params: Any) -> LazyText:
        """See :class:`LazyText`."""
        return LazyText(msgid, params, self.domain)

    _, _l = gettext, lazy_gettext


@cache
def texts_of(domain: str) -> Texts:
    """The texts of a plugin."""
    return Texts(domain)


CORE = texts_of("")
gettext, lazy_gettext, ngettext, pgettext = CORE.gettext, CORE.lazy_gettext, CORE.ngettext, CORE.pgettext
