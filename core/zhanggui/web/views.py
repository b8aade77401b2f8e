"""From a description to routes: every verb of a screen is a method with its own permission."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from io import BytesIO
from typing import Any

from flask import Response, render_template, request, send_file, stream_with_context
from flask_appbuilder.baseviews import BaseView
from werkzeug.wrappers import Response as BaseResponse

from ..auth.permissions import expose, has_access
from ..config.days import reader_at_work
from ..db.uow import reading, recording
from ..files.kinds import media_type_of
from ..host import current_host
from ..i18n.texts import lazy_gettext as _l
from ..kernel import clock
from ..kernel.errors import Invalid
from ..kernel.reader import Reader
from . import context, deeds, saved_views, selections
from .deeds import Answer
from .describe import Action, Screen
from .details import detail_page
from .export_sheets import write_workbook
from .export_tasks import file_name, record_export
from .exports import csv_rows
from .gateway import COUNT_LIMIT, gateway
from .labels import lookup
from .lists import list_page
from .query import ListQuery, parse


class View(BaseView):
    """Base of a plugin's own pages. Name ``route_base`` and ``class_permission_name = "<plugin>.<Thing>"``.

    Guard every method with ``@expose(...)`` and ``@has_access``; the permission is ``can_<method>``. A form and
    what it posts are two methods (``_permission_name`` gives both one permission); while a GET is answered nothing
    can be written, but for what ``recording()`` lets through.
    """

    default_view = "index"
    template_folder = None

    def create_blueprint(self, appbuilder: Any, endpoint: str | None = None, static_folder: str | None = None) -> Any:
        """Named after the permission's resource, so that two plugins never collide."""
        name = (self.class_permission_name or type(self).__name__).replace(".", "_")
        made = super().create_blueprint(appbuilder, endpoint or name, static_folder)
        made.zg_resource = self.class_permission_name
        return made

    @staticmethod
    def render(template: str, **values: Any) -> str:
        """A page of this plugin in the frame of the theme."""
        return render_template(template, **values)


def _named(function: Callable[..., Any], name: str) -> Callable[..., Any]:
    function.__name__ = name
    return function


def screen_view(screen: Screen) -> type[View]:
    """The view class of a screen: list, look-up, export, show, and whatever may be written or done."""
    resource = screen.resource
    row = f"/<{gateway.key_converter(screen)}row_id>"
    methods: dict[str, Any] = {}

    def now() -> Screen:
        return current_host().screens[resource]

    def add_method(name: str, verb: str, url: str, permission: str, function: Callable[..., Any]) -> None:
        methods[name] = expose(url, methods=(verb,))(has_access(_named(function, permission)))

    add_method("list", "GET", "/", "list", lambda self: show_list(now()))
    add_method("lookup", "GET", "/lookup", "list", lambda self: show_lookup(now()))
    add_method("export", "GET", "/export.csv", "export", lambda self: send_export(now()))
    add_method("workbook", "GET", "/export.xlsx", "export", lambda self: send_workbook(now()))
    add_method("start_export", "POST", "/export", "export", lambda self: deeds.begin_export(now(), "csv"))
    add_method("start_workbook", "POST", "/export-xlsx", "export", lambda self: deeds.begin_export(now(), "xlsx"))
    add_method("show", "GET", row, "show", lambda self, row_id: show_row(now(), row_id))
    add_method("keep_look", "POST", "/look", "list", lambda self: saved_views.keep_look(now()))
    add_method("save_view", "POST", "/views", "list", lambda self: saved_views.save_view(now()))
    add_method("delete_view", "POST", "/views/<key(18):view_id>/delete", "list", lambda self, view_id: saved_views.delete_view(now(), view_id))
    # A form and what it posts are two methods: no handler asks which verb called it, so HEAD can never act.
    if screen.create:
        add_method("show_add", "GET", "/add", "add", lambda self: deeds.show_add(now()))
        add_method("add", "POST", "/add", "add", lambda self: deeds.add_row(now()))
    if screen.update:
        add_method("show_edit", "GET", f"{row}/edit", "edit", lambda self, row_id: deeds.show_edit(now(), row_id))
        add_method("edit", "POST", f"{row}/edit", "edit", lambda self, row_id: deeds.edit_row(now(), row_id))
    if screen.delete:
        add_method("delete", "POST", f"{row}/delete", "delete", lambda self, row_id: deeds.delete_row(now(), row_id))
    for action in screen.actions:
        name = action.name
        add_method(
            f"ask_{name}", "GET", f"{row}/{name}", name,
            lambda self, row_id, name=name: deeds.ask_action(now(), _action(now(), name), row_id),
        )  # fmt: skip
        add_method(
            f"do_{name}", "POST", f"{row}/{name}", name,
            lambda self, row_id, name=name: deeds.act_on_row(now(), _action(now(), name), row_id),
        )  # fmt: skip
        if action.preview is not None:
            # It changes nothing, but what was typed may be personal and must stand in no address.
            add_method(
                f"preview_{name}", "POST", f"{row}/{name}/preview", name,
                lambda self, row_id, name=name: deeds.preview_action(now(), _action(now(), name), row_id),
            )  # fmt: skip
        if action.bulk:
            add_method(
                f"bulk_{name}", "POST", f"/bulk/{name}", name,
                lambda self, name=name: selections.act_on_many(now(), _action(now(), name)),
            )  # fmt: skip
    methods |= {"route_base": screen.route, "class_permission_name": resource, "default_view": "list"}
    return type(resource.replace(".", "") + "View", (View,), methods)


