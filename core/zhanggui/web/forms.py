"""Forms: what was typed, read by the kind of each field, and given back unchanged when it is wrong.

Only names of declared fields are ever read, so a column that is not in the form cannot be posted.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy.orm import Session
from werkzeug.datastructures import FileStorage, MultiDict

from ..host.contain import attempt, watch_of
from ..i18n.texts import gettext as _
from ..kernel.errors import Invalid
from .describe import Field
from .kinds import FormContext, Posted, kind_of
from .page import FormField

LEFT_OUT = "_left_out"  # fields of other plugins that could not be shown: what they stand for stays as it is


@dataclass
class Bound:
    """A form after it was read: ``values`` for the service, ``errors`` by field, ``typed`` to show again."""

    values: dict[str, Any] = field(default_factory=dict)
    errors: dict[str, str] = field(default_factory=dict)
    typed: dict[str, Any] = field(default_factory=dict)

    def check(self) -> dict[str, Any]:
        """The values.

        :raises Invalid: when a field is wrong.
        """
        if self.errors:
            raise Invalid(errors=self.errors)
        return self.values


def bind(
    fields: Sequence[Field], form: MultiDict[str, str], files: MultiDict[str, FileStorage], context: FormContext, db: Session
) -> Bound:
    """Read ``fields`` from a posted form. Pictures are stored in ``db``'s transaction."""
    posted = Posted(form, files, context, db)
    bound = Bound(typed=posted.typed, errors=posted.errors)
    left_out = set(form.getlist(LEFT_OUT))
    for f in fields:
        if f.name in left_out and watch_of(f.get) is not None:
            continue  # nobody saw it, so nobody changed it
        try:
            value = kind_of(f.kind).read(f, f.name, posted)
            if f.clean is not None and value is not None:
                value = f.clean(value)
        except Invalid as error:
            bound.errors[f.name] = error.text()
        except ValueError as error:
            bound.errors[f.name] = str(error)
        else:
            if value is None and f.required:
                bound.errors.setdefault(f.name, _("%(label)s is needed.", label=str(f.label)))
            bound.values[f.name] = value
    return bound


def present_or_leave_out(f: Field, show: Callable[[], FormField]) -> FormField | None:
    """The view model of a field; None when the plugin that added it fails."""
    shown: FormField | None = attempt(f.get, show, lambda: None)
    return shown


def draw(f: Field, value: Any, posted: Posted, *, typed: bool) -> FormField:
    """The view model of one field: ``value`` is what was typed, or what the row holds."""
    kind = kind_of(f.kind)
    shown = value if typed else (None if kind.several else "") if value is None else kind.typed(f, value, posted.context)
    result = FormField(
        name=f.name, id=f"f-{f.name}", label=str(f.label), control=kind.control, value=shown, input_type=kind.input_type, wide=kind.wide, verbatim=kind.verbatim,
        required=f.required, help=str(f.help), errors=[posted.errors[f.name]] if f.name in posted.errors else [], scan=f.scan,
        minimum=f.minimum, maximum=f.maximum, max_length=f.max_length, inputmode=kind.inputmode, autocomplete=f.autocomplete,
    )  # fmt: skip
    kind.draw(f, result, shown, posted, typed)
    return result
