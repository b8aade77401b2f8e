"""The pages that the core brings itself: home, search, messages, me, plugins, repairs, settings, pictures."""

from __future__ import annotations

import logging
from functools import partial
from typing import Any

from flask import Response, jsonify, redirect, render_template, request, send_file
from flask_login import current_user
from sqlalchemy.orm import Session

from .. import files, notices
from ..auth.permissions import expose, public, signed_in
from ..config import settings
from ..config.days import shop_zone
from ..db import words
from ..db.uow import reading, unit_of_work
from ..host import current_host
from ..host.contain import attempt
from ..i18n.formats import fmt
from ..i18n.texts import gettext as _
from ..i18n.zones import zone_label
from ..kernel import clock
from ..kernel.reader import Reader
from . import context, news
from .brand import COLOR, brand_sheet
from .charts import Chart, Series
from .describe import Question, Widget
from .drawing import draw
from .figure_words import change, written
from .first_steps import opening_list
from .page import HomeWidget
from .plugin_pages import PluginsView, RepairsView
from .questions import address
from .questions import figure as figure_of
from .setting_pages import SettingsView
from .shell import shell
from .token_pages import TokensView
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
            widgets = _widgets(db)
            opening = opening_list(db, context.reader())
            compared = _("As of %(time)s, beside yesterday at this time", time=f"{clock.now().astimezone(shop_zone()):%H:%M}")
            as_of = compared if any(w.data.get("same_time") for w in widgets) else ""
            return render_template("zg/home.html", title=_("Today"), widgets=widgets, as_of=as_of, opening=opening)

    @expose("/search")
    @signed_in
    def search(self) -> Any:
        """Hits of every plugin, grouped; as JSON for the palette."""
        text = context.storable(request.args.get("q", "").strip()[:100], "q")
        groups = _search(text) if text else []
        if context.wants_json():
            return {"groups": groups}
        return render_template("zg/search.html", title=_("Search"), query=text, groups=groups)

    @expose("/news")
    @signed_in
    def news(self) -> Response:
        """What came since the keys that the browser knows. Nothing is counted while nothing came."""
        known = news.asked(context.arguments())
        with reading() as db:
            last = news.newest(db, context.reader(), known)
            tag = "-".join(f"{name}.{key}" for name, key in sorted(last.items()))
            answer = Response(status=304)
            if not request.if_none_match.contains_weak(tag):
                answer = jsonify(lists=news.counted(db, context.reader(), known), slow=news.SLOW)
        answer.set_etag(tag, weak=True)
        answer.headers["Cache-Control"] = "private, no-cache"
        answer.headers["Poll-After"] = str(news.POLL)
        return answer

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

    @expose("/brand.css")
    @public("the page to sign in and the shop of customers are drawn in it")
    def brand(self) -> Response:
        """The color of the shop; its address changes with it."""
        color = settings.get(COLOR)
        return Response(brand_sheet(color) if color else "", mimetype="text/css", headers={"Cache-Control": "public, max-age=31536000, immutable"})

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
    reader, shown, replaced = context.reader(), {}, set()
    every = list(current_host().every("widgets"))
    for widget in sorted(every, key=lambda widget: not widget.instead_of):
        listed = not isinstance(widget.data, Question) or address(widget.data, reader)
        if widget.id in replaced or not (reader.may(*widget.permission) and listed):
            continue
        figure = partial(_figure, widget, db, reader)
        data = attempt(widget.data, figure, lambda: {"failed": _("This figure is not available right now.")})
        if data:
            shown[widget.id] = HomeWidget(widget.id, str(widget.title), widget.kind, data)
            replaced |= set() if "failed" in data else set(widget.instead_of)
    return [shown[widget.id] for widget in every if widget.id in shown]


def _figure(widget: Widget, db: Session, reader: Reader) -> dict[str, Any]:
    if isinstance(widget.data, Question):
        return _formatted(widget.kind, figure_of(db, reader, widget.data, widget.kind, widget.icon, since_yesterday=widget.since_yesterday))
    data = dict(widget.data(db, reader))
    if not data:
        return data
    if isinstance(data.get("opens"), Question):
        data["href"] = address(data["opens"], reader)
    return _formatted(widget.kind, data)


def _formatted(kind: str, data: dict[str, Any]) -> dict[str, Any]:
    if "failed" in data:
        return data
    if kind == "number":
        data["text"] = data.get("text") or written(data)
        if data.get("was") is not None:
            data["change"] = change(data["value"], data["was"], same_time=bool(data.get("same_time")))
    elif kind == "chart":
        data["drawing"] = draw(data["chart"] if "chart" in data else _line(data), context.currency())
    elif kind == "todo":
        data["text"] = data.get("text") or fmt.number(data["count"])
    elif kind == "list":
        data["rows"] = [{name: row.get(name, "") for name in ("title", "sub", "end", "href")} for row in data["rows"]]
    return data


def _line(data: dict[str, Any]) -> Chart:
    """A chart of one series whose days come as pairs."""
    days, values = zip(*data["points"], strict=True) if data["points"] else ((), ())
    return Chart("line", days, [Series(_("Amount"), values)], _("Day"), data.get("kind", "int"), data.get("currency"), data.get("summary", ""))


def _search(text: str) -> list[dict[str, Any]]:
    """What each plugin finds: first the things that are called so, then what has to do with them, such as the orders of a product."""
    reader, groups, asked = context.reader(), [], words.fold(text)
    with reading() as db:
        for provider in current_host().every("search"):
            if provider.permission is None or reader.may(*provider.permission):
                hits = provider.find(db, reader, text, HITS)
                if hits:
                    rows = [{"title": h.title, "sub": str(h.sub), "href": h.href, "icon": h.icon} for h in hits]
                    groups.append({"label": str(provider.label), "hits": rows})
    return sorted(groups, key=lambda group: not any(asked in words.fold(str(hit["title"])) for hit in group["hits"]))


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
        return render_template("zg/me.html", title=_("Me"), user=current_user, menu=shell().menu, zone_label=zone_label)


CORE_VIEWS = (HomeView, MessagesView, MeView, PluginsView, RepairsView, SettingsView, TokensView)
