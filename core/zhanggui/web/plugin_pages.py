"""Plugins and what is wrong with them: the pages by which one gets out of trouble, so they call no plugin's code.

They know manifests, rows of the core and what the host was built from; no badge is counted in their menu.
"""

from __future__ import annotations

from typing import Any

from flask import flash, redirect, render_template
from sqlalchemy import select

from ..auth.permissions import expose, has_access
from ..db.uow import reading
from ..host import current_host, faults, service
from ..host.host import Contribution
from ..host.manifest import Manifest
from ..host.models import PluginFault, Repair
from ..i18n.formats import fmt
from ..i18n.texts import gettext as _
from ..i18n.texts import lazy_gettext as _l
from ..i18n.texts import ngettext, reader, texts_of
from ..kernel import clock
from ..kernel.errors import NotFound
from ..runtime import current_runtime
from . import context
from .shell import without_plugins
from .views import Answer, View

_KINDS = {
    "column": _l("Column"), "filter": _l("Filter"), "action": _l("Action"), "section": _l("Section"), "field": _l("Field"),
    "badge": _l("Number in the menu"), "widget": _l("Part of the home page"), "first_step": _l("Line of the opening list"), "search": _l("Search over everything"),
    "block": _l("Part of a page"), "screen": _l("Screen"), "kind": _l("Kind of value"), "setting": _l("Test of a setting"), "demo": _l("Demo data"), "hook": _l("Hook"),
    "schedule": _l("Schedule"), "catalog": _l("Translations"), "operation": _l("Path of the storefront"), "webhook": _l("Messages from outside"),
    "event": _l("Event for programs outside"), "message": _l("Message to customers and staff"),
    "approval": _l("Request for a second person"), "people": _l("Answer about a person"),
    "import": _l("Start of the plugin"),
}  # fmt: skip


class PluginsView(View):
    """The gallery: what there is, what it adds and needs, one tap to switch."""

    route_base = "/system/plugins"
    class_permission_name = "core.Plugin"

    @expose("/")
    @has_access
    def manage(self) -> str:
        """Every installed plugin with its state."""
        without_plugins()
        infos = service.list_plugins(current_host())
        with reading() as db:
            paused = {fault.plugin for fault in faults.known(db) if fault.paused_at is not None}
        return render_template("zg/plugins.html", title=_("Plugins"), plugins=[_gallery_line(i, infos, paused) for i in infos])

    @expose("/<plugin_id>/adds")
    @has_access
    def adds(self, plugin_id: str) -> str:
        """What one that is switched off would add: it is imported for that, so the gallery asks for it afterwards."""
        found = service.look_again(current_runtime()).manifests.get(plugin_id)
        if found is None:
            raise NotFound()
        part = service.would_add(plugin_id)
        name = found.text("name", reader().locale)
        adds = _additions(part, found) if part is not None else []
        return render_template("zg/plugin_adds.html", title=_("What it adds"), name=name, adds=adds, loads=_loads(found), failed=part is None)

    @expose("/<plugin_id>/enable", methods=["POST"])
    @has_access
    def enable(self, plugin_id: str) -> Answer:
        """Switch one on."""
        service.enable_plugin(plugin_id, actor=context.actor(), now=clock.now())
        flash(_("%(id)s is enabled.", id=service.plugin_name(plugin_id)), "success")
        return redirect("/system/plugins/", 303)

    @expose("/<plugin_id>/disable", methods=["POST"])
    @has_access
    def disable(self, plugin_id: str) -> Answer:
        """Switch one off; its data stays."""
        service.disable_plugin(plugin_id, actor=context.actor(), now=clock.now())
        flash(_("%(id)s is disabled; its data is kept.", id=service.plugin_name(plugin_id)), "success")
        return redirect("/system/plugins/", 303)

    enable._permission_name = disable._permission_name = adds._permission_name = "manage"  # type: ignore[attr-defined]


def _gallery_line(info: service.PluginInfo, infos: list[service.PluginInfo], paused: set[str]) -> dict[str, Any]:
    locale, manifest = reader().locale, info.manifest
    names = {i.manifest.id: i.manifest.text("name", locale) for i in infos}
    part = current_host().parts.get(manifest.id)
    return {
        "id": manifest.id, "name": manifest.text("name", locale), "summary": manifest.text("summary", locale),
        "version": manifest.version, "icon": manifest.icon, "state": info.state, "reasons": info.reasons,
        "needs": [names.get(n, n) for n in manifest.requires], "adds": _additions(part, manifest) if part is not None else [],
        "category": manifest.category, "loads": _loads(manifest), "paused": manifest.id in paused and info.state == "enabled",
        "needed_by": [names[i.manifest.id] for i in infos if manifest.id in i.manifest.requires and i.state == "enabled"],
    }  # fmt: skip


