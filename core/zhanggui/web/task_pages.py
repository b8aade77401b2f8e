"""Watching a task: the part of its page that is asked for again."""

from __future__ import annotations

from flask import Response, make_response, render_template

from ..auth.permissions import expose, signed_in
from ..db.uow import reading
from ..host import current_host
from ..tasks.screens import RESOURCE, progress
from . import context
from .gateway import gateway
from .views import View


class TaskProgressView(View):
    """The progress of one task, for its page."""

    route_base = "/task-progress"
    class_permission_name = "core.TaskProgress"
    default_view = "watch"

    @expose("/<key(18):task_id>")
    @signed_in
    def watch(self, task_id: str) -> Response:
        """How far it is, for who may see the task. When it has ended, the page is to be asked for once more."""
        with reading() as db:
            row = gateway.one(db, current_host().screens[RESOURCE], context.actor(), int(task_id))
            values = progress(db, context.reader(), row)
        answer = make_response(render_template("zg/task_progress.html", **values))
        if not values["live"]:
            answer.headers["HX-Refresh"] = "true"
        answer.headers["Cache-Control"] = "private, no-store"
        return answer
