"""From a page of blocks to its routes and to what stands on it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field, replace
from functools import partial
from typing import Any

from flask import render_template
from sqlalchemy.orm import Session

from ..auth.permissions import expose, has_access
from ..config.days import shop_zone
from ..db.uow import reading
from ..host import current_host
from ..host.contain import attempt
from ..i18n.formats import fmt
from ..i18n.texts import gettext as _
from ..kernel import clock
from ..kernel.errors import DomainError
from ..kernel.reader import Reader
from . import context
from .asking import Answer, show_form, take_form
from .blocks import Block, Page
from .cells import printer
from .drawing import draw
from .figure_words import change, written
from .gateway import gateway
from .kinds.rich import rich_text
from .page import ActionButton
from .query import parse, visible_columns
from .urls import url
from .views import View


@dataclass(slots=True)
class Shown:
    """A block that is ready to print: ``data`` by its kind, ``failed`` when there is none."""

    id: str
    kind: str
    title: str
    key: str
    data: Mapping[str, Any] = field(default_factory=dict)
    failed: str = ""


def page_view(page: Page) -> type[View]:
    """The view class of a page: itself, and a form with what it posts for each of its form blocks."""
    methods: dict[str, Any] = {"route_base": page.route, "class_permission_name": page.resource, "default_view": "show"}

    def add(name: str, verb: str, address: str, permission: str, function: Callable[..., Answer]) -> None:
        function.__name__ = permission
        methods[name] = expose(address, methods=(verb,))(has_access(function))

    add("show", "GET", "/", "show", lambda self: show_page(page))
    for block in page.blocks:
        if block.kind == "form":
            add(f"ask_{block.id}", "GET", f"/{block.id}", block.id, lambda self, block=block: _ask(page, block))
            add(f"do_{block.id}", "POST", f"/{block.id}", block.id, lambda self, block=block: _do(page, block))
    return type(page.resource.replace(".", "") + "Page", (View,), methods)


def show_page(page: Page) -> str:
    """A page of blocks, as this reader may see it; also for a view of one's own, which guards it itself."""
    reader = context.reader()
    with reading() as db:
        blocks = [_shown(db, reader, page, block) for block in sorted(page.blocks, key=lambda block: block.order) if _may_see(reader, page, block)]
    return render_template("zg/blocks.html", title=str(page.title), key=f"{page.resource}.show", blocks=blocks)


def _may_see(reader: Reader, page: Page, block: Block) -> bool:
    if block.permission is not None and not reader.may(*block.permission):
        return False
    if block.kind == "form":
        return reader.may(f"can_{block.id}", page.resource)
    return block.screen is None or (block.screen in current_host().screens and reader.may("can_list", block.screen))


def _shown(db: Session, reader: Reader, page: Page, block: Block) -> Shown:
    shown = Shown(block.id, block.kind, str(block.title), f"{page.resource}.{block.id}")
    found = None
    with suppress(DomainError):  # a rule of a screen fails, or refuses its rows: the others stand
        found = attempt(block.data, partial(_data, db, reader, page, block), lambda: None)
    if found is None:
        shown.failed = _("This part is not available right now: a plugin failed.")
    else:
        shown.data = found
    return shown


def _data(db: Session, reader: Reader, page: Page, block: Block) -> Mapping[str, Any]:
    if block.kind == "form":
        return {"button": ActionButton(block.id, str(block.title), f"{page.route}/{block.id}", block.icon, asks=True, key=f"{page.resource}.{block.id}")}
    if block.screen is not None:
        return _rows(db, reader, block)
    assert block.data is not None
    data = block.data(db, reader)
    if block.kind == "chart":
        return {"drawing": draw(data, context.currency()), "href": block.href}
    if block.kind == "text":
        return {"html": rich_text(str(data))}
    if block.kind == "timeline":
        return {"entries": [(str(what), str(who or ""), fmt.datetime(when)) for what, who, when in data]}
    if block.kind == "number":
        was, before = data.get("was"), bool(data.get("before"))
        former = written({**data, "value": was}) if was is not None and before else ""
        said = change(data["value"], was, before=former) if was is not None and not data.get("words") else ""
        return {**data, "text": str(data.get("words") or "") or written(data), "change": said}
    if block.kind == "links":
        return {"links": [(str(words), href, chosen) for words, href, chosen in data]}
    if block.kind == "choose":
        selects = [(name, str(label), [(value, str(words)) for value, words in choices], chosen, str(below)) for name, label, choices, chosen, below in data["selects"]]
        dates = [(name, str(label), value) for name, label, value in data.get("dates", ())]
        return {"action": data["action"], "selects": selects, "hidden": data.get("hidden", {}), "dates": dates}
    if block.kind == "deeds":
        return {"buttons": [ActionButton("", str(words), href, icon, asks=asks) for words, href, icon, asks in data]}
    return {"rows": [{name: row.get(name, "") for name in ("title", "sub", "end", "href")} for row in data["rows"]], "href": data.get("href", "")}


def _rows(db: Session, reader: Reader, block: Block) -> Mapping[str, Any]:
    """Rows of a screen by the parts of their card: what the list shows that opens behind them."""
    screen = current_host().screens[str(block.screen)]
    query = parse(screen, block.filters, reader.actor, zone=shop_zone(), currency=context.currency(), now=reader.now)
    card, by_name = screen.card, {c.name: c for c in visible_columns(screen, reader.actor)}
    names = [name for name in (card.title, card.end, *card.sub) if name in by_name]
    found = gateway.page(db, screen, reader, replace(query, size=block.limit), only=set(names), counted=False)
    show = {name: printer(by_name[name], context.currency(), found.extra.get(name), screen.key) for name in names}
    opens = reader.may("can_show", screen.resource)
    rows = [
        {
            "title": show[card.title](row) if card.title in show else "", "end": show[card.end](row) if card.end in show else "",
            "sub": [show[name](row) for name in card.sub if name in show], "href": f"{screen.route}/{getattr(row, screen.key)}" if opens else "",
        }
        for row in found.rows
    ]  # fmt: skip
    return {"rows": rows, "href": url(screen.route, block.filters)}


def _ask(page: Page, block: Block) -> Answer:
    assert block.form is not None
    return show_form(block.form, title=block.title, action=f"{page.route}/{block.id}", back=f"{page.route}/")


def _do(page: Page, block: Block) -> Answer:
    assert block.form is not None
    assert block.save is not None
    save = partial(block.save, actor=context.actor(), now=clock.now())
    return take_form(block.form, save, title=block.title, action=f"{page.route}/{block.id}", back=f"{page.route}/", then=f"{page.route}/", said=block.done)
