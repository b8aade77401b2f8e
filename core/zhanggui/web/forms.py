"""Forms: what was typed, read by the kind of each field, and given back unchanged when it is wrong.

Only names of declared fields are ever read, so a column that is not in the form cannot be posted.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy.orm import Session
from werkzeug.datastructures import FileStorage, MultiDict

from ..db.uow import unit_of_work
from ..host.contain import attempt, watch_of
from ..i18n.texts import gettext as _
from ..kernel.errors import Invalid
from .describe import Field, Form, Screen, When
from .kinds import FormContext, Posted, kind_of
from .kinds.chosen import choices_of
from .page import FormField

LEFT_OUT = "_left_out"  # fields of other plugins that could not be shown: what they stand for stays as it is


@dataclass
class Bound:
    """A form after it was read: ``values`` for the service, ``errors`` by field, ``typed`` to show again.

    The error of the name ``""`` is about the form as a whole. ``unasked`` names fields whose condition does not hold.
    """

    values: dict[str, Any] = field(default_factory=dict)
    errors: dict[str, str] = field(default_factory=dict)
    typed: dict[str, Any] = field(default_factory=dict)
    unasked: set[str] = field(default_factory=set)
    drafts: list[Callable[[Session], object]] = field(default_factory=list)

    def check(self) -> dict[str, Any]:
        """The values.

        :raises Invalid: when a field is wrong.
        """
        if self.errors:
            raise Invalid(errors=self.errors)
        return self.values

    def keep_files(self) -> None:
        """Keep the files that were sent with a form that was refused, as drafts of whoever sent it, for a day."""
        if self.drafts:
            with unit_of_work() as db:
                for keep in self.drafts:
                    keep(db)
            self.drafts.clear()


class Standing:
    """What a row holds in fields that were not sent: conditions and comparisons look at them too.

    A row that is not there yet holds the defaults.
    """

    def __init__(self, screen: Screen, row: Callable[[], Any], db: Session, context: FormContext) -> None:
        fields = screen.fields() if callable(screen.fields) else screen.fields
        self._fields, self._row, self._db, self._context = {f.name: f for f in fields}, row, db, context

    def typed(self, name: str) -> Any:
        """As somebody would have typed it; None when there is no such field or nothing in it."""
        f = self._fields.get(name)
        value = None if f is None else value_of(f, self._row(), self._db)
        return None if f is None or value is None else kind_of(f.kind).typed(f, value, self._context)

    def stored(self, name: str) -> Any:
        """As it is stored."""
        return value_of(self._fields[name], self._row(), self._db)

    def values(self, without: Iterable[str]) -> dict[str, Any]:
        """As they would have been read."""
        rest = {name: f for name, f in self._fields.items() if name not in without}
        held = {name: value_of(f, self._row(), self._db) for name, f in rest.items()}
        return {n: None if v is None else kind_of(rest[n].kind).loaded(rest[n], v, self._context.currency) for n, v in held.items()}


def value_of(f: Field, row: Any, db: Session) -> Any:
    """What a row holds in a field; the field's default where there is no row yet."""
    if row is None:
        return f.default
    return f.get(db, row) if f.get is not None else getattr(row, f.name, None)


def bind(
    form: Form, sent: MultiDict[str, str], files: MultiDict[str, FileStorage], context: FormContext, db: Session, *,
    standing: Standing | None = None,
) -> Bound:  # fmt: skip
    """Read what was posted for a form. Pictures are stored in ``db``'s transaction.

    :param standing: what is there already, for fields that the form does not have.
    """
    reading = _Reading(form.fields, Posted(sent, files, context, db), standing)
    for f in form.fields:
        reading.read(f)
    bound = reading.bound
    if form.validate is not None and not bound.errors:
        there = standing.values(bound.values) if standing is not None else {}
        for name, sentence in form.validate({**there, **bound.values}):
            name = name if name in reading.fields else ""
            bound.errors[name] = f"{bound.errors[name]} {sentence}" if name in bound.errors else str(sentence)
    return bound


