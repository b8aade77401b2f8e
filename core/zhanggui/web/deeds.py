"""What a page of a screen posts: add, edit, delete, and the verbs, with the forms that ask before."""

from __future__ import annotations

from functools import cache
from typing import Any

from flask import flash, redirect, render_template, request
from sqlalchemy.orm import Session

from ..auth.fresh import NotFresh, require_recent
from ..config.days import shop_zone
from ..db.uow import reading, unit_of_work
from ..i18n.texts import gettext as _
from ..jobs.phases import OutsideTrouble
from ..kernel import clock
from ..kernel.actors import Actor
from ..kernel.errors import BadRequest, DomainError, Forbidden, NotFound
from . import cell_edits, context, writing
from .asking import Answer, draw_form
from .describe import Action, Field, Form, Preview, Screen
from .export_tasks import start_export
from .forms import Bound, Standing, bind, value_of
from .gateway import gateway
from .labels import namer, veiled
from .page import EachPart
from .query import hidden_columns, parse
from .verbs import perform


def back(screen: Screen) -> str:
    """Where a page of this screen goes back to: the list as it was, when we came from there."""
    came = request.referrer or ""
    prefix = f"{request.host_url.rstrip('/')}{screen.route}/?"
    return came[len(request.host_url.rstrip("/")) :] if came.startswith(prefix) else f"{screen.route}/"


def _after(screen: Screen, row_id: Any) -> str:
    from ..auth.headers import safe_next

    target = safe_next(request.values.get("next"), default="")
    if target:
        return target
    with reading() as db:
        try:
            gateway.one(db, screen, context.actor(), row_id)
        except (NotFound, Forbidden):  # the verb took it away, or it is not for this actor to see
            return f"{screen.route}/"
    return f"{screen.route}/{row_id}"


def _ask_who(screen: Screen) -> None:
    if screen.fresh:
        require_recent()


def show_add(screen: Screen, bound: Bound | None = None, error: DomainError | None = None) -> Answer:
    """The form of a new row: empty, or as it was typed with what is wrong with it."""
    _ask_who(screen)
    form = gateway.form(screen, context.actor(), new=True)
    return draw(screen, form, bound, error, title=_("Add %(thing)s", thing=screen.singular), action=f"{screen.route}/add")


def add_row(screen: Screen) -> Answer:
    """What the empty form posts."""
    _ask_who(screen)
    who, form = context.actor(), gateway.form(screen, context.actor(), new=True)
    bound = Bound()
    try:
        with unit_of_work() as db:
            standing = Standing(screen, lambda: None, db, context.form_context())
            bound = bind(form, request.form, request.files, context.form_context(), db, standing=standing)
            row_id = writing.add(db, screen, bound.check(), actor=who, now=clock.now())
    except DomainError as error:
        return show_add(screen, bound, error)
    flash(_("%(thing)s was added.", thing=screen.singular), "success")
    return redirect(_after(screen, row_id), 303)


def show_edit(screen: Screen, row_id: Any, bound: Bound | None = None, error: DomainError | None = None) -> Answer:
    """The form of one row: as it stands, or as it was typed with what is wrong with it."""
    if cell_edits.asked():
        return cell_edits.show(screen, None, row_id)
    _ask_who(screen)
    who = context.actor()
    with reading() as db:
        row = gateway.one(db, screen, who, row_id, permission="can_edit")
    title, where = _("Edit %(thing)s", thing=screen.singular), f"{screen.route}/{row_id}/edit"
    return draw(screen, gateway.form(screen, who), bound, error, title=title, action=where, row=row)


def edit_row(screen: Screen, row_id: Any) -> Answer:
    """What the form of one row posts. A save over somebody else's is refused, showing both."""
    if cell_edits.asked():
        return cell_edits.save(screen, None, row_id, _posted_version())
    _ask_who(screen)
    who, form = context.actor(), gateway.form(screen, context.actor())
    bound = Bound()
    try:
        with unit_of_work() as db:
            bound = bind(form, request.form, request.files, context.form_context(), db, standing=_standing(db, screen, who, row_id))
            gateway.may_touch(db, screen, who, row_id, "can_edit")
            writing.edit(db, screen, bound.check(), id=row_id, row_version=_posted_version(), actor=who, now=clock.now())
    except DomainError as error:
        return show_edit(screen, row_id, bound, error)
    flash(_("Saved."), "success")
    return redirect(_after(screen, row_id), 303)


def _standing(db: Session, screen: Screen, who: Actor, row_id: Any) -> Standing:
    """What stands in fields that this actor is not shown; the row is read only when a condition or a comparison asks."""
    row = cache(lambda: gateway.one(db, screen, who, row_id, permission="can_edit"))
    return Standing(screen, row, db, context.form_context())


def _posted_version() -> int | None:
    text = request.form.get("row_version", "")
    if text and not (text.isascii() and text.isdigit() and len(text) < 10):
        raise BadRequest(_("%(name)s must be a whole number above zero.", name="row_version"), field="row_version")
    return int(text) if text else None


