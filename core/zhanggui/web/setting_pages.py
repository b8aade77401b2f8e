"""The screen of the settings, with a button that tries one before it is saved."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from functools import cache
from typing import Any

from flask import Response, flash, make_response, redirect, render_template, request

from .. import files
from ..auth.permissions import expose, has_access
from ..config import settings
from ..config.declare import Setting
from ..db.uow import reading, unit_of_work
from ..host import current_host
from ..i18n.texts import gettext as _
from ..i18n.zones import read_zone, zone_label
from ..kernel import clock
from ..kernel.errors import DomainError, Forbidden, Invalid, NotFound, ProviderError, StaleRow
from ..runtime import current_runtime
from . import context
from .first_steps import SHOWN
from .shell import shell
from .theme import load_theme
from .views import Answer, View


class SettingsView(View):
    """Settings that may change at run time, of the core and of every enabled plugin."""

    route_base = "/system/settings"
    class_permission_name = "core.Setting"

    @expose("/")
    @has_access
    def manage(self) -> str:
        """One form a group."""
        return _page({}, {})

    @expose("/", methods=["POST"])
    @has_access
    def save(self) -> Answer:
        """Store what was changed; nothing at all when one value is wrong."""
        _refuse_others()
        values, errors = _typed(_own())
        pictures = _pictures(values, errors)
        if not errors:
            try:
                with unit_of_work() as db:
                    for made in pictures:
                        files.keep_image(db, made)
                    files.adopt_images(db, [values[s.key] for s in _own() if s.kind == "picture" and values.get(s.key)])
                    settings.save(db, values, shown=_shown(), actor=context.actor(), now=clock.now())
            except Invalid as error:
                errors = {k: str(v) for k, v in error.errors.items()}
            except StaleRow as error:
                flash(error.text(), "danger")
                return _page({}, {}), 409
        if errors:
            _keep_drafts(pictures)
            return _as_typed(errors, 422, {s.key: values[s.key] for s in _own() if s.kind == "picture" and s.key in values})
        flash(_("Saved."), "success")
        return redirect("/system/settings/", 303)

    @expose("/test/<key>", methods=["POST"])
    @has_access
    def test(self, key: str) -> Answer:
        """Try a setting with what stands in the form; nothing is stored, and the form stays as it was typed."""
        found = [(plugin, part.setting_tests[key]) for plugin, part in current_host().parts.items() if key in part.setting_tests]
        if not found:
            raise NotFound(_("There is nothing to test here."))
        plugin, test = found[0]
        if not _may_set(plugin):
            raise Forbidden()
        own = settings.of_plugin(plugin)
        typed, errors = _typed(s for s in own if s.runtime and settings.locked_by(s.key) is None)
        if errors:
            return _as_typed(errors, 422)
        # An empty box of a secret means the one that is stored.
        typed = {s.key: typed[s.key] for s in own if s.key in typed and not (s.secret and typed[s.key] == "")}
        status = 200
        try:
            flash(str(test.run({s.key: typed[s.key] if s.key in typed else settings.get(s.key) for s in own})), "info")
        except ProviderError as error:
            flash(str(error), "danger")
        except DomainError as error:
            flash(error.text(), "danger")
            status = error.status
        return _as_typed({}, status)

    @expose("/first-steps", methods=["POST"])
    @has_access
    def put_away_first_steps(self) -> Answer:
        """Take the opening list from the home page, for everybody."""
        with unit_of_work() as db:
            settings.set(db, SHOWN, False, actor=context.actor(), now=clock.now())
        flash(_("The list is put away. It can be shown again in the settings."), "success")
        return redirect("/", 303)

    save._permission_name = put_away_first_steps._permission_name = test._permission_name = "manage"  # type: ignore[attr-defined] # how the base names a right


def _may_set(plugin: str) -> bool:
    """Whether this actor may change settings of a plugin: some need a right beside that of the page."""
    return all(context.actor().may(*right) for right in current_host().rights_to_set(plugin))


def _own() -> list[Setting]:
    """The settings that this actor may change."""
    mine = cache(_may_set)
    return [s for s in settings.editable(current_host()) if not s.key.startswith("plugin.") or mine(s.key.split(".")[1])]


def _refuse_others() -> None:
    """:raises Forbidden: when the form holds a setting that is not for this actor."""
    mine = {s.key for s in _own()}
    for setting in settings.editable(current_host()):
        if setting.key not in mine and (setting.key in request.form or f"{setting.key}__shown" in request.form):
            raise Forbidden()


def _typed(declared: Iterable[Setting]) -> tuple[dict[str, Any], dict[str, str]]:
    """Values that the form holds, each of its setting's kind, and a sentence for each that is none."""
    values: dict[str, Any] = {}
    errors: dict[str, str] = {}
    for setting in declared:
        text = request.form.get(setting.key)
        if text is None and not (setting.kind == "bool" and f"{setting.key}__shown" in request.form):
            continue
        try:
            if setting.kind == "color" and text == theme_color():
                text = ""
            text = read_zone(text) if setting.kind == "zone" and text is not None else text
            values[setting.key] = "" if setting.secret and not text else setting.parse(text if text is not None else "false")
            values[setting.key] = _as_it_stands(setting, values[setting.key])
        except ValueError as error:
            errors[setting.key] = str(error)
    return values, errors


