"""The page of backups: how the last drill went, the copies, and bringing one back."""

from __future__ import annotations

from typing import Any

from flask import abort, make_response, redirect, request, send_file

from zhanggui.api import (
    Code,
    View,
    _,
    backups,
    clock,
    current_actor,
    expose,
    fmt,
    get_setting,
    has_access,
    kept_text,
    ngettext,
    permission_name,
    reading,
    record_audit,
    recording,
    require_fresh,
    shop_zone,
    tasks_at_work,
    unit_of_work,
)

from . import jobs, queries, rules, targets

SHOWN = 30
ALL = "*"
_MEGABYTE = 1_000_000


class BackupView(View):
    """Copies of the shop."""

    route_base = "/backups"
    class_permission_name = "backup.Backup"
    default_view = "list"

    @expose("/")
    @has_access
    def list(self) -> str:
        """The last drill as headline, and the newest copies."""
        copies = backups.listed()
        who, now = current_actor(), clock.now()
        with reading() as db:
            drill = queries.last(db, "drill")
            passed = queries.last(db, "drill", "done")
            tried = queries.last(db, "backup")
            sent = queries.sent(db, [copy.name for copy in copies[:SHOWN]])
            working = tasks_at_work(db, jobs.back_up, jobs.rehearse)
            next_drill = rules.next_drill(get_setting("plugin.backup.drill_days"), passed.finished_at if passed else None, now)
            head = {
                "words": queries.headline(drill), "state": drill.state if drill else "", "when": drill.finished_at if drill else None, "drill": drill,
                "totals": _totals(drill), "next": next_drill if next_drill and next_drill > now else None,
                "next_backup": rules.next_due(get_setting("plugin.backup.at"), now, shop_zone()),
                "trouble": kept_text(tried.why or "") if tried is not None and tried.state == "failed" else "",
            }  # fmt: skip
            lines = [_line(copy, sent) for copy in copies[:SHOWN]]
        may = {verb: who.may(f"can_{verb}", "backup.Backup") for verb in ("create", "drill", "restore")}
        return self.render("backup/list.html", title=_("Backups"), head=head, copies=lines, count=len(copies), working=working, may=may,
                           kept=kept_words(), has_target=bool(targets.wanted()))  # fmt: skip

    @expose("/create", methods=["POST"])
    @has_access
    def create(self) -> Any:
        """Back up now: a task, that can be watched and canceled."""
        with unit_of_work() as db:
            task_id = jobs.begin_backup(db, cause="manual", actor=current_actor())
        return redirect(f"/tasks/{task_id}", 303)

    @expose("/<name>")
    @has_access
    def show(self, name: str) -> str:
        """One copy."""
        copy, who = backups.find(name), current_actor()
        with reading() as db:
            line = _line(copy, queries.sent(db, [copy.name]))
            drill = queries.rehearsed(db, copy.name)
            drilled = queries.headline(drill) if drill else ""
        may = {verb: who.may(f"can_{verb}", "backup.Backup") for verb in ("download", "drill", "restore")}
        return self.render("backup/show.html", title=line["title"], copy=copy, line=line, drilled=drilled, may=may)

    @expose("/<name>/drill", methods=["POST"])
    @has_access
    def drill(self, name: str) -> Any:
        """Rehearse it now."""
        copy = backups.find(name)
        with unit_of_work() as db:
            task_id = jobs.begin_drill(db, name=copy.name, cause="manual", actor=current_actor())
        return redirect(f"/tasks/{task_id}", 303)

    @expose("/<name>/download")
    @has_access
    def download(self, name: str) -> Any:
        """The sealed file, for somebody who has said of late that it is he; the trail knows of it."""
        require_fresh()
        copy = backups.find(name)
        with recording() as db:
            record_audit(db, "backup.backup.downloaded", target=("backup.Backup", copy.name[:64]), label=Code(copy.name), actor=current_actor(), now=clock.now(),
                         after={"size": copy.size, "rows": copy.rows})  # fmt: skip
        answer = send_file(copy.path, mimetype="application/octet-stream", as_attachment=True, download_name=copy.name)
        answer.headers["Cache-Control"] = "private, no-store"
        return answer

    @expose("/<name>/restore")
    @has_access
    @permission_name("restore")
    def ask_restore(self, name: str) -> str:
        """Which tables, or all."""
        require_fresh()
        copy = backups.find(name)
        return self.render("backup/restore.html", title=_("Restore"), copy=copy, tables=backups.tables(copy.name), line=_line(copy, {}), all=ALL)

    @expose("/<name>/preview", methods=["POST"])
    @has_access
    @permission_name("restore")
    def preview(self, name: str) -> Any:
        """What would change; nothing does."""
        require_fresh()
        copy, only = backups.find(name), _chosen(name)
        changes = backups.preview(copy.name, only)
        labels = dict(backups.tables(copy.name))
        with unit_of_work() as db:
            record_audit(db, "backup.backup.previewed", target=("backup.Backup", copy.name[:64]), label=Code(copy.name), actor=current_actor(), now=clock.now(),
                         after={"tables": len(changes)})  # fmt: skip
        differ = [(labels.get(change.table) or change.table, change) for change in changes if not change.same]
        return self.render("backup/preview.html", title=_("What would change"), copy=copy, line=_line(copy, {}), differ=differ, same=len(changes) - len(differ),
                           only=only, all=ALL)  # fmt: skip

    @expose("/<name>/restore", methods=["POST"])
    @has_access
    def restore(self, name: str) -> Any:
        """Bring it back: some tables, or everything, after which everybody signs in anew."""
        require_fresh()
        who, copy, only = current_actor(), backups.find(name), _chosen(name)
        if only:
            done = backups.bring_back_tables(copy.name, only, actor=who, now=clock.now())
        else:
            done = backups.bring_back(copy.name, keep_user=who.name, actor=who, now=clock.now())
        page = self.render("backup/restored.html", title=_("Restored"), done=done, all=not only, copy=copy, when=fmt.datetime(done.made_at))
        answer = make_response(page)
        answer.headers["Cache-Control"] = "private, no-store"
        return answer


