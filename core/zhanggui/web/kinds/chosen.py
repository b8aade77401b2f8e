"""Kinds whose values are chosen: yes or no, one of a list, several of it, a row of another screen."""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Mapping, Sequence
from typing import Any
from zoneinfo import ZoneInfo

from markupsafe import Markup, escape

from ...i18n.texts import gettext as _
from ...i18n.texts import lazy_gettext as _l
from ...kernel.errors import BadRequest
from ...kernel.spreadsheets import harmless
from ..describe import Field
from .kind import FormContext, Kind, Posted, Show, wrong_kind
from .numbers import asked_whole, whole


def badge(choice: Any, value: Any) -> Markup:
    """A status: a word in a tone, so that colour never stands alone."""
    if choice is None:
        return Markup('<span class="badge tone-neutral">%s</span>') % value
    return Markup('<span class="badge tone-%s">%s</span>') % (choice.tone, choice.label)


def choices_of(f: Any) -> Sequence[Any]:
    """The choices of a field, asked for now when they depend on settings."""
    return f.choices() if callable(f.choices) else f.choices


def _texts(f: Any) -> list[tuple[str, str]]:
    return [(str(c.value), str(c.label)) for c in choices_of(f)]


class OneOf(Kind):
    """One of the choices that the field, column or filter names."""

    name = "choice"
    equals = True
    control = "select"

    def _marks(self, column: Any) -> dict[Any, Markup]:
        return {choice.value: escape(str(choice.label)) for choice in column.choices}

    def cell(self, column: Any, currency: str, extra: Mapping[Any, Any] | None) -> Show:
        """Its word, made once for all rows."""
        ready = self._marks(column)
        return lambda value, _row: ready.get(value) or badge(None, value)

    def csv(self, column: Any, values: Sequence[Any], rows: Sequence[Any], extra: Any, zone: ZoneInfo, currency: str) -> Sequence[Any]:
        """As it is stored."""
        return values

    def sheet(self, column: Any, values: Sequence[Any], rows: Sequence[Any], extra: Any, zone: ZoneInfo, currency: str) -> Sequence[Any]:
        """Its word."""
        words = {choice.value: str(choice.label) for choice in choices_of(column)}
        return [words.get(v, v) for v in values]

    def schema(self, thing: Any) -> dict[str, Any]:
        """The values; of a field those of now."""
        known = choices_of(thing)
        return {"enum": [choice.value for choice in known]} if known else {}

    def asked_schema(self, f: Any) -> dict[str, Any]:
        """One value, or several with commas."""
        one = "|".join(re.escape(str(choice.value)) for choice in f.choices)
        return {"type": "string", "pattern": f"^({one})(,({one}))*$"}

    def parse(self, f: Any, text: str, posted: Posted) -> Any:
        """The value that is written so."""
        by_text = {str(c.value): c.value for c in choices_of(f)}
        if text not in by_text:
            raise ValueError(_("Choose from the list."))
        return by_text[text]

    def draw(self, f: Any, shown: Any, value: Any, posted: Posted, typed: bool) -> None:
        """With its choices."""
        shown.choices = _texts(f)
        shown.value = "" if value is None else str(value)

    def asked(self, f: Any, text: str, zone: ZoneInfo, currency: str) -> Any:
        """One value, or several with commas."""
        by_text = {str(c.value): c.value for c in f.choices}
        values = text.split(",")
        if any(value not in by_text for value in values):
            raise BadRequest(_l("%(value)s is not a choice of %(name)s."), value=text[:40], name=f.name, field=f.name)
        return [by_text[value] for value in values]

    def compare(self, column: Any, value: Any) -> Any:
        """Any of them."""
        return column == value[0] if len(value) == 1 else column.in_(value)

    def draw_filter(self, f: Any, shown: Any, value: Any, db: Any) -> bool:
        """With its choices."""
        shown.choices = _texts(f)
        return True

    def words(self, f: Any, value: Any, db: Any) -> str:
        """The words of the values."""
        return ", ".join(str(c.label) for c in f.choices if c.value in value)


