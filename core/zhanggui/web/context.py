"""What a request of the admin knows: who asks, in which zone and currency, and over which slow table."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from flask import g, has_request_context, request
from werkzeug.wrappers import Request

from ..config.days import reader_at_work, shop_zone
from ..host import current_host
from ..i18n.texts import lazy_gettext as _l
from ..i18n.texts import reader as language
from ..kernel import clock
from ..kernel.actors import Actor, current_actor
from ..kernel.errors import BadRequest
from ..kernel.reader import Reader
from ..runtime import current_runtime
from .describe import Screen
from .kinds import FormContext

LOCALE_NAMES = {"zh_CN": "简体中文", "en": "English"}


def actor() -> Actor:
    """The actor of this request."""
    return current_actor()


def currency() -> str:
    """The instance's currency."""
    value: str = current_runtime().config["instance.currency"]
    return value


def zone() -> ZoneInfo:
    """The reader's time zone: his own setting, else the instance's."""
    return language().zone or shop_zone()


def reader() -> Reader:
    """Who reads the answer to this request: built once, so that all of a page is of one moment. Outside of one, who is at work."""
    if not has_request_context():
        return reader_at_work()
    if "zg_reader" not in g:
        g.zg_reader = Reader(actor(), zone(), language().locale, clock.now())
    built: Reader = g.zg_reader
    return built if built.actor is actor() else replace(built, actor=actor())


def content_locales() -> list[tuple[str, str]]:
    """Languages that content is written in; the first is the source."""
    config = current_runtime().config
    first = config["i18n.default_locale"]
    codes = [first, *[c for c in config["i18n.locales"] if c != first]]
    return [(code, LOCALE_NAMES.get(code, code)) for code in codes]


def form_context(who: Actor | None = None, now: datetime | None = None) -> FormContext:
    """What reading a form needs: for this request, or for an actor outside of one."""
    return FormContext(who or actor(), zone(), currency(), content_locales(), now or clock.now())


def screen(resource: str) -> Screen:
    """A screen as it stands now, with the slots of every enabled plugin."""
    return current_host().screens[resource]


def wants_json() -> bool:
    """Whether the client asked for data rather than a page."""
    return for_programs(request)


def for_programs(asked: Request) -> bool:
    """Whether a request, of an app or before there is one, asks for data rather than a page."""
    best = asked.accept_mimetypes.best_match(["text/html", "application/json", "application/problem+json"])
    return asked.path.startswith(("/api/", "/shop/api/", "/notify/")) or (best is not None and best != "text/html")


def is_fragment() -> bool:
    """Whether htmx asked for a part of the page."""
    return bool(request.headers.get("HX-Request"))


def arguments() -> dict[str, str]:
    """The query string as a plain mapping; the first of repeated names, except choices, joined by commas."""
    args: dict[str, str] = {}
    for name in request.args:
        values: list[Any] = [v for v in request.args.getlist(name) if v]
        args[name] = storable(",".join(values), name)
    return args


def storable(text: str, name: str) -> str:
    """The text itself, when a database can take it.

    :raises BadRequest: naming the argument that holds what no text holds.
    """
    if "\0" in text or (not text.isprintable() and any("\ud800" <= ch <= "\udfff" for ch in text)):
        raise BadRequest(_l("%(name)s has a character that cannot be stored."), name=name[:40], field=name[:40])
    return text
