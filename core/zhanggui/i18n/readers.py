"""Languages: the core's catalogs, one of each enabled plugin beside them, the reader's language and zone."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from functools import lru_cache
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from babel.support import NullTranslations, Translations
from flask import Flask, has_request_context, request, session
from flask_login import current_user
from werkzeug.datastructures import LanguageAccept

from ..config import settings
from ..host.faults import Place
from ..host.host import Host
from ..host.manifest import Manifest
from ..runtime import Runtime
from . import in_templates, texts
from .texts import Reader

CORE = Path(__file__).parents[1] / "translations"


def install(app: Flask, runtime: Runtime) -> None:
    """Name the core's catalogs; the base puts its own first when it starts."""
    locales = list(runtime.config["i18n.locales"])
    app.config.update(
        LANGUAGES={code: {"flag": code[-2:].lower(), "name": code} for code in locales},
        BABEL_TRANSLATION_DIRECTORIES=str(CORE),
        BABEL_DEFAULT_LOCALE=runtime.config["i18n.default_locale"],
    )


def _of_plugin(manifest: Manifest, host: Host, code: str, core: NullTranslations) -> NullTranslations:
    """A plugin's own texts, and the core's for those that it has not; the core's alone when its catalog cannot be read."""
    folder = manifest.path / "translations"
    watch = host.book.watch(Place(manifest.id, "catalog", "translations", names=manifest.name))

    def read() -> NullTranslations:
        found: NullTranslations = core
        for name in dict.fromkeys((code.split("_")[0], code)):
            if (folder / name).is_dir():
                own = Translations.load(folder, [name])
                if isinstance(own, Translations):
                    own.add_fallback(found)
                    found = own
        return found

    read_or_core: NullTranslations = watch.around(read, lambda: core)()
    return read_or_core


@contextmanager
def speaking(locale: str, host: Host) -> Iterator[None]:
    """Texts in this language, for what is written for somebody where no request is: a file that a task makes."""
    before = texts.reader()
    texts.read_by(_reader_of(locale, tuple((m.id, str(m.path), str(m.version)) for m in host.manifests.values())))
    try:
        yield
    finally:
        texts.read_by(before)


@contextmanager
def written_in(locale: str) -> Iterator[None]:
    """Texts, numbers and money in this language, with the texts of what is enabled now: for a message to somebody, in a job."""
    from ..host import current_host

    with speaking(locale, current_host()):
        yield


@lru_cache(8)
def _reader_of(locale: str, plugins: tuple[tuple[str, str, str], ...]) -> Reader:
    """Who reads this language, with the catalogs of these plugins."""
    from ..host import current_host

    host, core = current_host(), Translations.load(CORE, [locale])
    return Reader(locale, core, None, {m.id: _of_plugin(m, host, locale, core) for m in host.manifests.values()})


def in_every_language(text: object, locales: Sequence[str], host: Host) -> list[str]:
    """A text as each of these languages has it."""
    found = []
    for locale in locales:
        with speaking(locale, host):
            found.append(str(text))
    return found


def choose_readers(app: Flask, runtime: Runtime, host: Host) -> None:
    """Put our selectors in place of the base's, and our texts in the templates."""
    locales = list(runtime.config["i18n.locales"])
    default = str(runtime.config["i18n.default_locale"])
    catalogs = {code: _catalog(app, code) for code in {*locales, default, "en"}}
    domains = {code: {m.id: _of_plugin(m, host, code, core) for m in host.manifests.values()} for code, core in catalogs.items()}

    def locale() -> str:
        if not has_request_context():  # an app being built, a command: the source language
            return "en"
        chosen = getattr(current_user, "locale", None) or session.get("locale")
        if chosen in locales:
            return str(chosen)
        return best_language(request.accept_languages, locales, default)

    def zone() -> str:
        return (has_request_context() and getattr(current_user, "time_zone", None)) or str(settings.get("instance.time_zone"))

    def read() -> None:
        code = locale()
        texts.read_by(Reader(code, catalogs[code], _zone(zone()), domains[code]))

    babel = app.extensions["babel"]
    babel.locale_selector, babel.timezone_selector = locale, zone
    app.extensions["zhanggui_reader"] = read
    app.jinja_env.install_gettext_callables(texts.gettext, texts.ngettext, newstyle=True)  # type: ignore[attr-defined]
    app.jinja_env.globals["_"] = texts.gettext
    in_templates.install(app.jinja_env, host.manifests)


def _catalog(app: Flask, code: str) -> Any:
    """The merged catalog of a language, read once an app: later folders correct earlier ones."""
    merged: Any = NullTranslations()
    plural = None
    for folder in app.config["BABEL_TRANSLATION_DIRECTORIES"].split(";"):
        for name in (code.split("_")[0], code):
            if Path(folder, name).is_dir():
                found = Translations.load(folder, [name])
                if isinstance(found, Translations):
                    merged = found if not isinstance(merged, Translations) else merged.merge(found)
                    plural = found.plural if Path(folder) == CORE else plural  # type: ignore[attr-defined]
    if plural is not None:
        merged.plural = plural  # the base's catalogs come first, and count as English does
    return merged


@lru_cache(maxsize=64)
def _zone(name: str) -> ZoneInfo:
    return ZoneInfo(name)


def best_language(wishes: LanguageAccept, locales: list[str], default: str) -> str:
    """The first wish of the browser that we speak, by language alone: zh-TW is served zh_CN."""
    for wish, _quality in wishes:
        for code in locales:
            if code.replace("_", "-").lower() == wish.lower() or code.split("_")[0] == wish.split("-")[0].lower():
                return code
    return default


@lru_cache(maxsize=8)
def core_catalog(code: str) -> NullTranslations:
    """The core's own texts in a language, where there is no app yet."""
    return Translations.load(CORE, [code])