def delete_row(screen: Screen, row_id: Any) -> Answer:
    """Delete one row, after the question was answered."""
    _ask_who(screen)
    who = context.actor()
    with unit_of_work() as db:
        writing.remove_row(db, resource=screen.resource, id=row_id, actor=who, now=clock.now())
    flash(_("%(thing)s was deleted.", thing=screen.singular), "success")
    return redirect(f"{screen.route}/", 303)


def ask_action(screen: Screen, action: Action, row_id: Any, bound: Bound | None = None, error: DomainError | None = None) -> Answer:
    """The questions of one verb on one row: empty, or as they were answered with what is wrong with it."""
    if cell_edits.asked():
        return cell_edits.show(screen, action, row_id)
    who = context.actor()
    if action.fresh is True:
        require_recent()
    with reading() as db:
        row = gateway.one(db, screen, who, row_id, permission=f"can_{action.name}")
    where, form = f"{screen.route}/{row_id}/{action.name}", gateway.questions(screen, action, who)
    title = f"{action.label} · {namer(screen, who)(row)}"
    return draw(screen, form, bound, error, title=title, action=where, row=row, verb=action, intro=str(action.about(row)) if action.about is not None else "")


def preview_action(screen: Screen, action: Action, row_id: Any) -> Answer:
    """What would follow from the answers so far, as the part of a form; nothing is stored. What is wrong is said by the form when it is sent."""
    who = context.actor()
    with reading() as db:
        row = gateway.one(db, screen, who, row_id, permission=f"can_{action.name}")
        bound = bind(gateway.questions(screen, action, who), request.form, request.files, context.form_context(), db)
        try:
            shown = action.preview(db, context.reader(), veiled(screen, who, row), bound.values) if action.preview is not None else Preview()
        except DomainError as error:
            said = list(getattr(error, "errors", {}).values())
            shown = Preview(notes=said or [error.text()])
    return render_template("zg/preview.html", preview=shown)


def begin_export(screen: Screen, kind: str) -> Answer:
    """The list as a file, by a task: on its page the file is downloaded."""
    who, arguments = context.actor(), context.arguments()
    query = parse(screen, arguments, who, zone=shop_zone(), currency=context.currency())
    with unit_of_work() as db:
        task_id = start_export(db, screen, query, arguments, kind=kind, actor=who, now=clock.now())
    return redirect(f"/tasks/{task_id}", 303)


def act_on_row(screen: Screen, action: Action, row_id: Any) -> Answer:
    """One verb on one row."""
    if cell_edits.asked():
        return cell_edits.save(screen, action, row_id, _posted_version())
    who = context.actor()
    form, bound = writing.form_of_verb(screen, action, row_id, who), Bound()

    def answers(db: Session) -> dict[str, Any]:
        nonlocal bound
        bound = bind(form, request.form, request.files, context.form_context(), db)
        values = bound.check()
        if action.fresh is True or (callable(action.fresh) and action.fresh(values)):
            require_recent()
        return values

    try:
        said = perform(action, row_id, who, answers)
    except OutsideTrouble as trouble:
        flash(trouble.text(), "warning")
        return redirect(_after(screen, row_id), 303)
    except DomainError as error:
        if not form.fields or isinstance(error, NotFresh):
            raise
        return ask_action(screen, action, row_id, bound, error)
    flash(said or str(action.done) or _("Done."), "success")
    return redirect(_after(screen, row_id), 303)


def _note(screen: Screen, row: Any) -> str:
    """What somebody wrote on the row, where its card shows that to this actor."""
    if row is None or screen.card.note is None or screen.card.note in hidden_columns(screen, context.actor()):
        return ""
    return str(getattr(row, screen.card.note, None) or "")


def draw(
    screen: Screen, form: Form, bound: Bound | None, error: DomainError | None, *, title: str, action: str, row: Any = None,
    verb: Action | None = None, hidden: list[tuple[str, str]] | None = None, intro: str = "", each: EachPart | None = None, submit: str = "",
    like: Any = None,
) -> Answer:  # fmt: skip
    """The form of a row, or the questions of a verb: empty, from a row, or as it was typed with what is wrong with it.

    :param like: of a selection, a row whose values stand in what is asked once.
    """
    hidden = list(hidden or ())
    if row is not None and "row_version" in row._fields and verb is None:
        hidden.append(("row_version", str(row.row_version)))

    def held(f: Field, db: Session) -> Any:
        if like is not None:
            return f.get(db, like) if f.get is not None else f.default
        return value_of(f, row if verb is None or f.get is not None else None, db)

    return draw_form(
        form, held, bound, error, title=title, action=action, submit=submit or (verb.label if verb else ""), hidden=hidden,
        back=back(screen) if row is None else f"{screen.route}/{getattr(row, screen.key)}",
        screen_key=f"{screen.resource}.{verb.name if verb else 'add' if row is None else 'edit'}", draft_key=f"{screen.resource}:{request.path}",
        tone=verb.tone if verb and verb.tone == "danger" else "primary", intro=intro or (verb.question(row) if verb else ""),
        stays=str(verb.stays) if verb else "", note=_note(screen, row) if verb else "", each=each,
        standing=(lambda db: Standing(screen, lambda: row, db, context.form_context())) if verb is None else None,
        preview=f"{action}/preview" if verb is not None and verb.preview is not None and row is not None else "",
    )  # fmt: skip
