"""Texts in the reader's language: looked up in one dictionary, chosen once a request.

The base's functions find the reader, his locale and his catalog anew for each text; a list page prints
a hundred and more.
"""

from __future__ import annotations

from contextvars import ContextVar
from dataclasses import dataclass
from gettext import NullTranslations
from typing import Any
from zoneinfo import ZoneInfo


@dataclass(frozen=True, slots=True)
class Reader:
    """For whom texts, numbers and times are written."""

    locale: str
    catalog: NullTranslations
    zone: ZoneInfo | None = None


NOBODY = Reader("en", NullTranslations())
_reader: ContextVar[Reader] = ContextVar("zhanggui_reader", default=NOBODY)


def reader() -> Reader:
    """Whoever reads what is written now; English outside of requests."""
    return _reader.get()


def read_by(new: Reader) -> None:
    """Write for this reader until somebody else is set, in this thread or task."""
    _reader.set(new)


def gettext(msgid: str, /, **params: Any) -> str:
    """A text in the reader's language, its ``%(name)s`` places filled."""
    text = _reader.get().catalog.gettext(msgid) if msgid else ""
    return filled(text, msgid, params) if params else text


def filled(text: str, source: str, params: dict[str, Any]) -> str:
    """A translation with its places filled; in the source language where it has places that nobody fills."""
    try:
        return text % params
    except (KeyError, TypeError, ValueError):
        return source % params


def ngettext(singular: str, plural: str, n: int, /, **params: Any) -> str:
    """A text that depends on a number; ``%(num)s`` is that number."""
    text = _reader.get().catalog.ngettext(singular, plural, n)
    return filled(text, singular if n == 1 else plural, {"num": n, **params})


def pgettext(context: str, msgid: str, /, **params: Any) -> str:
    """A text that means another thing elsewhere."""
    text = _reader.get().catalog.pgettext(context, msgid)
    return filled(text, msgid, params) if params else text


class LazyText:
    """A text that is translated when it is printed, for module level and for refusals."""

    __slots__ = ("msgid", "params")

    def __init__(self, msgid: str, params: dict[str, Any]) -> None:
        self.msgid, self.params = msgid, params

    def __str__(self) -> str:
        text = _reader.get().catalog.gettext(self.msgid)
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


def lazy_gettext(msgid: str, /, **params: Any) -> LazyText:
    """See :class:`LazyText`."""
    return LazyText(msgid, params)
