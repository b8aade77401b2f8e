"""The page that asks which columns of a list, in which kind of file."""

from __future__ import annotations

from collections.abc import Mapping

from flask import make_response, redirect, render_template, request

from ..auth.permissions import expose, signed_in
from ..db.uow import reading, unit_of_work
from ..host import current_host
from ..host.declare import Exporter
from ..i18n.texts import gettext as _
from ..kernel import clock
from ..kernel.errors import Forbidden, Invalid
from . import context
from .deeds import Answer
from .file_exports import chosen_columns, columns_of, exporters_of, start_file
from .urls import url
from .views import View


class ExportView(View):
    """Files to work with. Whoever may export a list may take its rows."""

    route_base = "/exports"
    class_permission_name = "core.Export"
    default_view = "choose"

    @expose("/<kind>/")
    @signed_in
    def choose(self, kind: str) -> str:
        """Which columns; the filters are those of the list that one comes from."""
        return _page(_exporter(kind), "")

    @expose("/<kind>/", methods=["POST"])
    @signed_in
    def begin(self, kind: str) -> Answer:
        """Begin the file; on the page of its task it is downloaded."""
        exporter = _exporter(kind)
        try:
            with unit_of_work() as db:
                task_id = start_file(
                    db, exporter, request.form.getlist("columns"), request.form.get("kind", ""), _filters(), reader=context.reader(), now=clock.now()
                )  # fmt: skip
        except Invalid as error:
            return make_response(_page(exporter, error.text()), 422)
        return redirect(f"/tasks/{task_id}", 303)


def _exporter(kind: str) -> Exporter:
    found = exporters_of(context.actor()).get(kind)
    if found is None:
        raise Forbidden()
    return found


def _filters() -> Mapping[str, str]:
    return {name: value for name, value in context.arguments().items() if name not in ("page", "after", "before", "by", "figures")}


def _page(exporter: Exporter, error: str) -> str:
    screen = current_host().screens[exporter.screen]
    with reading() as db:
        chosen = chosen_columns(db, exporter, context.actor())
    columns = [(name, str(exporter.labels.get(name, name)), name in chosen) for name in columns_of(exporter, context.actor())]
    return render_template(
        "zg/export.html", title=_("Export: %(things)s", things=str(exporter.label)), columns=columns, error=error, narrowed=bool(_filters()),
        action=url(f"/exports/{exporter.kind}", dict(_filters())), back=url(f"{screen.route}/", dict(_filters())),
    )  # fmt: skip