class Status(OneOf):
    """Where something stands: a choice in its tone, moved by verbs and never by a form."""

    name = "status"
    field = False
    equals = False

    def _marks(self, column: Any) -> dict[Any, Markup]:
        return {choice.value: badge(choice, choice.value) for choice in column.choices}


class SeveralOf(Kind):
    """Any number of choices."""

    name = "choices"
    column = False
    control = "selects"
    wide = True
    several = True

    def read(self, f: Any, name: str, posted: Posted) -> Any:
        """The values that are chosen."""
        wanted = posted.form.getlist(name)
        posted.typed[name] = wanted
        by_text = {str(c.value): c.value for c in choices_of(f)}
        if any(w not in by_text for w in wanted):
            raise ValueError(_("Choose from the list."))
        return [by_text[w] for w in wanted]

    def draw(self, f: Any, shown: Any, value: Any, posted: Posted, typed: bool) -> None:
        """With its choices."""
        shown.choices = _texts(f)
        shown.value = [str(v) for v in value or ()]

    def put(self, form: Any, f: Any, name: str, value: Any, context: FormContext) -> None:
        """A list."""
        if value is None:
            return
        if not isinstance(value, list):
            raise wrong_kind(name)
        form.setlist(name, [self.as_text(f, item, name, context) for item in value])

    def schema(self, thing: Any) -> dict[str, Any]:
        """A list of values; of a field those of now."""
        return {"type": "array", "items": {"enum": [choice.value for choice in choices_of(thing)]}}


class YesNo(Kind):
    """Yes or no."""

    name = "bool"
    equals = True
    control = "switch"
    silent = True
    clears = False
    types = (object,)

    def cell(self, column: Any, currency: str, extra: Mapping[Any, Any] | None) -> Show:
        """In words."""
        yes, no = escape(_("yes")), escape(_("no"))
        return lambda value, _row: yes if value else no

    def sheet(self, column: Any, values: Sequence[Any], rows: Sequence[Any], extra: Any, zone: ZoneInfo, currency: str) -> Sequence[Any]:
        """In words."""
        yes, no = _("yes"), _("no")
        return [None if v is None else yes if v else no for v in values]

    def schema(self, thing: Any) -> dict[str, Any]:
        """True or false."""
        return {"type": "boolean"}

    def asked_schema(self, f: Any) -> dict[str, Any]:
        """1 or 0."""
        return {"type": "string", "enum": ["0", "1"]}

    def read(self, f: Any, name: str, posted: Posted) -> Any:
        """A box that is not ticked is not sent."""
        posted.typed[name] = name in posted.form
        return name in posted.form

    def take(self, f: Any, text: str, posted: Posted) -> Any:
        """As files write it."""
        return text.strip() not in ("", "0")

    def put(self, form: Any, f: Any, name: str, value: Any, context: FormContext) -> None:
        """True or false."""
        if not isinstance(value, bool):
            raise wrong_kind(name)
        if value:
            form[name] = "1"

    def asked(self, f: Any, text: str, zone: ZoneInfo, currency: str) -> Any:
        """1 or 0."""
        if text not in ("0", "1"):
            raise BadRequest(_l("%(name)s must be 0 or 1."), name=f.name, field=f.name)
        return text == "1"

    def draw_filter(self, f: Any, shown: Any, value: Any, db: Any) -> bool:
        """Yes, no, or not asked."""
        shown.choices = [("1", _("yes")), ("0", _("no"))]
        return True

    def words(self, f: Any, value: Any, db: Any) -> str:
        """In words."""
        return _("yes") if value else _("no")


