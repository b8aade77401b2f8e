"""The pages that the core brings itself: home, search, messages, me, plugins, repairs, settings, pictures."""

from __future__ import annotations

import logging
from datetime import datetime
from functools import partial
from typing import Any
from zoneinfo import ZoneInfo

from flask import Response, flash, redirect, render_template, request, send_file
from flask_login import current_user
from sqlalchemy.orm import Session

from .. import files, notices
from ..auth.permissions import expose, has_access, public, signed_in
from ..config import settings
from ..db.uow import reading, unit_of_work
from ..host import current_host
from ..host.contain import attempt
from ..i18n.formats import fmt
from ..i18n.texts import gettext as _
from ..kernel import clock
from ..kernel.errors import Invalid, NotFound, StaleRow
from . import context
from .describe import Widget
from .page import HomeWidget
from .plugin_pages import PluginsView, RepairsView
from .shell import shell
from .views import Answer, View

log = logging.getLogger(__name__)
HITS = 8


class HomeView(View):
    """Today, and the search over everything."""

    route_base = ""
    class_permission_name = "core.Home"

    @expose("/")
    @signed_in
    def index(self) -> Answer:
        """What there is to do, and how the day goes."""
        with reading() as db:
            return render_template("zg/home.html", title=_("Today"), widgets=_widgets(db))

    @expose("/search")
    @signed_in
    def search(self) -> Any:
        """Hits of every plugin, grouped; as JSON for the palette."""
        text = context.storable(request.args.get("q", "").strip()[:100], "q")
        groups = _search(text) if text else []
        if context.wants_json():
            return {"groups": groups}
        return render_template("zg/search.html", title=_("Search"), query=text, groups=groups)

    @expose("/files/<file_id>/<size>")
    @public("product pictures are seen by the shop's customers; the random id is all there is to know")
    def picture(self, file_id: str, size: str) -> Response:
        """A stored picture; its content never changes."""
        response = send_file(files.find(file_id, size), mimetype="image/webp", conditional=True, etag=False)
        response.headers["Cache-Control"] = "public, max-age=31536000, immutable"
        return response

    @expose("/manifest.webmanifest")
    @public("a browser asks for it without cookies")
    def manifest(self) -> Response:
        """What an installed app is called and looks like."""
        body = render_template("zg/manifest.webmanifest")
        return Response(body, mimetype="application/manifest+json", headers={"Cache-Control": "public, max-age=3600"})

    @expose("/sw.js")
    @public("a browser asks for it on its own")
    def worker(self) -> Response:
        """The service worker, from the root so that it may serve every page."""
        body = render_template("zg/sw.js")
        # Its own policy rules what it may fetch: our assets and pages, nothing else.
        policy = "default-src 'none'; connect-src 'self'"
        return Response(body, mimetype="text/javascript", headers={"Cache-Control": "no-cache", "Content-Security-Policy": policy})

    @expose("/offline")
    @public("kept by the service worker for when there is no line")
    def offline(self) -> str:
        """Says that there is no line."""
        return render_template("zg/offline.html", title=_("Offline"))


def _widgets(db: Session) -> list[HomeWidget]:
    actor, now, zone = context.actor(), clock.now(), context.zone()
    shown = []
    for widget in current_host().every("widgets"):
        if not actor.may(*widget.permission):
            continue
        figure = partial(_figure, widget, db, now, zone)
        data = attempt(widget.data, figure, lambda: {"failed": _("This figure is not available right now.")})
        shown.append(HomeWidget(widget.id, str(widget.title), widget.kind, data))
    return shown


def _figure(widget: Widget, db: Session, now: datetime, zone: ZoneInfo) -> dict[str, Any]:
    return _formatted(widget.kind, dict(widget.data(db, now, zone)))


def _formatted(kind: str, data: dict[str, Any]) -> dict[str, Any]:
    money = data.get("currency") or context.currency()

    def words(value: int) -> str:
        return fmt.money(value, money) if data.get("kind") == "money" else fmt.number(value)

    if "failed" in data:
        return data
    if kind == "number":
        data["text"] = words(data["value"])
        if data.get("was") is not None:
            data["change"] = _change(data["value"], data["was"])
    elif kind == "chart":
        data["labels"] = [(fmt.date(day), words(value)) for day, value in data["points"]]
        data["points"] = [(day.isoformat(), value) for day, value in data["points"]]
    elif kind == "todo":
        data["text"] = fmt.number(data["count"])
    elif kind == "list":
        data["rows"] = [{name: row.get(name, "") for name in ("title", "sub", "end", "href")} for row in data["rows"]]
    return data


def _change(value: int, was: int) -> str:
    """The change against yesterday in words, because a colour or an arrow says nothing to many."""
    if was == value:
        return _("as yesterday")
    if was == 0:
        return _("none yesterday")
    percent = fmt.number(abs(round((value - was) * 100 / was)))
    return _("%(percent)s%% more than yesterday", percent=percent) if value > was else _("%(percent)s%% less than yesterday", percent=percent)


