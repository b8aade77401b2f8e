"""Forms on pages: drawn empty, from what is stored, or as they were typed with what is wrong; also for a plugin's own view."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from typing import Any

from flask import flash, g, redirect, render_template, request
from markupsafe import Markup
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response as BaseResponse

from ..auth.headers import safe_next
from ..db.uow import reading, unit_of_work
from ..i18n.texts import gettext as _
from ..kernel.errors import DomainError, Forbidden, NotFound, StaleRow
from . import context
from .conflicts import in_words
from .describe import Field, Form
from .forms import LEFT_OUT, Bound, Standing, bind, condition_words, draw, holds, present_or_leave_out, wanted_texts
from .kinds import Posted, kind_of
from .page import EachPart, FormField, FormGroup, FormPage

Answer = str | BaseResponse | tuple[str, int]
Held = Callable[[Field, Session], Any]  # what is stored in a field


def show_form(
    form: Form, *, title: Any, action: str, back: str, values: Mapping[str, Any] | None = None, submit: Any = "", intro: Any = "",
) -> Answer:  # fmt: skip
    """The page of a form of a plugin's own view; ``action`` is the address of the method that calls :func:`take_form`.

    :param values: what stands in it, by field; a field that is not there shows its default.
    """
    held = values or {}
    return draw_form(form, lambda f, _db: held.get(f.name, f.default), title=title, action=action, back=back, submit=submit, intro=intro)


def take_form(
    form: Form, save: Callable[..., Any], *, title: Any, action: str, back: str, then: str | Callable[[Any], str] = "", said: Any = "",
    submit: Any = "", intro: Any = "", show: Callable[[Any], Answer] | None = None,
) -> Answer:  # fmt: skip
    """What such a page posts: ``save(db, **values)`` in a unit of work, then the address ``then`` (or what it makes of the answer).

    ``show`` makes the next page of the answer at once: for what is shown this once and kept nowhere.

    A refusal shows the form again, as it was typed, with what is wrong at its fields.
    """
    bound = Bound()
    try:
        with unit_of_work() as db:
            bound = bind(form, request.form, request.files, context.form_context(), db)
            saved = save(db, **bound.check())
    except DomainError as error:
        return draw_form(form, lambda f, _db: f.default, bound, error, title=title, action=action, back=back, submit=submit, intro=intro)
    if show is not None:
        return show(saved)
    flash(str(said) or _("Saved."), "success")
    return redirect(safe_next(request.values.get("next"), default="") or (then(saved) if callable(then) else then), 303)


def draw_form(
    form: Form, held: Held, bound: Bound | None = None, error: DomainError | None = None, *, title: Any, action: str, back: str,
    submit: Any = "", hidden: Sequence[tuple[str, str]] = (), screen_key: str = "", draft_key: str = "", tone: str = "primary", intro: Any = "",
    standing: Callable[[Session], Standing] | None = None, preview: str = "", stays: str = "", note: str = "", each: EachPart | None = None,
) -> Answer:  # fmt: skip
    """A form as a page, or as the part of one that a sheet shows.

    :param standing: of the form of a row: what it holds in fields that this reader is not shown. A field of another plugin that
        fails is left out of such a form, and whoever reads what is posted is told.
    """
    if isinstance(error, NotFound | Forbidden):
        raise error
    if bound is not None:
        bound.keep_files()
    errors = {name: str(text) for name, text in getattr(error, "errors", {}).items()}
    if error is not None and error.field:
        errors.setdefault(error.field, error.text())
    typed: dict[str, Any] = {}
    deciding = {f.shown_when.field for f in form.fields if f.shown_when is not None}

    def show(f: Field, posted: Posted) -> FormField:
        value = bound.typed.get(f.name) if bound is not None else held(f, posted.db)
        if bound is not None and kind_of(f.kind).framed:
            value = held(f, posted.db), value or {}
        shown = draw(f, value, posted, typed=bound is not None)
        if f.name in deciding:
            typed[f.name] = value if bound is not None or value is None else kind_of(f.kind).typed(f, value, posted.context)
        return shown

    with reading() as db:
        posted = Posted(request.form, request.files, context.form_context(), db, errors=errors)
        drawn = [(f, present_or_leave_out(f, partial(show, f, posted)) if standing else show(f, posted)) for f in form.fields]
        drawn = [(f, field) for f, field in drawn if _may_count(f, form, standing(db) if standing else None)]
        conflict = in_words(db, context.actor(), form.fields, error.changed, {**bound.typed, **bound.values}) if isinstance(error, StaleRow) and bound else []
    there = {f.name: (f, field) for f, field in drawn if field is not None}
    for f, field in there.values():
        if form.key:
            field.marks = Markup(' data-key="field:%s.%s"') % (form.key, f.name)
    for f, field in there.values():
        if f.shown_when is not None and f.shown_when.field in there:
            field.off = not _counts(f, typed, there)
            field.when_words = condition_words(f.shown_when, there[f.shown_when.field][0])
            wanted = json.dumps(wanted_texts(f.shown_when) if f.shown_when.values else [], ensure_ascii=False)
            field.marks += Markup(' data-when="%s" data-wanted="%s"%s') % (f.shown_when.field, wanted, Markup(" data-off") if field.off else "")
    hidden = [*hidden, *((LEFT_OUT, f.name) for f, field in drawn if field is None)]
    if request.values.get("next"):
        hidden.append(("next", request.values["next"]))
    known = {name for name in errors if name.split("-")[0] in there}
    listed = [(f"f-{name}" if name in known else "", _named(name, text, there)) for name, text in errors.items()]
    if error is not None and not listed:
        listed = [("", error.text())]
    page = FormPage(
        title=str(title), action=action, fields=[field for f, field in there.values() if not _group_of(form, f)],
        groups=_groups(form, there), submit=str(submit) or _("Save"), back=back, hidden=hidden, errors=listed,
        conflict=conflict, draft_key=draft_key, tone=tone,
        multipart=each is not None or any(kind_of(f.kind).upload for f in form.fields), intro=str(intro), key=screen_key or form.key, sheet=context.is_fragment(),
        preview=preview, stays=stays, note=note, each=each,
    )  # fmt: skip
    template = "zg/form_part.html" if page.sheet else "zg/form.html"
    g.zg_refusal = error.code if error is not None else None
    return render_template(template, page=page), error.status if error is not None else 200


def _named(name: str, text: str, there: Mapping[str, tuple[Field, FormField]]) -> str:
    """What is wrong in a line of a small table, with the line and the field that it is about."""
    field, _dash, place = name.partition("-")
    number, _dash, part = place.partition("-")
    sub = next((sub for sub in there[field][0].rows if sub.name == part), None) if field in there else None
    if sub is None or not number.isdecimal() or int(number) >= len(there[field][1].rows):
        return text
    line = there[field][1].rows[int(number)]
    said = next((str(shown.value) for shown, of in zip(line, there[field][0].rows, strict=True) if of.fixed and shown.value), "")
    return _("%(line)s, %(field)s: %(sentence)s", line=said or _("Line %(number)s", number=int(number) + 1), field=str(sub.label), sentence=text)


def _may_count(f: Field, form: Form, standing: Standing | None) -> bool:
    """Whether a field can come to count: one that depends on what this reader is not shown counts now, or not at all."""
    when = f.shown_when
    if when is None or any(other.name == when.field for other in form.fields):
        return True
    return standing is not None and holds(when, standing.typed(when.field))


def _counts(f: Field, typed: Mapping[str, Any], there: Mapping[str, tuple[Field, FormField]]) -> bool:
    when = f.shown_when
    if when is None or when.field not in there:
        return True
    return holds(when, typed.get(when.field)) and _counts(there[when.field][0], typed, there)


def _group_of(form: Form, f: Field) -> str:
    return f.fieldset if f.fieldset is not None and any(group.id == f.fieldset for group in form.fieldsets) else ""


def _groups(form: Form, there: Mapping[str, tuple[Field, FormField]]) -> list[FormGroup]:
    groups = []
    for group in sorted(form.fieldsets, key=lambda group: group.order):
        fields = [field for f, field in there.values() if f.fieldset == group.id]
        if fields:
            key = f"{form.key}.{group.id}" if form.key else ""
            groups.append(FormGroup(group.id, str(group.title), fields, str(group.help), all(field.off for field in fields), group.aside, key))
    return groups
