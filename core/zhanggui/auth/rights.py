"""Rights in words: what a role or a token may hold, for everything that is enabled now."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ..host import current_host
from ..host.host import Host
from ..host.permissions import wanted_permissions
from ..i18n.texts import gettext as _
from ..i18n.texts import lazy_gettext as _l

_PLAIN = {
    "can_list": _l("list"), "can_show": _l("show"), "can_add": _l("add"), "can_edit": _l("edit"), "can_delete": _l("delete"),
    "can_export": _l("export"), "can_reveal": _l("see personal data in full"), "can_manage": _l("manage"), "can_index": _l("open"),
}  # fmt: skip


def rights() -> dict[str, list[tuple[str, str]]]:
    """Resource to its verbs with a word for each."""
    host = current_host()
    words = _words(host)
    found: dict[str, list[tuple[str, str]]] = {}
    for name, resource in sorted(wanted_permissions(host)[0]):
        found.setdefault(resource, []).append((name, str(words.get((name, resource)) or _PLAIN.get(name) or _("another right"))))
    return found


def right_name(name: str, resource: str) -> str:
    """One right with what it is about: ``Orders: list``."""
    word = dict(rights().get(resource, ())).get(name)
    return _("%(thing)s: %(what)s", thing=resource_names().get(resource, _("something that is switched off")), what=word or str(_PLAIN.get(name, _("another right"))))


def resource_names() -> dict[str, str]:
    """What the things are called that rights are about."""
    host = current_host()
    found = {one.resource: str(one.of) for one in host.every("permissions") if one.of}
    found |= {entry.permission[1]: str(entry.label) for entry in host.every("menu") if entry.permission and entry.href and entry.permission[1] not in found}
    found |= {page.resource: str(page.title) for page in host.every("pages")}
    return found | {resource: str(screen.title) for resource, screen in host.screens.items()}


def _words(host: Host) -> Mapping[tuple[str, str], Any]:
    """The words that are declared, the nearest last."""
    words: dict[tuple[str, str], Any] = {}
    for screen in host.screens.values():
        lines = (line for f in (() if callable(screen.fields) else screen.fields) for line in f.rows)
        guarded: Any
        for guarded in (*screen.columns, *lines, *screen.filters, *screen.measures, *(() if callable(screen.fields) else screen.fields)):
            if isinstance(guarded.permission, str) and guarded.permission not in _PLAIN:
                words[guarded.permission, screen.resource] = _l("see: %(what)s", what=guarded.label)
        words |= {(f"can_{a.name}", screen.resource): a.label for a in screen.actions}
    for page in host.every("pages"):
        words["can_show", page.resource] = _PLAIN["can_show"]
        words |= {(f"can_{block.id}", page.resource): block.title for block in page.blocks if block.kind == "form"}
    words |= {what.right: _l("approve: %(what)s", what=what.label) for what in host.approvals.values()}
    return words | {(one.name, one.resource): one.label for one in host.every("permissions") if one.label}


def without_words(host: Host) -> list[tuple[str, str]]:
    """Rights that nobody has words for, and resources that are called nothing: for ``plugin check``."""
    words, names = _words(host), resource_names()
    return [pair for pair in sorted(wanted_permissions(host)[0]) if (pair not in words and pair[0] not in _PLAIN) or pair[1] not in names]
