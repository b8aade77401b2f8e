"""What something is called today, in the reader's language, and where it is: for texts that name it by its stable name."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from ..auth.rights import resource_names, right_name
from ..config import settings
from ..host import current_host
from ..host.host import Host
from ..host.permissions import wanted_permissions
from ..i18n.texts import gettext as _
from ..i18n.texts import reader
from ..kernel.actors import Actor
from ..runtime import current_runtime


@dataclass(frozen=True)
class Named:
    """A label with its address; ``may`` is False where this reader would be refused there."""

    label: str
    href: str = ""
    may: bool = True
    value: str = ""  # of a setting, for who may see it


def named(kind: str, name: str, actor: Actor) -> Named | None:
    """What ``{kind name}`` stands for; None when there is no such thing now. Articles and tours are the library's business."""
    finder = _FINDERS.get(kind)
    return finder(current_host(), name, actor) if finder is not None else None


def address_of(host: Host, resource: str) -> str:
    """Where the page of a resource is; "" for one that has none."""
    if resource in host.screens:
        return f"{host.screens[resource].route}/"
    for page in host.every("pages"):
        if page.resource == resource:
            return f"{page.route}/"
    entries = (entry.href for entry in host.every("menu") if entry.permission and entry.permission[1] == resource and entry.href)
    return next(entries, "")


def _right_to_open(host: Host, resource: str) -> tuple[str, str] | None:
    if resource in host.screens:
        return "can_list", resource
    rights = (entry.permission for entry in host.every("menu") if entry.permission and entry.permission[1] == resource)
    return next(rights, ("can_show", resource) if any(page.resource == resource for page in host.every("pages")) else None)


def _screen(host: Host, name: str, actor: Actor) -> Named | None:
    label = resource_names().get(name)
    if label is None:
        return None
    right = _right_to_open(host, name)
    return Named(label, address_of(host, name), right is None or actor.may(*right))


def _button(host: Host, name: str, actor: Actor) -> Named | None:
    resource, _slash, verb = name.partition("/")
    screen = host.screens.get(resource)
    if screen is None:
        return None
    label = next((str(action.label) for action in screen.actions if action.name == verb), "")
    if not label:
        plain = {"add": (_("Add"), screen.create), "edit": (_("Edit"), screen.update), "delete": (_("Delete"), screen.delete)}
        word, there = plain.get(verb, ("", None))
        label = word if there else ""
    return Named(label, f"{screen.route}/", actor.may(f"can_{verb}", resource)) if label else None


def _field(host: Host, name: str, actor: Actor) -> Named | None:
    resource, _slash, field = name.partition("/")
    screen = host.screens.get(resource)
    if screen is None:
        return None
    fields = screen.fields() if callable(screen.fields) else screen.fields
    asked = [one for action in screen.actions for one in action.fields]
    things: list[Any] = [*fields, *screen.columns, *screen.filters, *asked]
    label = next((str(thing.label) for thing in things if thing.name == field), "")
    return Named(label) if label else None


def _setting(host: Host, name: str, actor: Actor) -> Named | None:
    setting = current_runtime().config.settings.get(name)
    if setting is None or (name.startswith("plugin.") and name.split(".")[1] not in host.manifests):
        return None
    locale = reader().locale
    may = actor.may("can_manage", "core.Setting") and all(actor.may(*right) for right in host.rights_to_set(name.split(".")[1]))
    href = f"/system/settings/#s-{name.replace('.', '-')}" if setting.runtime else ""
    value = ""
    if may and setting.runtime and setting.kind in ("str", "int", "bool", "zone", "url"):
        present = settings.get(name)
        value = (_("Yes") if present else _("No")) if setting.kind == "bool" else str(present)
    return Named(setting.text("label", locale), href, may, value if len(value) <= 60 and "\n" not in value else "")


def _permission(host: Host, name: str, actor: Actor) -> Named | None:
    verb, _space, resource = name.partition(" ")
    if (verb, resource) not in wanted_permissions(host)[0]:
        return None
    return Named(right_name(verb, resource), "", actor.may(verb, resource))


_FINDERS: Mapping[str, Callable[[Host, str, Actor], Named | None]] = {
    "screen": _screen, "button": _button, "field": _field, "setting": _setting, "permission": _permission,
}  # fmt: skip
