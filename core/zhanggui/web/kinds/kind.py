"""What a kind of value is: everything that the house does with a value of it, in one class.

A kind is asked for functions when a screen is built and these are called once a row, so nothing is looked up for
a cell. Nothing here touches a database; a kind that needs one imports it where it is used.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, time
from decimal import Decimal
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

from markupsafe import Markup, escape

from ...i18n.texts import LazyText
from ...i18n.texts import gettext as _
from ...i18n.texts import lazy_gettext as _l
from ...kernel.actors import Actor
from ...kernel.errors import Invalid
from ...kernel.reader import Reader
from ...kernel.spreadsheets import harmless
from ..describe import Field

if TYPE_CHECKING:
    from sqlalchemy.orm import Session
    from werkzeug.datastructures import FileStorage, MultiDict

    from ..describe import Column, Filter, Screen
    from ..page import FilterField, FormField

Show = Callable[[Any, Any], Markup]  # (value, row) -> markup
CONTROLS = ("input", "textarea", "select", "selects", "lookup", "switch", "pictures", "file", "translations", "lines", "steps", "hidden")


@dataclass(frozen=True)
class FormContext:
    """What reading a form needs to know."""

    actor: Actor
    zone: ZoneInfo
    currency: str
    locales: Sequence[tuple[str, str]]  # (code, own name); the first is the source language
    now: datetime


@dataclass
class Posted:
    """What was sent for a form while it is read: ``typed`` is shown again when something is wrong.

    ``errors`` is for kinds of several inputs, by the name of the input; any other error is raised. ``drafts`` write the rows of
    files that were sent once more, where the transaction that stored them is undone because the form was refused.
    """

    form: MultiDict[str, str]
    files: MultiDict[str, FileStorage]
    context: FormContext
    db: Session
    typed: dict[str, Any] = field(default_factory=dict)
    errors: dict[str, str] = field(default_factory=dict)
    drafts: list[Callable[[Session], object]] = field(default_factory=list)


class Kind:
    """A kind of value: text unless a subclass says otherwise.

    In a list and a detail: ``cell`` and ``present`` give a function from a value to markup. In files and programs:
    ``csv``, ``dumper``, ``schema``. In a form: ``read`` (or only ``parse``), ``typed``, ``draw``, ``put``. In a filter:
    ``asked`` and ``compare``, and the same for a range.
    """

    name = ""
    column = True  # may stand in a list or detail
    field = True  # may be asked for in a form
    equals = False  # Filter(kind=name): rows with this value
    ranged = False  # Filter(kind=f"{name}_range"): rows from ... to ...
    periods = False  # such a range may be named by a word: `asked_period` knows it
    numeric = False  # written towards the end of its cell, in digits of one width
    stored = True  # stands in files and answers to programs
    looks_up = False  # what a page says of its values does not stand in them: `look_up` is asked for it
    upload = False  # its form sends files
    silent = False  # alone, it does not make a line of a form
    partial = False  # of a value, some parts may be sent alone
    clears = True  # null takes the value away
    sent_as: tuple[type[Any], ...] = (str, int)  # what JSON has for a value of it; a bool is no int here
    several = False  # nothing there is None in a form, not an empty text
    framed = False  # what there is to choose from comes from `get`, also where something was typed: `draw` is given both
    in_row = True  # what a form reads is for the column of the row that is called as the field
    points = False  # the value is the key of a row: `to` names its screen
    verbatim = False  # typed sign by sign: no capital letters or spelling are proposed
    control = "input"  # how a form draws it: one of CONTROLS
    input_type = "text"
    inputmode = ""
    wide = False  # takes the whole width of a form
    longest = 255  # characters that may be typed
    types: tuple[type[Any], ...] = (str, int, float, bool, Decimal, date, time, LazyText)  # what a value is, on a screen of others

    # -- lists and details ----------------------------------------------------------------------

    def cell(self, column: Column, currency: str, extra: Mapping[Any, Any] | None) -> Show:
        """A function that prints a value in a list; made once a list, called once a row, never with None."""
        return lambda value, _row: escape(value)

    def look_up(
        self, db: Session, reader: Reader, column: Column, screen: Screen, ids: Collection[Any], values: Collection[Any]
    ) -> Mapping[Any, Any]:
        """What this reader is told of the values of a page that does not stand in them, by value, with one query: the ``extra`` of the others.

        ``ids`` are the keys of its rows.
        """
        return {}

    def present(self, column: Column, currency: str, extra: Mapping[Any, Any] | None) -> Show:
        """The same on the page of one row, where there is room."""
        return self.cell(column, currency, extra)

    def check(self, value: Any) -> None:
        """:raises TypeError: for a value that what prints it would not expect."""
        if not isinstance(value, self.types):
            raise TypeError(f"a value of the kind {self.name} cannot be {type(value).__name__}")

    # -- files and programs ---------------------------------------------------------------------

    def csv(self, column: Column, values: Sequence[Any], rows: Sequence[Any], extra: Any, zone: ZoneInfo, currency: str) -> Sequence[Any]:
        """A column of a block of rows as it stands in a file; ``""`` where there is nothing."""
        return [harmless(v) if type(v) is str else plain_text(v, zone) for v in values]

    def sheet(self, column: Column, values: Sequence[Any], rows: Sequence[Any], extra: Any, zone: ZoneInfo, currency: str) -> Sequence[Any]:
        """The same in a workbook for people: words instead of codes, and values that a spreadsheet program counts with."""
        return [str(v) if isinstance(v, LazyText | list | dict) else v for v in values]

    def dumper(self, column: Column, read: Callable[[Any], Any], extra: Mapping[Any, Any], currency: str) -> Callable[[Any], Any]:
        """A function from a row to what JSON says of it."""
        return lambda row: value if isinstance(value := read(row), str | int | float | bool | list | dict | None) else str(value)

    def schema(self, thing: Column | Field) -> dict[str, Any]:
        """What OpenAPI says of it: of a column as it is answered, of a field as it may be sent."""
        return {"type": "string", **self.room(thing)}

    def room(self, thing: Column | Field) -> dict[str, Any]:
        """How long a text of a field may be; one that is needed is not empty."""
        if not isinstance(thing, Field):
            return {}
        filled = {"minLength": 1, "pattern": r"\S"} if thing.required and thing.shown_when is None else {}
        return {"maxLength": thing.max_length or self.longest, **filled}

    def asked_schema(self, f: Filter) -> dict[str, Any]:
        """What OpenAPI says of a filter in an address."""
        return {"type": "string", "maxLength": 100}

    # -- forms ----------------------------------------------------------------------------------

    def read(self, f: Field, name: str, posted: Posted) -> Any:
        """The value of the input ``name``; None when nothing was typed.

        :raises ValueError: with the sentence that stands beside the field.
        """
        text = posted.form.get(name, "")
        posted.typed[name] = text
        return self.take(f, text, posted)

    def take(self, f: Field, text: str, posted: Posted) -> Any:
        """One text, from a form, a line of it or a cell of a file, as the value that the field means."""
        text = clean_text(text, f.max_length or self.longest)
        return self.parse(f, text, posted) if text else None

    def parse(self, f: Field, text: str, posted: Posted) -> Any:
        """The value of a text that is not empty.

        :raises ValueError: with the sentence that stands beside the field.
        """
        return text

    def loaded(self, f: Field, value: Any, currency: str) -> Any:
        """A stored value as ``read`` gives it."""
        return value

    def typed(self, f: Field, value: Any, context: FormContext) -> Any:
        """A stored value as somebody would type it; ``value`` is never None."""
        return value

    def draw(self, f: Field, shown: FormField, value: Any, posted: Posted, typed: bool) -> None:
        """What the input needs beside its value: choices, a sign before it, addresses."""

    def put(self, form: MultiDict[str, str], f: Field, name: str, value: Any, context: FormContext) -> None:
        """A JSON value as what a form would post.

        :raises Invalid: naming the field whose value is of the wrong kind.
        """
        if value is not None:
            form[name] = self.as_text(f, value, name, context)

    def as_text(self, f: Field, value: Any, name: str, context: FormContext) -> str:
        """A JSON value that is not null as it would be typed."""
        if type(value) not in self.sent_as:
            raise wrong_kind(name)
        if isinstance(value, str) and len(value) > (f.max_length or self.longest):  # as it was sent: space around it counts
            raise Invalid(errors={name: _l("At most %(number)s characters.", number=f.max_length or self.longest)})
        return str(value)

    def merged(self, sent: Any, held: Any, context: FormContext) -> Any:
        """A JSON value of a kind with ``partial`` beside what is stored: parts that were not sent stay."""
        return sent

    # -- filters --------------------------------------------------------------------------------

    def asked(self, f: Filter, text: str, zone: ZoneInfo, currency: str) -> Any:
        """What stands in an address as a value to compare with.

        :raises BadRequest: naming the filter.
        """
        return text[:100]

    def asked_range(self, f: Filter, low: str, high: str, zone: ZoneInfo, currency: str) -> tuple[Any, Any]:
        """Both ends of a range; None where it is open."""
        return (self.asked(f, low, zone, currency) if low else None, self.asked(f, high, zone, currency) if high else None)

    def asked_period(self, f: Filter, word: str, now: datetime, currency: str) -> tuple[Any, Any]:
        """Both ends of a range that has a name, of a kind with ``periods``.

        :raises BadRequest: naming the filter.
        """
        raise NotImplementedError

    def compare(self, column: Any, value: Any) -> Any:
        """The clause of a filter."""
        return column == value

    def compare_range(self, column: Any, low: Any, high: Any) -> Any:
        """The clause of a range; both ends belong to it."""
        from sqlalchemy import and_

        return and_(*([column >= low] if low is not None else []), *([column <= high] if high is not None else []))

    def draw_filter(self, f: Filter, shown: FilterField, value: Any, db: Session) -> bool:
        """What its control needs; False when it cannot be offered now. ``value`` is None when nothing is asked."""
        return True

    def words(self, f: Filter, value: Any, db: Session) -> str:
        """What is asked, on the chip that takes it away."""
        return str(value)


def clean_text(text: str, longest: int) -> str:
    """What was typed, without the space around it.

    :raises ValueError: for what no text holds, or more of it than there is room for.
    """
    text = text.replace("\r\n", "\n").strip()
    if "\x00" in text or any("\ud800" <= ch <= "\udfff" for ch in text):
        raise ValueError(_("This text has a character that cannot be stored."))
    if len(text) > longest:
        raise ValueError(_("At most %(number)s characters.", number=longest))
    return text


def plain_text(value: Any, zone: ZoneInfo) -> Any:
    """A value in a file whose kind says nothing more of it."""
    if value is None:
        return ""
    if isinstance(value, datetime):
        return value.astimezone(zone).isoformat(" ", "seconds")[:19]
    if isinstance(value, bool):
        return int(value)
    if isinstance(value, int | Decimal | date):
        return value
    return harmless(str(value))


def wrong_kind(name: str) -> Invalid:
    """The refusal of a JSON value."""
    return Invalid(errors={name: _l("This value is not of the right kind.")})
