"""Files on the screen: brought, matched, tried, written, taken back."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from io import BytesIO
from typing import Any

from flask import Response, flash, make_response, redirect, render_template, request, send_file

from ..auth.permissions import expose, has_access
from ..db.uow import reading, recording, unit_of_work
from ..files.kinds import media_type_of
from ..host.declare import Importer
from ..i18n.texts import gettext as _
from ..i18n.texts import lazy_gettext as _l
from ..importing import brought, work
from ..importing.states import FileState
from ..kernel import clock
from ..kernel.errors import DomainError, Invalid
from . import context
from .deeds import Answer
from .exports import csv_head, csv_values
from .file_exports import exporters_of
from .import_parts import batch_part, earlier, errors_of, row_counts, rows_part
from .views import View

RIGHT = "import"
PAGE = 100


class ImportView(View):
    """What people bring from their spreadsheets. Each kind has a right beside the one of this page."""

    route_base = "/imports"
    class_permission_name = "core.Import"

    @expose("/")
    @has_access
    def index(self) -> str:
        """Bring a file; what was brought before."""
        return _index()

    @expose("/", methods=["POST"])
    @has_access
    def bring(self) -> Answer:
        """Take a file in, and ask which column is what."""
        sent, kind = request.files.get("file"), request.form.get("kind", "")
        try:
            if sent is None or not sent.filename:
                raise Invalid(_l("Choose a file first."))
            brought.importer_of(kind, context.actor())
            seen = brought.glance(sent.stream, sent.filename)
            with unit_of_work() as db:
                file_id = brought.bring(db, sent.stream, seen, filename=sent.filename, kind=kind, actor=context.actor(), now=clock.now())
        except Invalid as error:
            return make_response(_index(kind, error.text()), 422)
        return redirect(f"/imports/{file_id}", 303)

    @expose("/<key(18):file_id>")
    @has_access
    def show(self, file_id: str) -> str:
        """A file where it stands."""
        with reading() as db:
            row = brought.file_row(db, int(file_id), context.actor())
            if row.state == FileState.MATCHING:
                return _columns(row, {}, "")
            part = batch_part(db, row, context.reader())
            shown = [rows_part(db, row, what, context.actor(), limit=5) for what in ("refused", "changed", "new") if row_counts(row).get(what)]
        return render_template("zg/import_batch.html", title=_title(row), row=row, part=part, shown=shown)

    @expose("/<key(18):file_id>/part")
    @has_access
    def part(self, file_id: str) -> Response:
        """How far its task is, while somebody watches."""
        with reading() as db:
            part = batch_part(db, brought.file_row(db, int(file_id), context.actor()), context.reader())
        answer = make_response(render_template("zg/import_progress.html", part=part))
        if not part.live:
            answer.headers["HX-Refresh"] = "true"
        answer.headers["Cache-Control"] = "private, no-store"
        return answer

    @expose("/<key(18):file_id>/columns")
    @has_access
    def columns(self, file_id: str) -> str:
        """Which column is what, once more."""
        with reading() as db:
            return _columns(brought.file_row(db, int(file_id), context.actor()), {}, "")

    @expose("/<key(18):file_id>/columns", methods=["POST"])
    @has_access
    def look(self, file_id: str) -> Answer:
        """Find out what would change."""
        chosen = {int(name[1:]): field for name, field in request.form.items() if name[:1] == "c" and name[1:].isdigit() and len(name) < 6 and field}
        try:
            with unit_of_work() as db:
                work.look(db, int(file_id), _places(chosen), actor=context.actor(), now=clock.now())
        except Invalid as error:
            with reading() as db:
                return make_response(_columns(brought.file_row(db, int(file_id), context.actor()), chosen, error.text()), 422)
        return redirect(f"/imports/{file_id}", 303)

    @expose("/<key(18):file_id>/write", methods=["POST"])
    @has_access
    def write(self, file_id: str) -> Answer:
        """Write what the preview showed, or go on where it was stopped."""
        return _done(file_id, work.write)

    @expose("/<key(18):file_id>/stop", methods=["POST"])
    @has_access
    def stop(self, file_id: str) -> Answer:
        """Stop here; what is written stays."""
        return _done(file_id, work.stop)

    @expose("/<key(18):file_id>/undo", methods=["POST"])
    @has_access
    def undo(self, file_id: str) -> Answer:
        """Take it back."""
        return _done(file_id, work.undo)

    @expose("/<key(18):file_id>/rows")
    @has_access
    def rows(self, file_id: str) -> str:
        """The rows of one count."""
        what = request.args.get("what", "new")
        after = request.args.get("after", "")
        with reading() as db:
            row = brought.file_row(db, int(file_id), context.actor())
            part = rows_part(db, row, what, context.actor(), limit=PAGE, after=int(after) if after.isdecimal() and len(after) < 12 else 0)
        return render_template("zg/import_rows.html", title=part.title, row=row, part=part)

    @expose("/<key(18):file_id>/errors.xlsx")
    @has_access
    def errors_xlsx(self, file_id: str) -> Response:
        """The rows that were refused, each with its reason, to be corrected and brought again."""
        from ..papers.sheets import Sheet

        row, heads, rows = _errors(file_id)
        out = BytesIO()
        with Sheet(out, title=_("Rows to correct"), heads=heads, zone=context.zone()) as sheet:
            sheet.add(rows)
        out.seek(0)
        return send_file(out, mimetype=media_type_of("a.xlsx"), as_attachment=True, download_name=_errors_name(row, "xlsx"))

    @expose("/<key(18):file_id>/errors.csv")
    @has_access
    def errors_csv(self, file_id: str) -> Response:
        """The same as CSV."""
        row, heads, rows = _errors(file_id)
        body = BytesIO(csv_head(heads) + csv_values(rows, context.zone()))
        return send_file(body, mimetype="text/csv", as_attachment=True, download_name=_errors_name(row, "csv"))

    for _method in (index, bring, show, part, columns, look, write, stop, undo, rows, errors_xlsx, errors_csv):
        _method._permission_name = RIGHT  # type: ignore[attr-defined] # how the base names a right


def _done(file_id: str, deed: Any) -> Answer:
    try:
        with unit_of_work() as db:
            deed(db, int(file_id), actor=context.actor(), now=clock.now())
    except DomainError as error:
        if error.status == 404:
            raise
        flash(error.text(), "warning")
    return redirect(f"/imports/{file_id}", 303)


def _places(chosen: Mapping[int, str]) -> dict[str, int]:
    """:raises Invalid: when two columns are for one field."""
    places: dict[str, int] = {}
    for column, field in sorted(chosen.items()):
        if field in places:
            raise Invalid(_l("Two columns are for the same field. Leave one of them out."))
        places[field] = column
    return places


def _title(row: Any) -> str:
    importer = brought.importer_of(row.kind, context.actor())
    return _("Import: %(kind)s", kind=str(importer.label))


def _index(kind: str = "", error: str = "") -> str:
    actor = context.actor()
    with reading() as db:
        batches = earlier(db, actor, context.reader())
    kinds = [(i.kind, str(i.label)) for i in sorted(brought.importers_of(actor).values(), key=lambda i: str(i.label))]
    return render_template("zg/imports.html", title=_("Import and export"), kinds=kinds, kind=kind, error=error, batches=batches, exports=_exports())


def _exports() -> list[tuple[str, str]]:
    return [(kind, str(e.label)) for kind, e in exporters_of(context.actor()).items()]


def _columns(row: Any, chosen: Mapping[int, str], error: str) -> str:
    """The columns of the file with some of their values, each with the field that it seems to be."""
    importer = brought.importer_of(row.kind, context.actor())
    fields = brought.fields_of(importer, context.actor())
    by_place = chosen or {place: name for name, place in row.mapping.items()}
    columns = [
        {"place": place, "head": head or _("Column %(number)s", number=place + 1), "samples": samples, "field": by_place.get(place, ""),
         "hint": _hint(importer, by_place.get(place, ""), samples)}
        for place, (head, samples) in enumerate(row.heads)
    ]  # fmt: skip
    choices = [(name, _label(importer, name), name in importer.required) for name in fields]
    return render_template(
        "zg/import_columns.html", title=_title(row), row=row, columns=columns, choices=choices, error=error, matched=sum(1 for c in columns if c["field"])
    )  # fmt: skip


def _label(importer: Importer, name: str) -> str:
    return str(importer.labels.get(name, name))


def _hint(importer: Importer, field: str, samples: Sequence[str]) -> str:
    if not field:
        return _("Nothing of the shop seems to be this. Choose a field, or leave it out.") if samples else _("This column is empty.")
    return ""


def _errors(file_id: str) -> tuple[Any, list[str], list[list[Any]]]:
    actor, now = context.actor(), clock.now()
    with reading() as db:
        row = brought.file_row(db, int(file_id), actor)
        heads, rows = errors_of(db, row, actor)
    with recording() as db:
        brought.record(db, "core.import.errors_taken", row, actor=actor, now=now, after={"rows": len(rows)})
    return row, heads, rows


def _errors_name(row: Any, ending: str) -> str:
    stem = os.path.splitext(row.file_name or "import")[0][:80]
    return f"{stem} - {_('to correct')}.{ending}"
