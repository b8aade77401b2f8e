"""The frame around every page: tabs, menu, languages, what waits. Worked out once a request."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from functools import lru_cache, partial
from typing import Any
from urllib.parse import quote

from flask import current_app, g, get_flashed_messages, request
from flask_login import current_user
from markupsafe import Markup
from sqlalchemy import Select, select
from sqlalchemy.orm import Session

from .. import notices
from ..db.uow import reading
from ..files import url_for_file
from ..host import current_host
from ..host.contain import attempt
from ..i18n.formats import fmt, reader_locale
from ..i18n.texts import gettext as _
from ..i18n.texts import reader
from ..kernel.actors import Actor
from ..runtime import current_runtime
from . import context
from .brand import COLOR, brand_address
from .companions import companion
from .core_texts import GROUPS, me_label, messages_label
from .describe import EVERY_SCREEN, MenuItem, Question
from .gateway import COUNT_LIMIT
from .page import Link, Shell
from .questions import counting_of
from .theme import load_theme

log = logging.getLogger(__name__)


def _allowed(item: MenuItem, actor: Actor) -> str:
    """The entry's address, or "" when this actor would be refused there."""
    if item.screen is not None:
        screen = current_host().screens.get(item.screen)
        return f"{screen.route}/" if screen is not None and actor.may("can_list", screen.resource) else ""
    if item.permission is not None and not actor.may(*item.permission):
        return ""
    return item.href or ""


def shell() -> Shell:
    """What the frame needs, for the reader of this request."""
    if "zg_shell" not in g:
        g.zg_shell = _build()
    built: Shell = g.zg_shell
    return built


def without_plugins() -> None:
    """For pages that must be there whatever plugins do: no badge of the menu is counted on this one."""
    g.zg_without_plugins = True


def _build() -> Shell:
    runtime = current_runtime()
    locale, code = reader_locale(), reader().locale
    brand = dict(load_theme(runtime).brand)
    logo = _of_shop("instance.logo")
    if logo:
        brand["logo"] = url_for_file(logo)
    color = _of_shop(COLOR)
    if color:
        brand |= {"color": color, "sheet": brand_address()}
    result = Shell(
        shop=_of_shop("instance.name"), lang=code.replace("_", "-"), dir=locale.text_direction,
        user=getattr(current_user, "display_name", ""), appearance=getattr(current_user, "appearance", None) or "auto",
        languages=[(c, context.LOCALE_NAMES.get(c, c), c == code) for c in runtime.config["i18n.locales"]],
        safe_mode=runtime.safe_mode, brand=brand,
    )  # fmt: skip
    if current_user.is_authenticated:
        try:
            _fill_menu(result)
        except Exception:
            if not g.get("zg_without_plugins"):
                raise
            log.exception("the menu could not be drawn; the page is shown without it")
    return result


def _of_shop(key: str) -> str:
    from ..config import settings

    return str(settings.get(key))


def _fill_menu(result: Shell) -> None:
    actor, calm = context.actor(), bool(g.get("zg_without_plugins"))
    links: list[tuple[MenuItem, Link]] = []
    owners = {id(item): plugin for plugin, part in current_host().parts.items() for item in part.menu}
    shown = [(item, href) for item in current_host().every("menu") if (href := _allowed(item, actor))]
    with reading() as db:
        badges = {} if calm else _badges(db, [item for item, _href in shown if item.badge is not None])
        unread = _unread(db)
    for item, href in shown:
        link = Link(str(item.label), href, item.icon, _is_active(href), badges.get(id(item), 0), f"menu:{owners[id(item)]}.{item.id}")
        links.append((item, link))
    groups: dict[str, list[Link]] = {}
    for item, link in links:
        groups.setdefault(item.group, []).append(link)
    result.menu = [(str(label), groups[name]) for name, label in GROUPS.items() if name in groups]
    proposed = sorted(((item.tab, link) for item, link in links if item.tab is not None), key=lambda pair: pair[0])
    tabs = [link for _order, link in proposed[:3]]
    result.messages = Link(str(messages_label), "/messages/", "bell", request.path.startswith("/messages"), unread, "menu:core.messages")
    tabs.append(result.messages)
    tabs.append(Link(str(me_label), "/me/", "user", request.path.startswith("/me/"), key="menu:core.me"))
    result.tabs = tabs
    result.news = any(item.screen is not None and current_host().screens[item.screen].news for item, _link in links)


def _badges(db: Session, items: Sequence[MenuItem]) -> dict[int, int]:
    """What waits behind entries of the menu, by their ``id()``: one statement for all that count rows of a list."""
    read, found, counts = context.reader(), dict[int, int](), dict[int, Select[Any]]()
    for item in items:
        badge = item.badge
        if isinstance(badge, Question):
            statement = attempt(badge, partial(counting_of, read, badge), lambda: None)
            if statement is not None:
                counts[id(item)] = statement
        elif badge is not None:
            found[id(item)] = attempt(badge, partial(badge, db, read), lambda: 0)
    if counts:
        answers = db.execute(_together(*counts.values())).one()
        found |= {item: min(number or 0, COUNT_LIMIT) for item, number in zip(counts, answers, strict=True)}
    return found


@lru_cache(maxsize=64)  # the statements of questions are kept as well
def _together(*counts: Select[Any]) -> Select[Any]:
    return select(*(count.scalar_subquery() for count in counts))


def _unread(db: Session) -> int:
    return notices.unread_count(db, context.actor())


def _is_active(href: str) -> bool:
    return request.path == "/" if href == "/" else request.path.startswith(href)


def flashes() -> list[tuple[str, str]]:
    """Sentences left by the request before this one."""
    return [(category, text) for category, text in get_flashed_messages(with_categories=True)]


def screen_key(key: str = "") -> str:
    """The stable name of the page that answers this request: what it says itself, or its permission."""
    if not key:
        view = current_app.view_functions.get(request.endpoint or "")
        resource = getattr(current_app.blueprints.get(request.blueprint or ""), "zg_resource", request.blueprint or "")
        key = f"{resource}.{getattr(view, '_permission_name', (request.endpoint or '').rpartition('.')[2])}".strip(".")
    return f"screen:{key}"


def help_mark(key: str) -> Markup:
    """What stands at the end of a head: a question mark where a plugin explains what has this stable name."""
    href, label = help_at(key)
    if not href:
        return Markup()
    return Markup('<a class="btn btn-quiet btn-icon help-mark" href="%s" aria-label="%s" data-help="%s" data-asks>%s</a>') % (
        href, label, key, current_app.jinja_env.globals["icon"]("help"),  # type: ignore[operator] # a function, as the theme put it there
    )  # fmt: skip


def help_at(key: str, why: bool = False) -> tuple[str, str]:
    """The address and the words of what explains this name: its own target, else that of every screen. ``why``: it was refused."""
    host = current_host()
    target = host.help_targets.get(key)
    if target is None and key.startswith("screen:") and current_user.is_authenticated:
        target = host.help_targets.get(EVERY_SCREEN)
    if target is None:
        return "", ""
    href = target.href.replace("{key}", quote(key.removeprefix("screen:"), safe=""))
    return href + ("&why=1" if why and "?" in href else ""), str(target.label) or _("Help")


TEMPLATE_GLOBALS = {"shell": shell, "flashes": flashes, "fmt": fmt, "screen_key": screen_key, "help": help_mark, "help_at": help_at, "companion": companion}