class RowOf(Kind):
    """A row of another screen, by its key: ``to`` names the screen."""

    name = "lookup"
    equals = True
    points = True
    looks_up = True
    control = "lookup"
    sent_as = (int, str)

    def look_up(self, db: Any, reader: Any, column: Any, screen: Any, ids: Collection[Any], values: Collection[Any]) -> Mapping[Any, Any]:
        """What the rows are called, for who may see them; nothing while the other screen is not there."""
        from ..labels import labels

        target = _target(column)
        return {} if target is None else labels(db, target, reader.actor, sorted(values))

    def cell(self, column: Any, currency: str, extra: Mapping[Any, Any] | None) -> Show:
        """What the row is called."""
        labels = extra or {}
        return lambda value, _row: escape(labels.get(value, value))

    def csv(self, column: Any, values: Sequence[Any], rows: Sequence[Any], extra: Any, zone: ZoneInfo, currency: str) -> Sequence[Any]:
        """What the row is called."""
        return [harmless(name) for name in self.sheet(column, values, rows, extra, zone, currency)]

    def sheet(self, column: Any, values: Sequence[Any], rows: Sequence[Any], extra: Any, zone: ZoneInfo, currency: str) -> Sequence[Any]:
        """What the row is called."""
        labels = extra or {}
        return ["" if v is None else str(labels.get(v, v)) for v in values]

    def dumper(self, column: Any, read: Callable[[Any], Any], extra: Mapping[Any, Any], currency: str) -> Callable[[Any], Any]:
        """Its key and what it is called."""
        labels = extra

        def get(row: Any) -> Any:
            value = read(row)
            return None if value is None else {"id": str(value), "label": str(labels.get(value, ""))}

        return get

    def schema(self, thing: Any) -> dict[str, Any]:
        """Answered with its name, sent as a number or as the id that was answered."""
        if isinstance(thing, Field):
            return {"anyOf": [{"type": "integer", "minimum": 0, "maximum": 10**18 - 1}, {"type": "string", "pattern": "^[0-9]{0,18}$"}]}
        return {"type": "object", "required": ["id", "label"], "properties": {"id": {"type": "string"}, "label": {"type": "string"}}}

    def asked_schema(self, f: Any) -> dict[str, Any]:
        """A key."""
        return {"type": "string", "pattern": "^-?[0-9]{1,17}$"}

    def parse(self, f: Any, text: str, posted: Posted) -> Any:
        """The number of a row that this actor may choose."""
        from ..gateway import gateway

        row_id, target, actor = whole(text), _target(f), posted.context.actor
        if target is None or not actor.may("can_list", target.resource) or not gateway.some(posted.db, target, actor, [row_id], permission="can_list"):
            raise ValueError(_("Choose from the list."))
        return row_id

    def draw(self, f: Any, shown: Any, value: Any, posted: Posted, typed: bool) -> None:
        """Where to ask for rows, and what the present one is called."""
        target = _target(f)
        if target is None:
            return
        shown.lookup_href = f"{target.route}/lookup"
        text = str(shown.value or "")
        if text.isascii() and text.isdigit() and len(text) <= 18:
            shown.lookup_label = _named(posted.db, target, posted.context.actor, int(text))

    def asked(self, f: Any, text: str, zone: ZoneInfo, currency: str) -> Any:
        """A key."""
        return asked_whole(f, text)

    def draw_filter(self, f: Any, shown: Any, value: Any, db: Any) -> bool:
        """Where to ask for rows; not there while the other screen is not."""
        target = _target(f)
        if target is None:
            return False
        shown.lookup_href, shown.lookup_label = f"{target.route}/lookup", self.words(f, value, db)
        return True

    def words(self, f: Any, value: Any, db: Any) -> str:
        """What the row is called."""
        from ...kernel.actors import current_actor

        target = _target(f)
        return "" if target is None or value is None else _named(db, target, current_actor(), value)


def _target(thing: Any) -> Any:
    from ...host import current_host

    return current_host().screens.get(thing.to or "")


def _named(db: Any, target: Any, actor: Any, row_id: Any) -> str:
    from ..labels import label

    return label(db, target, actor, row_id)


KINDS = (OneOf(), Status(), SeveralOf(), YesNo(), RowOf())
