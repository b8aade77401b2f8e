"""A cell of a list that becomes an input: the form of its row, or the sheet of a verb, with all but one input out of sight.

What is posted goes the way of that form, with its right, the version of the row and its trail; what is wrong stays in the cell.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import Any

from flask import render_template, request
from sqlalchemy.orm import Session

from ..db.uow import reading, unit_of_work
from ..i18n.texts import gettext as _
from ..kernel import clock
from ..kernel.actors import Actor
from ..kernel.errors import BadRequest, DomainError, Forbidden, NotFound, StaleRow
from . import context, writing
from .cells import printer
from .describe import Action, Column, Field, Form, Screen
from .edit_targets import Target, target_of
from .forms import Bound, Standing, bind, value_of
from .forms import draw as draw_field
from .gateway import gateway
from .kinds import Posted, kind_of
from .labels import namer
from .page import FormField
from .query import visible_columns
from .verbs import perform

CELL = "cell"  # in an address: the column that asks
_POSTED = "_cell"  # the same in what is posted
_WAS = "_was"  # what the cell held when it was opened, of a row that has no version
_SHEET = "", 204  # one input is not enough
Answer = str | tuple[str, int]


def edits_for(screen: Screen, actor: Actor, columns: Sequence[Column]) -> dict[str, tuple[Callable[[Any], bool] | None, str]]:
    """Of these columns, those that this actor may edit: when a row allows it, and where that is asked below the row's address."""
    found: dict[str, tuple[Callable[[Any], bool] | None, str]] = {}
    for column in columns:
        if column.edit is None:
            continue
        target = target_of(screen, column, kind_of)
        verb = target.verb if target is not None else None
        if target is None or (verb is None and screen.update is None) or not actor.may(f"can_{verb.name if verb else 'edit'}", screen.resource):
            continue
        form = gateway.questions(screen, verb, actor) if verb is not None else gateway.form(screen, actor)
        if any(f.name == target.field.name for f in form.fields):
            found[column.name] = (verb.when if verb is not None else None, verb.name if verb is not None else "edit")
    return found


def asked() -> bool:
    """Whether this request is about a cell."""
    return context.is_fragment() and (CELL in request.args or _POSTED in request.form)


def show(screen: Screen, verb: Action | None, row_id: Any) -> Answer:
    """The input of a cell, or the word that one is not enough."""
    return _draw(screen, verb, row_id, request.args.get(CELL, ""), None, None)


def save(screen: Screen, verb: Action | None, row_id: Any, version: int | None) -> Answer:
    """What the input of a cell posts: what is to be said, or the input again with what is wrong."""
    who, cell, bound = context.actor(), request.form.get(_POSTED, ""), Bound()
    try:
        if verb is not None:
            form = writing.form_of_verb(screen, verb, row_id, who)

            def answers(db: Session) -> Mapping[str, Any]:
                nonlocal bound
                bound = bind(form, request.form, request.files, context.form_context(), db)
                writing.check_version(db, screen, row_id, version)
                _not_moved(db, screen, verb, row_id, cell, version)
                return bound.check()

            said = perform(verb, row_id, who, answers) or str(verb.done)
        else:
            form = _only(gateway.form(screen, who), _target(screen, None, cell)[1])
            with unit_of_work() as db:
                row = gateway.one(db, screen, who, row_id, permission="can_edit")
                bound = bind(form, request.form, request.files, context.form_context(), db, standing=Standing(screen, lambda: row, db, context.form_context()))
                _not_moved(db, screen, None, row_id, cell, version)
                writing.edit(db, screen, bound.check(), id=row_id, row_version=version, actor=who, now=clock.now())
            said = ""
    except (NotFound, Forbidden):
        raise
    except DomainError as error:
        return _draw(screen, verb, row_id, cell, bound, error)
    return render_template("zg/cell_part.html", said=said or _("Saved."))


def _only(form: Form, target: Target) -> Form:
    """The form of a row with one field: what is not given stays."""
    return replace(form, fields=[f for f in form.fields if f.name == target.field.name])


def _not_moved(db: Session, screen: Screen, verb: Action | None, row_id: Any, cell: str, version: int | None) -> None:
    """Of a row without a version, whether the value is still the one that somebody changes.

    :raises StaleRow: when it is not.
    """
    if version is None:
        column, target = _target(screen, verb, cell)
        row = gateway.one(db, screen, context.actor(), row_id, permission=f"can_{verb.name if verb is not None else 'edit'}")
        if _held(column, target, row, Posted(request.form, request.files, context.form_context(), db)) != request.form.get(_WAS, ""):
            raise StaleRow()


