"""What is posted for a selection of a list: the questions of its verb, once for all or for each row, and then the verb on each row."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any
from urllib.parse import parse_qsl

from flask import flash, redirect, render_template, request
from markupsafe import Markup
from sqlalchemy import Row
from sqlalchemy.orm import Session
from werkzeug.datastructures import MultiDict

from ..config.days import shop_zone
from ..db.uow import reading, unit_of_work
from ..i18n.formats import fmt
from ..i18n.texts import gettext as _
from ..i18n.wording import spoken, stored
from ..kernel import clock
from ..kernel.actors import Actor
from ..kernel.errors import DomainError, Invalid, NotFound
from . import context, pasted
from .asking import Answer
from .cells import printer
from .deeds import back, draw
from .describe import Action, Field, Form, Screen
from .forms import Bound, bind, wanted_texts
from .forms import draw as draw_field
from .gateway import gateway
from .kinds import Posted
from .labels import namer
from .page import EachPart, EachRow
from .query import ListQuery, parse, visible_columns
from .several import Summary, act_on_rows, refusals, start_on_all, state_refusal, told

MAX_BULK = 200
ALL = "all"  # the question of a list, as it stands in its address, in place of ids


def act_on_many(screen: Screen, verb: Action) -> Answer:
    """One verb on a selection. What it asks stands in one form; each refusal is told by name, in one summary at the end."""
    who, form = context.actor(), gateway.questions(screen, verb, context.actor())
    gateway.check(screen, who, f"can_{verb.name}")
    each = [f for f in form.fields if f.each]
    query = _posted_query(screen, who)
    ids = _posted_ids() if query is None else _ids_of(screen, who, query) if each else []
    if each:
        return _ask_each(screen, verb, form, each, ids)
    bound = Bound()
    if form.fields:
        asked = _once(screen, verb, form, ids, query, bound)
        if asked is not None:
            return asked
    values = _given(bound.values)
    if query is None:
        return _told(screen, verb, act_on_rows(screen, verb, dict.fromkeys(ids, values), actor=who))
    with unit_of_work() as db:
        arguments = dict(parse_qsl(request.form[ALL]))
        task_id = start_on_all(db, screen, verb, query, arguments, values, actor=who, now=clock.now())
    return redirect(f"/tasks/{task_id}", 303)


def _once(screen: Screen, verb: Action, form: Form, ids: Sequence[Any], query: ListQuery | None, bound: Bound) -> Answer | None:
    """The questions that are asked once for all; None when they are answered, and ``bound`` has the answers."""
    hidden = [("_asked", "1"), *((("ids", str(i)) for i in ids) if query is None else ((ALL, request.form[ALL]),))]
    where = f"{screen.route}/bulk/{verb.name}"
    intro = " ".join(filter(None, (_("%(count)s selected", count=fmt.number(len(ids))) if query is None else _("All that the list finds"), verb.question())))
    if "_asked" not in request.form:
        return draw(screen, form, None, None, title=str(verb.label), action=where, verb=verb, hidden=hidden, intro=intro)
    try:
        with unit_of_work() as db:
            read = bind(form, request.form, request.files, context.form_context(), db)
            bound.values, bound.errors, bound.typed, bound.unasked = read.values, read.errors, read.typed, read.unasked
            bound.check()
    except DomainError as error:
        return draw(screen, form, bound, error, title=str(verb.label), action=where, verb=verb, hidden=hidden, intro=intro)
    return None


def _given(values: Mapping[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in values.items() if value is not None}


def _told(screen: Screen, verb: Action, summary: Summary, *, open_rows: int = 0) -> Answer:
    """The end: a sentence on the list when all went, else one page that names what did not, and why."""
    where = back(screen)
    if open_rows:
        summary.said = _("%(count)s were not filled in and stay as they are.", count=fmt.number(open_rows))
    if summary.left:
        with reading() as db:
            rows = refusals(db, screen, context.actor(), summary)
        title = f"{verb.label}: {spoken(stored(told(summary)))}"
        return render_template("zg/several_page.html", title=str(verb.label), told=title, said=summary.said, refused=rows, more=summary.more, back=where, key=f"{screen.resource}.{verb.name}.told")
    if summary.done:
        flash(_("%(label)s: %(count)s done.", label=str(verb.label), count=fmt.number(summary.done)), "success")
    if summary.said:
        flash(summary.said, "info")
    return redirect(where, 303)


def _posted_ids() -> list[int]:
    texts = request.form.getlist("ids")
    if not texts:
        raise Invalid(_("Nothing was selected."))
    if len(texts) > MAX_BULK:
        raise Invalid(_("At most %(number)s at a time.", number=MAX_BULK))
    if not all(text.isascii() and text.isdigit() and len(text) < 19 for text in texts):
        raise NotFound()
    return list(dict.fromkeys(int(text) for text in texts))


def _posted_query(screen: Screen, who: Actor) -> ListQuery | None:
    """The question of the list, where all that it finds is meant; an empty one is the whole list."""
    if request.form.get(f"_{ALL}") != "1":
        return None
    arguments = {name: context.storable(value, name) for name, value in parse_qsl(request.form.get(ALL, ""))}
    return parse(screen, arguments, who, zone=shop_zone(), currency=context.currency())


def _ids_of(screen: Screen, who: Actor, query: ListQuery) -> list[Any]:
    with reading() as db:
        ids = gateway.keys(db, screen, who, query, limit=MAX_BULK + 1)
    if len(ids) > MAX_BULK:
        raise Invalid(_("At most %(number)s at a time.", number=MAX_BULK))
    return ids


# -- asked for each row -----------------------------------------------------------------------------


@dataclass
class _Sheet:
    """The form of a verb that asks something for each row, while it is read."""

    screen: Screen
    form: Form
    each: Sequence[Field]
    rows: list[Row[Any]]
    left_out: list[str] = field(default_factory=list)
    strange: list[str] = field(default_factory=list)
    read: str = ""
    sent: MultiDict[str, str] = field(default_factory=MultiDict)
    bounds: dict[Any, Bound] = field(default_factory=dict)

    def state(self, key: Any) -> str:
        """ready: it can go; wrong: something typed is; open: nothing was typed for it."""
        bound = self.bounds.get(key)
        if bound is None:
            return "open"
        own = {f.name for f in self.each}
        if own <= bound.unasked:
            return "ready"
        if not any(str(self.sent.get(f"{name}-{key}", "")).strip() for name in own):
            return "open"
        return "wrong" if bound.errors else "ready"

    def count(self, state: str) -> int:
        """How many rows are so."""
        return sum(self.state(getattr(row, self.screen.key)) == state for row in self.rows)


def _ask_each(screen: Screen, verb: Action, form: Form, each: Sequence[Field], ids: Sequence[Any]) -> Answer:
    """The sheet: what is asked once, then the rows. A column that was pasted or a spreadsheet only fills it: what is stored was seen before."""
    who, asked = context.actor(), "_asked" in request.form
    name = namer(screen, who)
    with reading() as db:
        sheet = _Sheet(screen, form, each, [])
        for row in gateway.some(db, screen, who, ids, permission=f"can_{verb.name}"):
            _sort_in(sheet, verb, row, name(row))
        shared = replace(form, fields=[f for f in form.fields if not f.each], validate=None)
        sheet.sent = MultiDict(request.form)
        filled = asked and _fill(db, sheet, verb, who, name)
        bound = bind(shared, sheet.sent, request.files, context.form_context(), db) if asked else None
        if bound is not None:
            _bind_each(db, sheet)
    refused = Invalid(errors=dict(bound.errors)) if bound is not None and bound.errors and not filled else None
    ready = [row for row in sheet.rows if sheet.state(getattr(row, screen.key)) == "ready"]
    if asked and not filled and refused is None and not ready and "_check" not in request.form:
        refused = Invalid(_("Nothing is filled in yet."))
    if not asked or filled or refused is not None or "_check" in request.form:
        hidden = [("_asked", "1"), *(("ids", str(getattr(row, screen.key))) for row in sheet.rows)]
        with reading() as db:
            part = _part(db, sheet, who, name)
        submit = _("%(verb)s: %(count)s", verb=str(verb.label), count=fmt.number(len(ready) if asked else len(sheet.rows)))
        return draw(
            screen, shared, bound if asked and (refused or filled or "_check" in request.form) else None, refused, title=str(verb.label),
            action=f"{screen.route}/bulk/{verb.name}", verb=verb, hidden=hidden, each=part, submit=submit, intro=verb.question(),
            like=sheet.rows[0] if sheet.rows else None,
        )  # fmt: skip
    values = {getattr(row, screen.key): _given(sheet.bounds[getattr(row, screen.key)].values) for row in ready}
    summary = act_on_rows(screen, verb, values, actor=who)
    for row in sheet.rows:
        key = getattr(row, screen.key)
        if sheet.state(key) == "wrong":
            summary.refuse(key, " ".join(sheet.bounds[key].errors.values()))
    return _told(screen, verb, summary, open_rows=sheet.count("open"))


def _sort_in(sheet: _Sheet, verb: Action, row: Row[Any], name: str) -> None:
    refusal = state_refusal(sheet.screen, verb, row)
    if refusal is None:
        sheet.rows.append(row)
    else:
        sheet.left_out.append(f"{name}: {refusal.text()}")


def _fill(db: Session, sheet: _Sheet, verb: Action, who: Actor, name: Any) -> bool:
    """Put what was pasted, or stands in a spreadsheet, beside its rows; whether there was any."""
    target = sheet.each[0]
    upload = request.files.get("_sheet")
    try:
        found = pasted.from_file(upload, str(target.label)) if upload is not None and upload.filename else pasted.from_text(request.form.get("_pasted", ""))
    except Invalid as error:
        sheet.strange.append(error.text())
        return True
    if not found.pairs:
        return False
    sheet.read, screen = found.said, sheet.screen
    by_name = {name(row): row for row in sheet.rows}
    unknown = {label for _line, label, _value in found.pairs if label is not None and label not in by_name}
    if unknown and isinstance(screen.label, str):
        for row in gateway.named_rows(db, screen, who, sorted(unknown)[:MAX_BULK], permission=f"can_{verb.name}"):
            refusal = state_refusal(screen, verb, row)
            if refusal is None and len(sheet.rows) < MAX_BULK:
                sheet.rows.append(row)
                by_name[name(row)] = row
            elif refusal is not None:
                unknown.discard(name(row))
                sheet.strange.append(f"{name(row)}: {refusal.text()}")
                by_name[name(row)] = None
    free = iter([row for row in sheet.rows if not str(sheet.sent.get(f"{target.name}-{getattr(row, screen.key)}", "")).strip()])
    for line, label, value in found.pairs:
        row = by_name.get(label) if label is not None else next(free, None)
        if row is not None:
            sheet.sent[f"{target.name}-{getattr(row, screen.key)}"] = value
        elif label is None:
            sheet.strange.append(_("Line %(line)s: there is no row left for “%(value)s”.", line=line, value=value))
        elif label not in by_name and not (line == 1 and not any(ch.isdigit() for ch in value)):  # else it is the head
            sheet.strange.append(_("Line %(line)s: “%(name)s” is not here.", line=line, name=label[:60]))
    return True


def _bind_each(db: Session, sheet: _Sheet) -> None:
    seen: dict[tuple[str, str], str] = {}
    whole, name = sheet.form, namer(sheet.screen, context.actor())
    for row in sheet.rows:
        key = getattr(row, sheet.screen.key)
        sent = MultiDict(sheet.sent)
        for f in sheet.each:
            sent[f.name] = sheet.sent.get(f"{f.name}-{key}", "")
        bound = sheet.bounds[key] = bind(whole, sent, MultiDict(), context.form_context(), db)
        for f in sheet.each:
            value = str(bound.values.get(f.name) or "")
            if f.scan and value and f.name not in bound.errors:
                if (f.name, value) in seen:
                    bound.errors[f.name] = _("The same as for %(name)s.", name=seen[f.name, value])
                seen.setdefault((f.name, value), name(row))


def _part(db: Session, sheet: _Sheet, who: Actor, name: Any) -> EachPart:
    screen, card = sheet.screen, sheet.screen.card
    columns = {c.name: c for c in visible_columns(screen, who)}
    extra = gateway.extras(db, screen, context.reader(), [c for c in columns.values() if c.name in {card.image, *card.sub}], sheet.rows)
    show = {n: printer(columns[n], context.currency(), extra.get(n), screen.key) for n in (card.image, *card.sub) if n in columns}
    drawn = []
    for row in sheet.rows:
        key = getattr(row, screen.key)
        bound = sheet.bounds.get(key)
        fields = []
        for f in sheet.each:
            errors = {f.name: bound.errors[f.name]} if bound is not None and f.name in bound.errors and sheet.state(key) == "wrong" else {}
            posted = Posted(sheet.sent, MultiDict(), context.form_context(), db, errors=errors)
            shown = draw_field(f, sheet.sent.get(f"{f.name}-{key}", ""), posted, typed=True)
            shown.name, shown.id, shown.required, shown.label = f"{f.name}-{key}", f"f-{f.name}-{key}", False, f"{f.label}, {name(row)}"
            fields.append(shown)
        note = str(getattr(row, card.note, None) or "") if card.note in columns and card.note else ""
        image = show[card.image](row) if card.image in show else Markup("")
        facts = [show[n](row) for n in card.sub if n in show]
        drawn.append(EachRow(str(key), name(row), f"{screen.route}/{key}", facts, fields, image, note, sheet.state(key)))
    when = sheet.each[0].shown_when
    label = next((str(c.label) for c in screen.columns if c.name == screen.label), str(screen.singular))
    return EachPart(
        drawn, sheet.each[0].name, str(sheet.each[0].label), label, _counts(sheet), scan=sheet.each[0].scan, strange=sheet.strange,
        left_out=sheet.left_out, read=sheet.read, when=when.field if when else "", wanted=json.dumps(wanted_texts(when)) if when else "",
    )  # fmt: skip


def _counts(sheet: _Sheet) -> str:
    ready, wrong, open_ = (fmt.number(sheet.count(state)) for state in ("ready", "wrong", "open"))
    return _("Of %(all)s: %(ready)s filled in, %(wrong)s to correct, %(open)s open.", all=fmt.number(len(sheet.rows)), ready=ready, wrong=wrong, open=open_)
