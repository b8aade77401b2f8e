"""What keeps articles and tours true: looked at by ``zhanggui plugin check``, never in a running shop."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping

from ..config import settings
from ..host.host import Host
from ..host.permissions import wanted_permissions
from ..i18n.readers import speaking
from ..i18n.texts import lazy_gettext as _l
from ..kernel.actors import ANONYMOUS
from ..kernel.errors import WiringError
from .files import LOCALES, SOURCE, Article
from .library import CORE, Library, library_of, wrong
from .rendering import directives
from .tours import Tour

_LINK = re.compile(r"\]\(([^)\s]+)")
_CODE = re.compile(r"```.*?```|`[^`\n]*`", re.DOTALL)
_LOOKS_LIKE_ONE = re.compile(r"\{[a-z]+ [^}\n]*\}")
_TARGET = re.compile(r"(screen|column|filter|action|section|field|fieldset|figure|menu|search|setting):(.+)\Z")
_OWNS = ("screen", "button", "field", "setting", "permission")


def findings(host: Host) -> Iterator[tuple[str, WiringError]]:
    """``(owner, what is wrong)`` for the core and every plugin of a host that has all of them."""
    shelf = library_of(host)
    yield from shelf.faults
    for article in (one for versions in shelf.articles.values() for one in versions.values()):
        with speaking(article.locale, host):
            for what in _of_article(host, shelf, article):
                where = f"help/{article.path.parent.name}/{article.path.name}" if article.path else article.id
                yield article.owner, wrong(where, WiringError(what))
    for tour in shelf.tours.values():
        for what in _of_tour(host, tour):
            yield tour.owner, wrong(f"tours/{tour.id.partition('.')[2]}.toml", WiringError(what))


def _of_article(host: Host, shelf: Library, article: Article) -> Iterator[object]:
    text = _CODE.sub("", article.body)
    told = set(directives(text))
    for kind, name in sorted(told):
        if shelf.named(kind, name, ANONYMOUS) is None:
            yield _l("{%(kind)s %(name)s} names nothing", kind=kind, name=name)
        elif kind in _OWNS and not _within_reach(host, article.owner, _owner(kind, name)):
            yield _l("{%(kind)s %(name)s} belongs to a plugin that this one neither requires nor names under after", kind=kind, name=name)
    for typed in _LOOKS_LIKE_ONE.findall(text):
        if not set(directives(typed)):
            yield _l("%(text)s is nothing that can be named", text=typed)
    for href in _LINK.findall(text):
        if not href.startswith("#") and not re.match(r"(https|mailto|tel):", href):
            yield _l("the link %(href)s is dead: name a page or an article in braces", href=href)
        elif href.startswith("#") and href[1:] not in article.headings:
            yield _l("the link %(href)s leads to no heading", href=href)
    if article.locale == SOURCE:
        known = wanted_permissions(host)[0]
        for resource in article.screens:
            if shelf.named("screen", resource, ANONYMOUS) is None:
                yield _l("{%(kind)s %(name)s} names nothing", kind="screen", name=resource)
        for right in article.permissions:
            if right not in known:
                yield _l("{%(kind)s %(name)s} names nothing", kind="permission", name=" ".join(right))
        for key in article.settings:
            if shelf.named("setting", key, ANONYMOUS) is None:
                yield _l("{%(kind)s %(name)s} names nothing", kind="setting", name=key)


def _owner(kind: str, name: str) -> str:
    if kind == "setting":
        return name.split(".")[1] if name.startswith("plugin.") else "core"
    return name.rpartition(" ")[2].partition(".")[0]


def _within_reach(host: Host, owner: str, other: str) -> bool:
    ahead, seen = [owner], {owner, "core"}
    while ahead:
        manifest = host.manifests.get(ahead.pop())
        if manifest is not None:
            fresh = {*manifest.requires, *(manifest.after if manifest.id == owner else ())} - seen
            seen |= fresh
            ahead += fresh & set(manifest.requires)
    return other in seen


def _of_tour(host: Host, tour: Tour) -> Iterator[object]:
    if tour.permission not in wanted_permissions(host)[0]:
        yield _l("{%(kind)s %(name)s} names nothing", kind="permission", name=" ".join(tour.permission))
    routes = [screen.route for screen in host.screens.values()]
    routes += [str(entry.href).rstrip("/") for entry in host.every("menu") if entry.href]
    if tour.start != "/" and not any(tour.start.partition("?")[0].rstrip("/") == route or tour.start.startswith(f"{route}/") for route in routes if route):
        yield _l("its start %(start)s is no page", start=tour.start)
    for number, step in enumerate(tour.steps, 1):
        if not is_target(host, step.target):
            yield _l("step %(number)s: %(target)s is no name of anything", number=number, target=step.target)


def is_target(host: Host, target: str) -> bool:
    """Whether something may have this stable name (``data-key``) while the plugins of this host run."""
    match = _TARGET.match(target)
    if match is None:
        return False
    kind, name = match.groups()
    if kind == "menu":
        return name in {f"{plugin}.{entry.id}" for plugin, part in host.parts.items() for entry in part.menu} | {"core.messages", "core.me"}
    if kind == "setting":
        return name in {setting.key for setting in settings.editable(host)}
    if kind == "search":
        return name in host.screens and host.screens[name].search is not None
    resource, _dot, last = name.rpartition(".")
    if kind == "screen":
        return (f"can_{last}", resource) in wanted_permissions(host)[0]
    screen = host.screens.get(resource)
    if screen is None:
        return False
    fields = screen.fields() if callable(screen.fields) else screen.fields
    known: Mapping[str, set[str]] = {
        "column": {c.name for c in screen.columns} | {"note"}, "filter": {f.name for f in screen.filters}, "section": {s.id for s in screen.sections},
        "action": {a.name for a in screen.actions} | {"add", "edit"}, "field": {f.name for f in fields}, "figure": {m.name for m in screen.measures},
        "fieldset": {f.id for f in screen.fieldsets},
    }  # fmt: skip
    return last in known.get(kind, set())


def uncovered(host: Host) -> Iterator[str]:
    """Each screen, setting and right of this host that no article is about."""
    shelf = library_of(host)
    articles = [versions[SOURCE] for versions in shelf.articles.values() if set(versions) >= set(LOCALES)]
    said = [pair for article in articles for pair in directives(article.body)]
    screens = {name for article in articles for name in article.screens} | {name for kind, name in said if kind == "screen"}
    rights = {right for article in articles for right in article.permissions}
    rights |= {(verb, resource) for verb, resource in (name.split(" ", 1) for kind, name in said if kind == "permission")}
    keys = {name for article in articles for name in article.settings} | {name for kind, name in said if kind == "setting"}
    for resource in sorted(host.screens):
        if resource not in screens:
            yield f"screen {resource}"
    for setting in settings.editable(host):
        if setting.key not in keys:
            yield f"setting {setting.key}"
    for verb, resource in sorted(wanted_permissions(host)[0]):
        # The plain verbs of a thing are told by the article about it.
        if (verb, resource) not in rights and resource not in screens:
            yield f"permission {verb} {resource}"


__all__ = ["CORE", "findings", "is_target", "uncovered"]
