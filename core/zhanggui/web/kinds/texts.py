"""Kinds that are text, or are shown as it stands."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from markupsafe import Markup, escape

from .kind import Kind, Posted, Show


class Text(Kind):
    """One line."""

    name = "text"
    sent_as = (str,)
    equals = True

    def compare(self, column: Any, value: Any) -> Any:
        """What begins with it: a range, which a plain index serves on both databases."""
        return prefix(column, value)


class LongText(Kind):
    """Several lines."""

    name = "long_text"
    sent_as = (str,)
    control = "textarea"
    wide = True
    longest = 20_000


class CodeText(Kind):
    """A SKU or a number of something: read sign by sign."""

    name = "code"
    sent_as = (str,)
    verbatim = True

    def cell(self, column: Any, currency: str, extra: Mapping[Any, Any] | None) -> Show:
        """In signs of one width."""
        return lambda value, _row: Markup(f'<span class="code">{escape(value)}</span>')  # noqa: S704 - escaped

    def present(self, column: Any, currency: str, extra: Mapping[Any, Any] | None) -> Show:
        """With a button that copies it."""
        from ..copying import copy_button

        return lambda value, _row: Markup('<span class="code">%s</span>%s') % (value, copy_button(str(value)))


class Phone(Kind):
    """A whole phone number: on the page of a row it can be called and copied."""

    name = "phone"
    sent_as = (str,)
    verbatim = True
    input_type = "tel"
    inputmode = "tel"

    def present(self, column: Any, currency: str, extra: Mapping[Any, Any] | None) -> Show:
        """A link that calls it."""
        from ..copying import copy_button

        return lambda value, _row: Markup('<a class="tel" href="tel:%s">%s</a>%s') % ("".join(str(value).split()), value, copy_button(str(value)))


class Password(Kind):
    """Never shown again, never cleaned."""

    name = "password"
    sent_as = (str,)
    in_row = False
    column = False
    input_type = "password"

    def read(self, f: Any, name: str, posted: Posted) -> Any:
        """As it was typed, and not typed again."""
        posted.typed[name] = ""
        return posted.form.get(name, "") or None

    def take(self, f: Any, text: str, posted: Posted) -> Any:
        """As it is."""
        return text or None

    def schema(self, thing: Any) -> dict[str, Any]:
        """Sent, never answered."""
        return {"type": "string", "format": "password", "writeOnly": True, **self.room(thing)}


class Hidden(Kind):
    """What a form carries and nobody sees."""

    name = "hidden"
    in_row = False
    column = False
    control = "hidden"
    silent = True

    def schema(self, thing: Any) -> dict[str, Any]:
        """A key, as it was answered."""
        return {"anyOf": [{"type": "string", "maxLength": self.longest}, {"type": "integer"}]}


class Json(Kind):
    """Whatever JSON holds, for who looks under the cover."""

    name = "json"
    field = False
    types = (object,)

    def cell(self, column: Any, currency: str, extra: Mapping[Any, Any] | None) -> Show:
        """As it would be sent."""
        return lambda value, _row: Markup("<code>%s</code>") % json.dumps(value, ensure_ascii=False)

    def check(self, value: Any) -> None:
        """:raises TypeError: for what JSON does not hold."""
        json.dumps(value)

    def schema(self, thing: Any) -> dict[str, Any]:
        """Anything."""
        return {}


class Html(Kind):
    """Markup that a screen made itself; text is escaped."""

    name = "html"
    field = False
    stored = False
    types = (str,)

    def cell(self, column: Any, currency: str, extra: Mapping[Any, Any] | None) -> Show:
        """As it is, where it is ``Markup``."""
        return lambda value, _row: value if isinstance(value, Markup) else escape(value)


def prefix(column: Any, text: str) -> Any:
    """``text`` or anything that begins with it: a range, which a plain index serves on both databases."""
    from sqlalchemy import and_

    return and_(column >= text, column < text + "\U0010ffff")


KINDS = (Text(), LongText(), CodeText(), Phone(), Password(), Hidden(), Json(), Html())