def _loads(manifest: Manifest) -> list[str]:
    """From whom its own pages load something, and what: the reader's browser tells these that he is looking."""
    words = {
        "img-src": _("Pictures from %(hosts)s"), "media-src": _("Sound and films from %(hosts)s"),
        "connect-src": _("Data to and from %(hosts)s"), "frame-src": _("Pages of %(hosts)s in a frame"),
    }  # fmt: skip
    return [
        words[directive] % {"hosts": _(", ").join(origin.removeprefix("https://") for origin in origins)}
        for directive, origins in manifest.csp.items()
    ]  # fmt: skip


def _additions(part: Contribution, manifest: Manifest) -> list[str]:
    """What a merchant gets: screens, figures on the home page, additions to other screens, settings."""
    screens = current_host().screens
    adds = [str(s.title) for s in (*part.screens, *part.pages)] + [str(w.title) for w in part.widgets]
    for slot in part.slots:
        what = getattr(slot.add, "label", None) or getattr(slot.add, "title", "")
        if slot.screen in screens and what:
            adds.append(_("%(what)s in %(screen)s", what=str(what), screen=str(screens[slot.screen].title)))
    if manifest.settings:
        adds.append(ngettext("%(num)s setting", "%(num)s settings", len(manifest.settings)))
    return list(dict.fromkeys(adds))


class RepairsView(View):
    """What needs a person."""

    route_base = "/system/repairs"
    class_permission_name = "core.Repair"

    @expose("/")
    @has_access
    def list(self) -> str:
        """What does not run, and what failed while it ran; the traceback only for who looks after plugins."""
        without_plugins()
        may_manage = context.actor().may("can_manage", "core.Plugin")
        with reading() as db:
            repairs = db.scalars(select(Repair).order_by(Repair.since)).all()
            enabled = service.enabled_ids(db)
            lines = [_fault_line(fault) for fault in faults.known(db)]
            told = current_host().repairs()  # in the language of who reads; the row says it in English
            broken = [
                {"plugin": r.plugin, "name": service.plugin_name(r.plugin) if r.plugin else "", "title": told[r.id].sentence if r.id in told else r.title,
                 "detail": r.detail, "since": r.since, "enabled": r.plugin in enabled, "runs": r.plugin in current_host().manifests}
                for r in repairs
            ]  # fmt: skip
        return render_template("zg/repairs.html", title=_("Repairs"), repairs=broken, faults=lines, may_manage=may_manage)

    @expose("/<path:fault_id>/retry", methods=["POST"])
    @has_access
    def retry(self, fault_id: str) -> Answer:
        """Call it again, from the next request on."""
        plugin = service.try_again(fault_id, actor=context.actor(), now=clock.now())
        flash(_("%(id)s is tried again. If it fails once more, it will be named here.", id=service.plugin_name(plugin)), "success")
        return redirect("/system/repairs/", 303)


def _wording(fault: PluginFault) -> str:
    """Whose words the label is: the plugin's own, or of a hook those of who offers it."""
    offers = (i for i in current_host().manifests if fault.kind == "hook" and fault.name.startswith(f"{i}_"))
    return next(offers, "" if fault.kind == "hook" else fault.plugin)


def _fault_line(fault: PluginFault) -> dict[str, Any]:
    """A fault in words: what, where, how often, since when."""
    kind = str(_KINDS.get(fault.kind, fault.kind))
    label = texts_of(_wording(fault)).gettext(fault.label) if fault.label else ""
    if fault.screen:
        screen = texts_of(fault.name.partition(".")[0]).gettext(fault.screen)  # the name begins with the resource of that screen
        where = _("%(kind)s “%(label)s” in “%(screen)s”", kind=kind, label=label, screen=screen)
    else:
        where = _("%(kind)s “%(label)s”", kind=kind, label=label) if label else kind
    times = ngettext("It failed %(num)s time, last on %(when)s.", "It failed %(num)s times, last on %(when)s.", fault.times, when=fmt.datetime(fault.last_at))
    slow = ""
    if fault.longest_ms:
        seconds = fmt.number(round(fault.longest_ms / 1000, 1))
        slow = _("It took up to %(seconds)s seconds.", seconds=seconds)
        if fault.sentence is None:
            times = ngettext("It was slow %(num)s time, last on %(when)s.", "It was slow %(num)s times, last on %(when)s.", fault.times, when=fmt.datetime(fault.last_at))
    return {
        "id": fault.id, "plugin": fault.plugin, "name": service.plugin_name(fault.plugin), "where": where, "times": times, "slow": slow,
        "since": fault.first_at, "paused": fault.paused_at is not None, "sentence": fault.sentence or "", "detail": fault.detail or "",
        "refuses": fault.kind == "hook" and current_host().refuses(fault.name),
    }  # fmt: skip
