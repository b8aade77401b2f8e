"""Pages of figures: dashboards, one question, and what a figure is made of."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from functools import partial
from typing import Any

from flask import Response, redirect, request
from werkzeug.wrappers import Response as Answered

from zhanggui.api import (
    BadRequest,
    Block,
    Forbidden,
    Metric,
    NotFound,
    Page,
    Reader,
    View,
    _,
    _l,
    clock,
    current_actor,
    expose,
    fmt,
    has_access,
    list_views,
    metrics,
    permission_name,
    reader_at_work,
    reading,
    show_form,
    show_page,
    start_task,
    take_form,
    unit_of_work,
)

from . import asks, boards, drill, exporting, jobs, saved, wording
from .catalogue import FIRST_MONTH, formula, may_see, metric_of, offered
from .services.asking import Answer, answer

RESOURCE = saved.RESOURCE


class ReportView(View):
    """Figures for people."""

    route_base = "/analytics"
    class_permission_name = RESOURCE

    @expose("/")
    @has_access
    @permission_name("show")
    def index(self) -> str:
        """How it is going today."""
        return self._board(boards.Chosen(boards.TODAY, boards.TODAY))

    @expose("/board/<name>")
    @has_access
    @permission_name("show")
    def board(self, name: str) -> str:
        """A dashboard under a period."""
        given = request.args
        step = given.get("step", "")
        if step not in boards.STEPS:
            raise BadRequest(_l("“%(word)s” is no step. There are day, week and month.", word=step), field="step")
        return self._board(boards.Chosen(name, asks.period_of(given), given.get("compare") or "previous", step))

    def _board(self, chosen: boards.Chosen) -> str:
        reader = reader_at_work(current_actor())
        board = next((one for one in boards.boards(reader) if one.id == chosen.board), None)
        if board is None:
            raise NotFound(_l("There is no such page of figures, or none for you."))
        return show_page(Page(RESOURCE, "/analytics", board.title if board.id != boards.TODAY else _("Analytics"), list(boards.blocks(reader, board, chosen))))

    @expose("/ask")
    @has_access
    @permission_name("show")
    def ask(self) -> str:
        """One question, as a table whose figures open their lists."""
        reader, ask = reader_at_work(current_actor()), asks.read(request.args)
        with reading() as db:
            found = answer(db, reader, ask)
        return show_page(Page(RESOURCE, "/analytics", _("Figures"), list(_answered(reader, found))))

    @expose("/export", methods=("POST",))
    @has_access
    def export(self) -> Answered:
        """The same as a file, ``format=csv``, ``xlsx`` or ``pdf``, with all its rows; who took it away is written down."""
        kind = request.args.get("format", "csv")
        if kind not in (*exporting.TYPES, exporting.PAPER):
            raise BadRequest(_l("“%(word)s” is no kind of file. There are csv, xlsx and pdf.", word=kind), field="format")
        reader, ask = reader_at_work(current_actor()), asks.read({name: value for name, value in request.args.items() if name != "format"})
        with unit_of_work() as db:
            found = answer(db, reader, exporting.whole(ask))
            exporting.note(db, found, kind, actor=current_actor(), now=clock.now())
            if kind == exporting.PAPER:
                title = _l("Figures: %(names)s", names=exporting.names_of(ask))
                task_id = start_task(
                    db, jobs.print_figures, actor=current_actor(), now=clock.now(), title=title, question=ask.words(), zone=reader.zone.key, locale=reader.locale
                )
                return redirect(f"/tasks/{task_id}", 303)
            content = exporting.write(db, reader, found, kind)
        name = f"figures-{found.span.first}-{found.span.last}.{kind}"
        return Response(content, mimetype=exporting.TYPES[kind], headers={"Content-Disposition": f'attachment; filename="{name}"', "Cache-Control": "private, no-store"})

    @expose("/saved")
    @has_access
    @permission_name("show")
    def saved(self) -> str:
        """Questions under a name, one's own and those of all."""
        reader = reader_at_work(current_actor())
        with reading() as db:
            kept = saved.questions(db, reader)
        return show_page(Page(RESOURCE, "/analytics", _("Saved questions"), list(_kept(reader, kept))))

    @expose("/segments")
    @has_access
    @permission_name("show")
    def segments(self) -> str:
        """Customers by how lately and how often they bought."""
        reader = reader_at_work(current_actor())
        if not boards.may_see_segments(reader):
            raise Forbidden()
        return show_page(Page(RESOURCE, "/analytics", _("Segments"), list(boards.segments(reader))))

    @expose("/save")
    @has_access
    @permission_name("show")
    def ask_name(self) -> Any:
        """Asks under which name."""
        ask = asks.read(request.args)
        return show_form(saved.form(reader_at_work(current_actor())), title=_("Save this question"), action=ask.address("/analytics/save"), back=ask.address())

    @expose("/save", methods=("POST",))
    @has_access
    @permission_name("show")
    def save(self) -> Any:
        """Keep a question under a name."""
        reader, ask = reader_at_work(current_actor()), asks.read(request.args)
        keep = partial(saved.save, ask=ask, actor=reader.actor, now=reader.now)
        return take_form(
            saved.form(reader), keep, title=_("Save this question"), action=ask.address("/analytics/save"), back=ask.address(), then="/analytics/saved",
            said=_("The question was saved."),
        )  # fmt: skip

    @expose("/saved/<key(18):question_id>/delete", methods=("POST",))
    @has_access
    @permission_name("show")
    def forget(self, question_id: int) -> Any:
        """Delete a question: one's own, or one of all by whoever may share."""
        with unit_of_work() as db:
            list_views.remove(db, RESOURCE, question_id, actor=current_actor(), now=clock.now())
        return redirect("/analytics/saved", 303)

    @expose("/parts/<metric_id>")
    @has_access
    @permission_name("show")
    def parts(self, metric_id: str) -> str:
        """What a figure is worked out of, each with its own list."""
        reader, metric = reader_at_work(current_actor()), metric_of(metric_id)
        if not metric.formula or not may_see(reader, metric):
            raise NotFound()
        ids = [name for name, _missing in formula(metric.formula).names() if name in metrics() and offered(metrics()[name])]
        given = asks.read({**request.args, "metrics": metric.id})
        with reading() as db:
            found = answer(db, reader, replace(given, metrics=tuple(dict.fromkeys([metric.id, *ids])), by=()))
        return show_page(Page(RESOURCE, "/analytics", metric.label, list(_made_of(reader, found, metric))))


