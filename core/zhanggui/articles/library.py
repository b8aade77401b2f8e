"""All articles and tours of the core and of the plugins that run now, read once for each set of plugins."""

from __future__ import annotations

import hashlib
import logging
import tomllib
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from ..host import current_host
from ..host.host import Host
from ..i18n.texts import lazy_gettext as _l
from ..i18n.texts import reader
from ..kernel.actors import Actor
from ..kernel.errors import WiringError
from ..runtime import current_runtime
from .files import LOCALES, SOURCE, Article, read_article
from .names import Named, named
from .tours import Tour, read_tour

log = logging.getLogger(__name__)
CORE = Path(__file__).parents[1]
_KEY = "library"


@dataclass
class Library:
    """Articles by id and language, tours by id, words that mean the same; and what could not be read."""

    articles: dict[str, dict[str, Article]] = field(default_factory=dict)
    tours: dict[str, Tour] = field(default_factory=dict)
    aliases: dict[str, str] = field(default_factory=dict)
    synonyms: list[tuple[str, ...]] = field(default_factory=list)
    faults: list[tuple[str, WiringError]] = field(default_factory=list)  # (owner, what is wrong)
    stamp: str = ""  # of the plugins that it is of, and their versions
    owners: list[str] = field(default_factory=list)  # the core, then plugins in the order of what they require

    def article(self, article_id: str, locale: str) -> Article | None:
        """An article in this language, else in English."""
        found = self.articles.get(self.aliases.get(article_id, article_id))
        return None if found is None else found.get(locale) or found[SOURCE]

    def named(self, kind: str, name: str, actor: Actor) -> Named | None:
        """As :func:`names.named`, with articles and tours."""
        if kind == "article":
            found = self.article(name, reader().locale)
            return None if found is None else Named(found.title, f"/help/a/{found.id}", found.may_be_read_by(actor))
        if kind == "tour":
            tour = self.tours.get(name)
            return None if tour is None else Named(str(tour.title), f"/help/tours/{tour.id}", actor.may(*tour.permission))
        return named(kind, name, actor)

    def labeled(self, kind: str, name: str, actor: Actor) -> Named | None:
        """The same as a bare label, without what it is worth or who may open it: for what is searched and for leads."""
        found = self.named(kind, name, actor)
        return None if found is None else Named(found.label)


def library() -> Library:
    """The one of the plugins that run now."""
    return library_of(current_host())


def library_of(host: Host) -> Library:
    """The one of the plugins of a host."""
    wanted = tuple((m.id, m.version, str(m.path)) for m in host.manifests.values())
    kept = current_runtime().shared.get(_KEY)
    if kept is None or kept[0] != wanted:
        read = Library(stamp=hashlib.sha256(repr(wanted).encode()).hexdigest()[:8])
        for owner, folder in (("core", CORE), *((m.id, m.path) for m in host.manifests.values())):
            read.owners.append(owner)
            _read(read, owner, folder)
        for owner, error in read.faults:
            log.warning("help of %s: %s", owner, error.sentence)
        kept = current_runtime().shared[_KEY] = (wanted, read)
    found: Library = kept[1]
    return found


def _read(into: Library, owner: str, folder: Path) -> None:
    for slug in sorted((folder / "help").iterdir()) if (folder / "help").is_dir() else ():
        if slug.is_dir():
            into.faults += [(owner, error) for error in _read_article(into, owner, slug)]
    for path in sorted((folder / "tours").glob("*.toml")):
        try:
            tour = read_tour(path, owner)
        except WiringError as error:
            into.faults.append((owner, wrong(f"tours/{path.name}", error)))
        else:
            into.tours[tour.id] = tour
    if (folder / "synonyms.toml").is_file():
        try:
            groups = tomllib.loads((folder / "synonyms.toml").read_text(encoding="utf-8"))["same"]
            into.synonyms += [tuple(str(word) for word in group) for group in groups]
        except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError, KeyError, TypeError) as error:
            into.faults.append((owner, wrong("synonyms.toml", WiringError(_l("it cannot be read: %(error)s", error=str(error))))))


def _read_article(into: Library, owner: str, slug: Path) -> Iterator[WiringError]:
    found: dict[str, Article] = {}
    for locale in LOCALES:
        path = slug / f"{locale}.md"
        name = f"help/{slug.name}/{path.name}"
        if not path.is_file():
            yield wrong(name, WiringError(_l("it is missing")))
            if locale == SOURCE:
                return
            continue
        try:
            found[locale] = read_article(path, owner, found.get(SOURCE))
        except WiringError as error:
            yield wrong(name, error)
            if locale == SOURCE:
                return
            continue
        if found[locale].headings != found[SOURCE].headings:
            yield wrong(name, WiringError(_l("its headings have other ids than those of the English file")))
    article_id = found[SOURCE].id
    if article_id in into.articles:
        yield wrong(f"help/{slug.name}/en.md", WiringError(_l("there is another article %(id)s", id=article_id)))
        return
    into.articles[article_id] = found
    into.aliases |= dict.fromkeys(found[SOURCE].also, article_id)


def wrong(where: str, error: WiringError) -> WiringError:
    """What is wrong, with the file that it is wrong in."""
    return WiringError(_l("%(where)s: %(what)s", where=where, what=error.sentence))