class _Reading:
    """One form while it is read: a field after the one that it depends on."""

    def __init__(self, fields: Sequence[Field], posted: Posted, standing: Standing | None) -> None:
        self.fields = {f.name: f for f in fields}
        self.bound = Bound(typed=posted.typed, errors=posted.errors, drafts=posted.drafts)
        self._posted, self._standing = posted, standing
        self._left_out = set(posted.form.getlist(LEFT_OUT))
        self._met: set[str] = set()

    def read(self, f: Field) -> None:
        """Read a field once, with what it depends on."""
        if f.name in self._met:
            return
        self._met.add(f.name)
        if f.name in self._left_out and watch_of(f.get) is not None:
            return  # nobody saw it, so nobody changed it
        if f.shown_when is not None and not self._holds(f.shown_when):
            self.bound.unasked.add(f.name)
            if not kind_of(f.kind).several and f.name in self._posted.form:
                self._posted.typed[f.name] = self._posted.form[f.name]  # shown again beside a condition that was mistyped
            return
        errors = self.bound.errors
        try:
            value = self._left(f) if self._is_left(f) else kind_of(f.kind).read(f, f.name, self._posted)
            if f.clean is not None and value is not None:
                value = f.clean(value)
        except Invalid as error:
            errors[f.name] = error.text()
        except ValueError as error:
            errors[f.name] = str(error)
        else:
            if value is None and f.required:
                errors.setdefault(f.name, _("%(label)s is needed.", label=str(f.label)))
            self.bound.values[f.name] = value

    def _is_left(self, f: Field) -> bool:
        """Whether a row that is pointed to is the one that was: it stays also for who may not see it, and so could not choose it."""
        sent = self._posted.form.get(f.name, "")
        return kind_of(f.kind).points and bool(sent) and self._standing is not None and str(self._standing.typed(f.name)) == sent

    def _left(self, f: Field) -> Any:
        assert self._standing is not None
        self._posted.typed[f.name] = self._posted.form[f.name]
        return self._standing.stored(f.name)

    def _holds(self, when: When) -> bool:
        other = self.fields.get(when.field)
        if other is not None:
            self.read(other)
            return other.name not in self.bound.unasked and holds(when, self._posted.typed.get(other.name))
        return self._standing is not None and holds(when, self._standing.typed(when.field))


def holds(when: When, typed: Any) -> bool:
    """Whether a condition holds where this was typed; the script in the page compares the same texts."""
    texts = _texts(typed)
    return any(text in wanted_texts(when) for text in texts) if when.values else any(texts)


def wanted_texts(when: When) -> list[str]:
    """The values of a condition as they are typed."""
    return _texts(list(when.values))


def _texts(typed: Any) -> list[str]:
    if isinstance(typed, Mapping):
        typed = list(typed.values())
    several = typed if isinstance(typed, list | tuple) else [typed]
    return ["1" if one is True else "" if one is None or one is False else str(one).strip() for one in several] or [""]


def present_or_leave_out(f: Field, show: Callable[[], FormField]) -> FormField | None:
    """The view model of a field; None when the plugin that added it fails."""
    shown: FormField | None = attempt(f.get, show, lambda: None)
    return shown


def draw(f: Field, value: Any, posted: Posted, *, typed: bool) -> FormField:
    """The view model of one field: ``value`` is what was typed, or what the row holds."""
    kind = kind_of(f.kind)
    shown = value if typed else (None if kind.several else "") if value is None else kind.typed(f, value, posted.context)
    result = FormField(
        name=f.name, id=f"f-{f.name}", label=str(f.label), control=kind.control, value=shown, input_type=kind.input_type, wide=kind.wide,
        verbatim=kind.verbatim, required=f.required, help=str(f.help), errors=[posted.errors[f.name]] if f.name in posted.errors else [],
        scan=f.scan, minimum=f.minimum, maximum=f.maximum, max_length=f.max_length, inputmode=kind.inputmode, autocomplete=f.autocomplete,
    )  # fmt: skip
    kind.draw(f, result, shown, posted, typed)
    return result


def condition_words(when: When, other: Field) -> str:
    """When a field counts, for whoever sees all of them because no script runs."""
    if not when.values:
        return _("Only when “%(field)s” is filled in.", field=str(other.label))
    words = {str(c.value): str(c.label) for c in choices_of(other)} or {"1": _("yes"), "": _("no")}
    named = ", ".join(words.get(text, text) for text in wanted_texts(when))
    return _("Only when “%(field)s” is: %(values)s", field=str(other.label), values=named)
