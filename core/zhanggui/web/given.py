"""What a program or a job gives for a row: JSON values, or values as the kinds type them, read by the one reader of forms."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date, datetime, time
from decimal import Decimal
from typing import Any

from sqlalchemy.orm import Session
from werkzeug.datastructures import MultiDict

from ..i18n.texts import gettext as _
from ..i18n.texts import lazy_gettext as _l
from ..kernel.errors import Invalid
from ..kernel.money import Money
from .describe import Field, Form
from .forms import Standing, bind
from .kinds import FormContext, kind_of


def read_given(
    db: Session, form: Form, given: Mapping[str, Any], context: FormContext, standing: Standing | None = None, *, allowed: Form | None = None,
) -> dict[str, Any]:  # fmt: skip
    """The values of a form, as a service gets them. ``allowed`` is the whole form where ``form`` has only what is given.

    :raises Invalid: naming a field that there is not, or one whose value is wrong, or one that is not asked for as things
        stand: to a program it would seem saved.
    """
    bound = bind(form, as_posted((allowed or form).fields, given, context), MultiDict(), context, db, standing=standing)
    for f in form.fields:
        if f.name in bound.unasked and f.shown_when is not None and given.get(f.name) is not None:
            bound.errors[f.name] = _("This is not asked for here: it depends on “%(field)s”.", field=f.shown_when.field)
    return bound.check()


def as_posted(fields: Sequence[Field], given: Mapping[str, Any], context: FormContext) -> MultiDict[str, str]:
    """Values as the form they stand for, so that there is one way to read input.

    :raises Invalid: naming the field that there is not, or whose value is of the wrong kind.
    """
    names = {f.name: f for f in fields}
    unknown = set(given) - set(names)
    if unknown:
        raise Invalid(errors={name: _l("There is no such field.") for name in sorted(unknown)})
    form: MultiDict[str, str] = MultiDict()
    for name, value in given.items():
        kind_of(names[name].kind).put(form, names[name], name, plain(value), context)
    return form


def with_other_parts(db: Session, fields: Sequence[Field], row: Any, given: Mapping[str, Any], context: FormContext) -> dict[str, Any]:
    """What is given, with the parts of a value that were not, such as languages, as they stand."""
    whole = dict(given)
    for f in fields:
        kind = kind_of(f.kind)
        if kind.partial and f.get is not None:
            whole[f.name] = kind.merged(given[f.name], f.get(db, row), context)
    return whole


def plain(value: Any) -> Any:
    """A typed value as JSON has it: ``Money`` with its currency, ``Decimal`` as text, days and moments as ISO 8601 writes them."""
    if isinstance(value, Money):
        return {"amount": value.amount, "currency": value.currency}
    if isinstance(value, Decimal):
        return f"{value:f}"
    if isinstance(value, datetime | date):
        return value.isoformat()
    if isinstance(value, time):
        return f"{value:%H:%M}"
    if isinstance(value, Mapping):
        return {name: plain(part) for name, part in value.items()}
    if isinstance(value, list | tuple):
        return [plain(part) for part in value]
    return value
