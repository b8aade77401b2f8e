"""Pages of figures: dashboards, one question, and what a figure is made of."""

from __future__ import annotations

from flask import Response, request

from zhanggui.api import (
    BadRequest,
    Block,
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
    metrics,
    permission_name,
    reader_at_work,
    reading,
    show_page,
    unit_of_work,
)

from . import asks, boards, drill, exporting, wording
from .catalogue import formula, may_see, metric_of, offered
from .services.asking import Answer, answer

RESOURCE = "analytics.Report"


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
        return self._board(boards.Chosen(name, given.get("period") or "last_30_days", given.get("compare") or "previous"))

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
    def export(self) -> Response:
        """The same as a file, ``format=csv`` or ``xlsx``; who took it away is written down."""
        kind = request.args.get("format", "csv")
        if kind not in exporting.TYPES:
            raise BadRequest(_l("“%(word)s” is no kind of file. There are csv and xlsx.", word=kind), field="format")
        reader, ask = reader_at_work(current_actor()), asks.read({name: value for name, value in request.args.items() if name != "format"})
        with unit_of_work() as db:
            found = answer(db, reader, ask)
            exporting.note(db, found, kind, actor=current_actor(), now=clock.now())
            content = exporting.write(db, reader, found, kind)
        name = f"figures-{found.span.first}-{found.span.last}.{kind}"
        return Response(content, mimetype=exporting.TYPES[kind], headers={"Content-Disposition": f'attachment; filename="{name}"', "Cache-Control": "private, no-store"})

    @expose("/parts/<metric_id>")
    @has_access
    @permission_name("show")
    def parts(self, metric_id: str) -> str:
        """What a figure is worked out of, each with its own list."""
        reader, metric = reader_at_work(current_actor()), metric_of(metric_id)
        if not metric.formula or not may_see(reader, metric):
            raise NotFound()
        ids = [name for name, _missing in formula(metric.formula).names() if name in metrics() and offered(metrics()[name])]
        where = {name: (value,) for name, value in request.args.items() if name != "period" and value}
        ask = asks.Ask(tuple(dict.fromkeys([metric.id, *ids])), request.args.get("period") or "last_30_days", where=where)
        with reading() as db:
            found = answer(db, reader, ask)
        return show_page(Page(RESOURCE, "/analytics", metric.label, list(_made_of(reader, found, metric))))


def _line(reader: Reader, found: Answer, metric: Metric) -> dict[str, str]:
    value = wording.written(metric, found.totals[metric.id], found.currency)
    return {"title": str(metric.label), "sub": str(metric.sentence), "end": value, "href": drill.address(reader, found.ask, found.span, metric)}


def _made_of(reader: Reader, found: Answer, metric: Metric) -> list[Block]:
    rows = [_line(reader, found, metrics()[id]) for id in found.ask.metrics if id != metric.id]
    days = _("%(first)s to %(last)s", first=fmt.date(found.span.first), last=fmt.date(found.span.last))
    total = wording.written(metric, found.totals[metric.id], found.currency)
    return [
        Block("total", "text", f"{metric.label}: {total}", lambda db, reader: f"{metric.sentence}\n\n{days}", order=10),
        Block("parts", "list", _("Made of"), lambda db, reader: {"rows": rows}, order=20),
    ]


def _answered(reader: Reader, found: Answer) -> list[Block]:
    wanted = [metrics()[id] for id in found.ask.metrics]
    shown = [Block("totals", "list", _("In all"), lambda db, reader: {"rows": [_line(reader, found, metric) for metric in wanted]}, order=20)]
    if found.ask.by:
        kind = "heat" if len(found.ask.by) == 2 and found.ask.by == ("weekday", "hour") else "bars" if found.ask.time else "ranked"
        if len(found.ask.by) == 1 or kind == "heat":
            shown.append(Block("chart", "chart", wording.name_of(found.ask.by[0]), lambda db, reader: boards.chart(db, reader, found, kind), order=30))
    return shown