def _search(text: str) -> list[dict[str, Any]]:
    actor = context.actor()
    groups = []
    with reading() as db:
        for provider in current_host().every("search"):
            if actor.may(*provider.permission):
                hits = provider.find(db, text, HITS)
                if hits:
                    rows = [{"title": h.title, "sub": str(h.sub), "href": h.href, "icon": h.icon} for h in hits]
                    groups.append({"label": str(provider.label), "hits": rows})
    return groups


class MessagesView(View):
    """Staff notices: what happened that somebody should know."""

    route_base = "/messages"
    class_permission_name = "core.Message"

    @expose("/")
    @signed_in
    def index(self) -> str:
        """The newest notices that this user may see."""
        with reading() as db:
            items = notices.latest(db, context.actor(), limit=100)
            return render_template("zg/messages.html", title=_("Messages"), notices=items)

    @expose("/read", methods=["POST"])
    @signed_in
    def read(self) -> Answer:
        """Mark all as read."""
        with unit_of_work() as db:
            notices.mark_read(db, context.actor(), now=clock.now())
        return redirect("/messages/", 303)


class MeView(View):
    """The fifth tab: everything else, and one's own settings."""

    route_base = "/me"
    class_permission_name = "core.Me"

    @expose("/")
    @signed_in
    def index(self) -> str:
        """The whole menu, language, appearance, devices, log out."""
        return render_template("zg/me.html", title=_("Me"), user=current_user, menu=shell().menu)


class SettingsView(View):
    """Settings that may change at run time, of the core and of every enabled plugin."""

    route_base = "/system/settings"
    class_permission_name = "core.Setting"

    @expose("/")
    @has_access
    def manage(self) -> str:
        """One form a group."""
        return _settings_page({}, {})

    @expose("/", methods=["POST"])
    @has_access
    def save(self) -> Answer:
        """Store what was changed; nothing at all when one value is wrong."""
        declared = {s.key: s for s in settings.editable(current_host())}
        errors: dict[str, str] = {}
        values: dict[str, Any] = {}
        for key, setting in declared.items():
            text = request.form.get(key)
            if text is None and not (setting.kind == "bool" and f"{key}__shown" in request.form):
                continue
            try:
                values[key] = setting.parse(text if text is not None else "false")
            except ValueError as error:
                errors[key] = str(error)
        if not errors:
            try:
                with unit_of_work() as db:
                    settings.save(db, values, shown=_shown(), actor=context.actor(), now=clock.now())
            except Invalid as error:
                errors = {k: str(v) for k, v in error.errors.items()}
            except StaleRow as error:
                flash(error.text(), "danger")
                return _settings_page({}, {}), 409
        if errors:
            return _settings_page(dict(request.form), errors, _shown()), 422
        flash(_("Saved."), "success")
        return redirect("/system/settings/", 303)

    @expose("/test/<key>", methods=["POST"])
    @has_access
    def test(self, key: str) -> Answer:
        """Try a setting, where its plugin knows how."""
        tests = {k: t for part in current_host().parts.values() for k, t in part.setting_tests.items()}
        if key not in tests:
            raise NotFound(_("There is nothing to test here."))
        flash(str(tests[key].run({s.key: settings.get(s.key) for s in settings.editable(current_host())})), "info")
        return redirect("/system/settings/", 303)

    save._permission_name = test._permission_name = "manage"  # type: ignore[attr-defined]


def _settings_page(typed: dict[str, str], errors: dict[str, str], seen: int | None = None) -> str:
    if seen is None:  # asked first, so that a change in between is told at saving rather than lost
        with reading() as db:
            seen = settings.seen(db)
    return render_template("zg/settings.html", title=_("Settings"), groups=_setting_groups(typed, errors), seen=seen)


def _shown() -> int | None:
    text = request.form.get("seen", "")
    return int(text) if text.isdecimal() and len(text) < 10 else None


def _setting_groups(typed: dict[str, str], errors: dict[str, str]) -> list[dict[str, Any]]:
    locale = shell().lang.replace("-", "_")
    manifests = current_host().manifests
    tests = {k: t for part in current_host().parts.values() for k, t in part.setting_tests.items()}
    groups: dict[str, list[dict[str, Any]]] = {}
    for setting in settings.editable(current_host()):
        plugin = setting.key.split(".")[1] if setting.key.startswith("plugin.") else ""
        title = manifests[plugin].text("name", locale) if plugin in manifests else _("Shop")
        value = typed.get(setting.key, "" if setting.secret else settings.get(setting.key))
        groups.setdefault(title, []).append({
            "key": setting.key, "label": setting.text("label", locale), "help": setting.text("help", locale), "kind": setting.kind,
            "value": value, "choices": setting.choices, "error": errors.get(setting.key), "locked": settings.locked_by(setting.key),
            "secret": setting.secret, "test": str(tests[setting.key].label) if setting.key in tests else "",
            "minimum": setting.minimum, "maximum": setting.maximum,
        })  # fmt: skip
    return [{"title": title, "settings": rows} for title, rows in groups.items()]


CORE_VIEWS = (HomeView, MessagesView, MeView, PluginsView, RepairsView, SettingsView)
