"""Languages: catalogs merged per enabled plugin, the reader's language and zone."""

from __future__ import annotations

from pathlib import Path

from flask import Flask, has_request_context, request, session
from flask_login import current_user

from ..host.host import Host
from ..runtime import Runtime

CORE = Path(__file__).parents[1] / "translations"


def install(app: Flask, runtime: Runtime, host: Host) -> None:
    """Name the catalogs, later ones winning; the base puts its own first when it starts."""
    folders = [CORE, *(manifest.path / "translations" for manifest in host.manifests.values())]
    locales = list(runtime.config["i18n.locales"])
    default = runtime.config["i18n.default_locale"]
    app.config.update(
        LANGUAGES={code: {"flag": code[-2:].lower(), "name": code} for code in locales},
        BABEL_TRANSLATION_DIRECTORIES=";".join(str(folder) for folder in folders if folder.is_dir()),
        BABEL_DEFAULT_LOCALE=default,
    )


def choose_readers(app: Flask, runtime: Runtime) -> None:
    """Put our selectors in place of the base's, which knows only its own session key and UTC."""
    locales = list(runtime.config["i18n.locales"])
    default = runtime.config["i18n.default_locale"]

    def locale() -> str:
        if not has_request_context():  # an app being built, a command: the source language
            return "en"
        chosen = getattr(current_user, "locale", None) or session.get("locale")
        if chosen in locales:
            return str(chosen)
        return _best(locales, default) if request.accept_languages else str(default)

    def zone() -> str:
        return (has_request_context() and getattr(current_user, "time_zone", None)) or str(runtime.config["instance.time_zone"])

    readers = app.extensions["babel"]
    readers.locale_selector, readers.timezone_selector = locale, zone


def _best(locales: list[str], default: str) -> str:
    """The first wish of the browser that we speak, by language alone: zh-TW is served zh_CN."""
    for wish, _quality in request.accept_languages:
        for code in locales:
            if code.replace("_", "-").lower() == wish.lower() or code.split("_")[0] == wish.split("-")[0].lower():
                return code
    return default