def _chosen(name: str) -> list[str]:
    """The tables that were chosen; none: everything was."""
    chosen = request.form.getlist("table")
    if not chosen:
        abort(400)
    if ALL in chosen:
        return []
    return chosen


def _line(copy: backups.Backup, sent: dict[tuple[str, str], Any]) -> dict[str, Any]:
    kinds = {"manual": _("by hand"), "scheduled": _("by the clock"), "upgrade": _("before an upgrade")}
    said = [kinds[copy.kind], _("sealed")]
    for target in targets.TARGETS:
        run = sent.get((copy.name, target.id))
        if run is not None:
            words = _("sent to: %(target)s") if run.state == "done" else _("not sent to: %(target)s")
            said.append(words % {"target": str(target.label)})
    failed = any(run.state == "failed" for (name, _target), run in sent.items() if name == copy.name)
    size = _("%(size)s MB", size=fmt.number(round(copy.size / _MEGABYTE, 1)))
    return {"name": copy.name, "title": fmt.datetime(copy.made_at), "sub": " · ".join(said), "size": size, "failed": failed}


def _totals(drill: Any) -> Any:
    labels = backups.total_labels()
    return [(labels.get(name, name), queries.total_words(then), then == now) for name, (then, now) in sorted(((drill.totals if drill else None) or {}).items())]


def kept_words() -> str:
    """How many copies stay."""
    days, weeks, months = (get_setting(f"backup.{name}") for name in ("daily", "weekly", "monthly"))
    return _(
        "Kept: %(days)s, %(weeks)s, %(months)s", days=ngettext("%(num)s day", "%(num)s days", days), weeks=ngettext("%(num)s week", "%(num)s weeks", weeks),
        months=ngettext("%(num)s month", "%(num)s months", months),
    )  # fmt: skip