def _line(reader: Reader, found: Answer, metric: Metric) -> dict[str, Any]:
    value = wording.written(metric, found.totals[metric.id], found.currency)
    said = [wording.beside(metric, found.totals[metric.id], found.totals_were[metric.id], found.currency)] if found.before is not None else []
    return {"title": str(metric.label), "sub": [*said, str(metric.sentence)], "end": value, "href": drill.address(reader, found.ask, found.span, metric)}


def _made_of(reader: Reader, found: Answer, metric: Metric) -> Iterator[Block]:
    rows = [_line(reader, found, metrics()[id]) for id in found.ask.metrics if id != metric.id]
    days = _("%(first)s to %(last)s", first=fmt.date(found.span.first), last=fmt.date(found.span.last))
    total = wording.written(metric, found.totals[metric.id], found.currency)
    was = wording.beside(metric, found.totals[metric.id], found.totals_were[metric.id], found.currency) if found.before is not None else ""
    yield Block("total", "text", f"{metric.label}: {total}", lambda db, reader: "\n\n".join(filter(None, (str(metric.sentence), days, was))), order=10)
    yield Block("parts", "list", _("Made of"), lambda db, reader: {"rows": rows}, order=20)
    own = replace(found.ask, metrics=(metric.id,))
    links = [(wording.name_of(name), own.address(by=(name,)), False) for name in asks.ways([metric.id])]
    yield Block("ways", "links", _("Take it apart by"), lambda db, reader: links, order=30)


def _answered(reader: Reader, found: Answer) -> Iterator[Block]:
    ask, wanted = found.ask, [metrics()[id] for id in found.ask.metrics]
    yield Block("period", "choose", _("Question"), lambda db, reader: boards.question(reader, found), order=10)
    yield Block("totals", "list", _("In all"), lambda db, reader: {"rows": [_line(reader, found, metric) for metric in wanted]}, order=20)
    if ask.by:
        kind = "heat" if ask.by == ("weekday", "hour") or (ask.by[0] == FIRST_MONTH and len(ask.by) == 2) else "bars" if ask.time else "ranked"
        if (len(ask.by) == 1 or kind == "heat") and len(found.rows) <= boards.MOST_STEPS:
            yield Block("chart", "chart", wording.name_of(ask.by[0]), lambda db, reader: boards.chart(db, reader, found, kind), order=30)
        if kind != "heat" and (found.before is not None or len(ask.by) > 1 or len(wanted) > 1):
            yield Block("rows", "list", _("One by one"), lambda db, reader: {"rows": boards.lines(db, reader, found)}, order=40)
    deeds = [(_("Save this question"), ask.address("/analytics/save"), "bookmark", True)]
    if reader.may("can_export", RESOURCE):
        deeds += [(words, f"{ask.address('/analytics/export')}&format={kind}", icon, False) for kind, words, icon in exporting.KINDS]
    yield Block("deeds", "deeds", "", lambda db, reader: deeds, order=50)


def _kept(reader: Reader, kept: Sequence[saved.Kept]) -> Iterator[Block]:
    yield boards.tabs(reader, boards.Chosen(boards.SAVED))
    rows = [{"title": one.name, "sub": [*one.figures, *([_("for everybody")] if one.shared else [])], "href": one.href} for one in kept]
    yield Block("questions", "list", _("Saved questions"), lambda db, reader: {"rows": rows}, order=10)
    gone = [(_("Delete “%(name)s”", name=one.name), f"/analytics/saved/{one.id}/delete", "trash", False) for one in kept if one.may_go]
    if gone:
        yield Block("gone", "deeds", "", lambda db, reader: gone, order=20)
