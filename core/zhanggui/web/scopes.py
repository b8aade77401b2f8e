"""What a token of others may be made for: operations of the REST API, and personal fields, as a form asks for them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ..auth.rights import resource_names, rights
from ..host import current_host
from ..i18n.texts import gettext as _
from ..kernel.actors import Actor
from .describe import Choice, Field, Screen
from .query import revealing

_FIELD = "scope__"
NEVER = ("core.",)  # staff, roles, settings, plugins: nobody outside manages who may do what


def operations() -> set[tuple[str, str]]:
    """Every operation of the REST API that programs of others may be given, and the rights to see personal fields with them."""
    host = current_host()
    found: set[tuple[str, str]] = set()
    for screen in host.screens.values():
        if screen.api:
            found |= {(f"can_{verb}", screen.resource) for verb in _verbs(screen)} | {revealing(screen)}
            found |= {(c.permission, screen.resource) for c in screen.columns if c.permission}
    for part in host.parts.values():
        for api in part.apis:
            methods = (getattr(getattr(api, name, None), "_permission_name", None) for name in dir(api))
            found |= {(f"can_{verb}", api.class_permission_name) for verb in methods if verb}
    return {(verb, resource) for verb, resource in found if not resource.startswith(NEVER)}


def _verbs(screen: Screen) -> list[str]:
    written = (("add", screen.create), ("edit", screen.update), ("delete", screen.delete))
    return ["list", "show", *(verb for verb, there in written if there), *(action.name for action in screen.actions)]


def scope_fields(actor: Actor) -> list[Field]:
    """A field of choices for each thing, of what this actor holds himself."""
    offered, called, found = operations(), resource_names(), []
    for resource, verbs in rights().items():
        own = [Choice(verb, word) for verb, word in verbs if (verb, resource) in offered and actor.may(verb, resource)]
        if own:
            found.append(Field(_FIELD + resource.replace(".", "__"), called.get(resource) or _("Other rights"), "choices", choices=own))
    return found


def chosen_scopes(values: dict[str, Any]) -> list[tuple[str, str]]:
    """Takes what was chosen in these fields out of the values of a form."""
    names = [name for name in values if name.startswith(_FIELD)]
    picked: Mapping[str, Any] = {name: values.pop(name) or () for name in names}
    return [(verb, name.removeprefix(_FIELD).replace("__", ".")) for name, verbs in picked.items() for verb in verbs]