def _held(column: Column, target: Target, row: Any, posted: Posted) -> str:
    """What the input of a cell holds before anything is typed."""
    inputs, _rest = _drawn(target.field, target, column, row, None, posted)
    return str(inputs[0].value)


def _target(screen: Screen, verb: Action | None, name: str) -> tuple[Column, Target]:
    """:raises BadRequest: for a column that is none of this actor's, or that edits something else."""
    column = next((c for c in visible_columns(screen, context.actor()) if c.name == name), None)
    target = target_of(screen, column, kind_of) if column is not None else None
    if column is None or target is None or target.verb is not verb:
        raise BadRequest(_("%(name)s is no column that can be changed here.", name=name[:40]), field=CELL)
    return column, target


def _draw(screen: Screen, verb: Action | None, row_id: Any, name: str, bound: Bound | None, error: DomainError | None) -> Answer:
    who = context.actor()
    column, target = _target(screen, verb, name)
    form = gateway.questions(screen, verb, who) if verb is not None else gateway.form(screen, who)
    if not any(f.name == target.field.name for f in form.fields):
        raise Forbidden()
    errors = {n: str(text) for n, text in getattr(error, "errors", {}).items()}
    if error is not None and error.field:
        errors.setdefault(error.field, error.text())
    with reading() as db:
        row = gateway.one(db, screen, who, row_id, permission=f"can_{verb.name if verb is not None else 'edit'}")
        posted = Posted(request.form, request.files, context.form_context(), db)
        fields = list(form.fields) if verb is not None else [f for f in form.fields if f.name == target.field.name]
        drawn = [_drawn(f, target, column, row, bound, posted) for f in fields]
        held = _held(column, target, row, posted)
        stands = _stands(db, column, row) if isinstance(error, StaleRow) else ""
    inputs, hidden = [field for fields, _hidden in drawn for field in fields], [pair for _fields, hidden in drawn for pair in hidden]
    if len(inputs) != 1:
        return _SHEET
    label = _("%(column)s of %(name)s", column=str(column.label), name=str(namer(screen, who)(row)))
    sentences = list(errors.values()) or ([error.text()] if error is not None else [])
    if stands:
        sentences.append(_("Saved now: %(value)s. Saving again keeps what you typed.", value=stands))
    if "row_version" in row._fields:
        hidden.append(("row_version", str(row.row_version)))
    else:
        hidden.append((_WAS, held))
    inputs[0].errors, inputs[0].help, inputs[0].id = sentences, "", "cell-input"
    where = f"{screen.route}/{row_id}/{verb.name if verb is not None else 'edit'}"
    page = render_template(
        "zg/cell_part.html", field=inputs[0], label=label, action=where, hidden=[*hidden, (_POSTED, name)], more=bool(errors) and len(fields) > 1, said="",
    )  # fmt: skip
    return page, error.status if error is not None else 200


def _drawn(f: Field, target: Target, column: Column, row: Any, bound: Bound | None, posted: Posted) -> tuple[list[FormField], list[tuple[str, str]]]:
    """What a field needs in a cell: the inputs that have to be seen, and the values that go along. Two inputs mean that the sheet is needed."""
    typed = bound is not None
    mine = f.name == target.field.name
    held = bound.typed.get(f.name) if bound is not None else value_of(f, row if f.get is not None or target.verb is None else None, posted.db)
    if mine and target.part is None and held is None and not typed and f.get is None:
        held = getattr(row, column.name, None)  # the question of a verb stands for what the column shows
    shown = draw_field(f, held, posted, typed=typed)
    if mine and target.part is None:
        return [shown], []
    if not mine:
        return ([shown, shown], []) if f.required else ([], [])
    lines = shown.rows if not f.grows else shown.rows[:-1]
    if len(lines) != 1:
        return [shown, shown], []
    seen = [part for part, sub in zip(lines[0], f.rows, strict=True) if sub.name == target.part.name]  # type: ignore[union-attr] # a part, as asked above
    rest = [(part.name, "" if part.value is None else str(part.value)) for part, sub in zip(lines[0], f.rows, strict=True) if sub.name != target.part.name]  # type: ignore[union-attr]
    return seen, rest


def _stands(db: Session, column: Column, row: Any) -> str:
    """What the cell would show now."""
    extra = column.load(db, context.reader(), [getattr(row, "id", None)]) if column.load is not None else None
    return str(printer(column, context.currency(), extra, "id")(row).striptags())
