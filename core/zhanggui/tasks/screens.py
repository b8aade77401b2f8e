"""Tasks as a screen: one's own; those of others for who may see them."""

from __future__ import annotations

from typing import Any

from sqlalchemy import false, select
from sqlalchemy.orm import Session

from ..files.private import infos, url_for_private
from ..host import current_host
from ..host.declare import Permission, RolePreset
from ..i18n.formats import fmt
from ..i18n.texts import gettext as _
from ..i18n.texts import lazy_gettext as _l
from ..i18n.wording import spoken
from ..kernel.actors import Actor
from ..kernel.reader import Reader
from ..web.describe import Action, Card, Choice, Column, Filter, MenuItem, Screen, Section
from .models import Task
from .service import TaskDef, cancel_task, resume_task
from .states import ENDED, TaskState

RESOURCE = "core.Task"
SUPERVISE = Permission("can_supervise", RESOURCE, _l("See and end the tasks of others"))
_OWN = ("list", "show", "cancel", "resume")
ROLE_PRESETS = [RolePreset(role, label, {RESOURCE: _OWN}) for role, label in
                (("clerk", _l("Clerk")), ("warehouse", _l("Warehouse")), ("viewer", _l("Viewer")))]  # fmt: skip

STATES = [
    Choice(TaskState.WAITING, _l("waiting"), "info"), Choice(TaskState.RUNNING, _l("running"), "info"),
    Choice(TaskState.STOPPING, _l("being canceled"), "warn"), Choice(TaskState.DONE, _l("done"), "good"),
    Choice(TaskState.CANCELED, _l("canceled"), "neutral"), Choice(TaskState.FAILED, _l("failed"), "bad"),
]  # fmt: skip


def own_or_supervised(actor: Actor, c: Any) -> Any:
    """Row rule: a task is for whoever began it, and for who may see all."""
    if actor.may(SUPERVISE.name, RESOURCE):
        return None
    return c.user_id == actor.id if actor.id is not None else false()


def progress_text(row: Any) -> str:
    """How far it is."""
    if row.total is not None:
        return _("%(done)s of %(total)s", done=fmt.number(row.done), total=fmt.number(row.total))
    return fmt.number(row.done) if row.done else ""


def progress(db: Session, reader: Reader, row: Any) -> dict[str, Any]:
    """What the progress of a task is drawn from, now and while it is watched."""
    done = row.state == TaskState.DONE
    file = infos(db, [row.file_id], reader.now).get(row.file_id) if row.file_id and done else None
    return {
        "id": row.id, "live": row.state not in ENDED, "sentence": spoken(row.sentence), "text": progress_text(row),
        "done": row.done, "total": row.total, "file": file, "href": url_for_private(file.id) if file else "",
        "gone": done and bool(row.file_id) and file is None,
    }  # fmt: skip


def _refused(db: Session, reader: Reader, row: Any) -> dict[str, Any]:
    from ..web.several import of_task

    return of_task(db, reader, row)


def _authors(db: Session, reader: Reader, ids: list[int]) -> dict[int, str]:
    from ..web.acts import actor_names

    t: Any = Task.__table__.c
    rows = {row.id: (row.actor_kind, row.user_id, row.actor) for row in db.execute(select(t.id, t.actor_kind, t.user_id, t.actor).where(t.id.in_(ids)))}
    names = actor_names(db, set(rows.values()))
    return {number: names[by] for number, by in rows.items()}


def _can_resume(row: Any) -> bool:
    return row.state == TaskState.FAILED and isinstance(current_host().jobs.get(row.name), TaskDef)


TASKS = Screen(
    resource=RESOURCE, source=Task, route="/tasks", title=_l("Tasks"), singular=_l("Task"), icon="refresh",
    label=lambda row: spoken(row.title),
    columns=[
        Column("title", _l("Task"), value=lambda row: spoken(row.title)),
        Column("state", _l("State"), "status", choices=STATES),
        Column("progress", _l("Progress"), value=progress_text),
        Column("created_at", _l("Begun"), "datetime"),
        Column("finished_at", _l("Finished"), "datetime"),
        Column("actor", _l("By"), load=_authors, wide=False),
        Column("sentence", _l("What it does"), value=lambda row: spoken(row.sentence), wide=False),
    ],
    card=Card(title="title", badge="state", end="progress", sub=("created_at", "sentence")),
    filters=[Filter("state", _l("State"), choices=STATES, tabs=True, counted=(TaskState.RUNNING,))],
    sections=[
        Section("progress", _l("Progress"), template="zg/task_progress.html", load=progress, order=10),
        Section("refused", _l("Not done"), template="zg/several.html", load=_refused, order=15),
        Section("task", _l("Details"), columns=("state", "created_at", "finished_at", "actor"), order=20),
    ],
    actions=[
        Action("cancel", _l("Cancel"), cancel_task, "x", "danger", when=lambda row: row.state in (TaskState.WAITING, TaskState.RUNNING),
               needs=("state",), confirm=lambda row: _l("End the task “%(title)s”?", title=spoken(row.title)),
               follows=_l("What was done stays done; what was not finished, such as a file, is gone."), stays=_l("Let it run"),
               done=_l("It ends before its next step.")),
        Action("resume", _l("Go on"), resume_task, "refresh", "primary", when=_can_resume, needs=("state", "name"),
               done=_l("It goes on where it was.")),
    ],
    always=("done", "total"), row_rule=own_or_supervised,
    empty=_l("No tasks yet. Long exports and other long work are shown here."),
)  # fmt: skip

MENU = [MenuItem("tasks", _l("Tasks"), "refresh", screen=RESOURCE, group="system", order=35)]