def _as_it_stands(setting: Setting, value: Any) -> Any:
    """The stored value where a box of one line alone took its lines from it, such as those of a certificate: nobody changed that."""
    if setting.secret or not isinstance(value, str):
        return value
    stored = settings.get(setting.key)
    return stored if isinstance(stored, str) and "\n" in stored and "".join(stored.split()) == "".join(value.split()) else value


def _pictures(values: dict[str, Any], errors: dict[str, str]) -> list[dict[str, Any]]:
    """The pictures that were sent, on the disk: their ids stand among the values, their rows are for :func:`files.keep_image`."""
    made: list[dict[str, Any]] = []
    for setting in _own():
        if setting.kind != "picture" or setting.key not in values:
            continue
        upload = request.files.get(f"{setting.key}__new")
        if upload is not None and upload.filename:
            try:
                made.append(files.put_image(upload.stream, filename=upload.filename, now=clock.now()))
                values[setting.key] = made[-1]["id"]
            except Invalid as error:
                errors[setting.key] = error.text()
        elif f"{setting.key}__none" in request.form:
            values[setting.key] = ""
        elif values[setting.key]:
            with reading() as db:
                if not files.known(db, [values[setting.key]]):
                    errors[setting.key], values[setting.key] = _("Choose from the list."), ""
    return made


def _keep_drafts(pictures: Iterable[Mapping[str, Any]]) -> None:
    """A picture survives the refusal of its form, for a day."""
    with unit_of_work() as db:
        for made in pictures:
            files.keep_image(db, made, draft=True)


def _shown() -> int | None:
    text = request.form.get("seen", "")
    return int(text) if text.isdecimal() and len(text) < 10 else None


def _as_typed(errors: Mapping[str, str], status: int, pictures: Mapping[str, str] | None = None) -> Response:
    """The form as it was sent, secrets included: no browser may keep this page."""
    response = make_response(_page({**request.form, **(pictures or {})}, errors, _shown()), status)
    response.headers["Cache-Control"] = "private, no-cache, no-store"
    return response


def _page(typed: Mapping[str, str], errors: Mapping[str, str], seen: int | None = None) -> str:
    if seen is None:  # asked first, so that a change in between is told at saving rather than lost
        with reading() as db:
            seen = settings.seen(db)
    return render_template("zg/settings.html", title=_("Settings"), groups=_groups(typed, errors), seen=seen)


def _groups(typed: Mapping[str, str], errors: Mapping[str, str]) -> list[dict[str, Any]]:
    locale = shell().lang.replace("-", "_")
    manifests = current_host().manifests
    tests = {k: t for part in current_host().parts.values() for k, t in part.setting_tests.items()}
    groups: dict[str, list[dict[str, Any]]] = {}
    for setting in _own():
        plugin = setting.key.split(".")[1] if setting.key.startswith("plugin.") else ""
        title = manifests[plugin].text("name", locale) if plugin in manifests else _("Shop")
        groups.setdefault(title, []).append({
            "key": setting.key, "label": setting.text("label", locale), "help": setting.text("help", locale), "kind": setting.kind,
            "value": _value(setting, typed), "shown": zone_label(str(_value(setting, typed))) if setting.kind == "zone" else "", "choices": setting.choices, "error": errors.get(setting.key), "locked": settings.locked_by(setting.key),
            "secret": setting.secret, "test": str(tests[setting.key].label) if setting.key in tests else "",
            "minimum": setting.minimum, "maximum": setting.maximum,
            "picture": files.url_for_file(str(_value(setting, typed)), "thumb") if setting.kind == "picture" and _value(setting, typed) else "",
        })  # fmt: skip
    return [{"title": title, "settings": rows} for title, rows in groups.items()]


def theme_color() -> str:
    """The color of the theme, which a field of colors shows where the shop has none of its own: such a field is never empty."""
    return load_theme(current_runtime()).brand.get("color", "#000000")


def _value(setting: Setting, typed: Mapping[str, str]) -> Any:
    """What the box of a setting holds: what was typed, else what is stored."""
    if setting.key in typed:
        return typed[setting.key]
    if f"{setting.key}__shown" in typed:
        return False
    if setting.secret:
        return ""
    value = settings.get(setting.key)
    if setting.kind == "color":
        return value or theme_color()
    return ", ".join(value) if setting.kind == "list" else value