def _action(screen: Screen, name: str) -> Action:
    return next(a for a in screen.actions if a.name == name)


# -- reading -----------------------------------------------------------------------------------


def show_list(screen: Screen) -> Answer:
    """The list, or only its inner part for htmx."""
    with reading() as db:
        page = list_page(db, screen, context.reader(), context.arguments())
    return render_template("zg/list_part.html" if context.is_fragment() else "zg/list.html", page=page)


def show_lookup(screen: Screen) -> Any:
    """Rows to choose from, as JSON: ``{"items": [{"id", "label"}]}``."""
    with reading() as db:
        found = lookup(db, screen, context.actor(), context.storable(request.args.get("q", "").strip(), "q"))
    return {"items": [{"id": str(i), "label": label} for i, label in found]}


def show_row(screen: Screen, row_id: Any) -> Answer:
    """The detail of one row."""
    with reading() as db:
        page = detail_page(db, screen, context.reader(), row_id, back=deeds.back(screen))
    return render_template("zg/detail.html", page=page)


def _asked_to_export(screen: Screen, reader: Reader) -> ListQuery:
    """The question behind a file; filters and rights are those of the list, times those of the shop's clock, and the trail knows of it."""
    query = parse(screen, context.arguments(), reader.actor, zone=reader.zone, currency=context.currency())
    gateway.check(screen, reader.actor, "can_export")
    with recording() as db:
        record_export(db, screen, query, actor=reader.actor, now=clock.now())
    return query


def send_workbook(screen: Screen) -> BaseResponse:
    """A list as a workbook for people. One that is too long for an answer is made by a task."""
    reader, out = reader_at_work(context.actor()), BytesIO()
    query = _asked_to_export(screen, reader)
    with reading() as db:
        if gateway.count(db, screen, reader.actor, query) > COUNT_LIMIT:
            raise Invalid(_l("This list is too long to be exported at once. Narrow it, or export it as CSV."))
        write_workbook(out, db, screen, reader, query, currency=context.currency())
    out.seek(0)
    return send_file(out, mimetype=media_type_of("a.xlsx"), as_attachment=True, download_name=file_name(screen, "xlsx"))


def send_export(screen: Screen) -> BaseResponse:
    """The whole list as CSV, streamed."""
    reader, currency = reader_at_work(context.actor()), context.currency()
    query = _asked_to_export(screen, reader)

    def rows() -> Iterator[bytes]:
        with reading() as db:
            yield from csv_rows(db, screen, reader, query, currency=currency)

    headers = {"Content-Disposition": f'attachment; filename="{file_name(screen, "csv")}"'}
    return Response(stream_with_context(rows()), mimetype="text/csv", headers=headers)
