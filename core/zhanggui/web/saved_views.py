"""How a list is wanted: its columns and page size, kept for each user, and views that were saved under a name."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qsl, urlsplit

from flask import flash, has_request_context, redirect, request
from sqlalchemy.orm import Session

from .. import list_views
from ..auth.headers import safe_next
from ..config.days import shop_zone
from ..db.uow import unit_of_work
from ..i18n.texts import gettext as _
from ..kernel import clock
from ..kernel.actors import Actor
from ..kernel.errors import BadRequest, DomainError
from ..list_views import Saved
from . import context
from .asking import Answer
from .describe import Screen
from .page import ColumnChoice, SavedView
from .query import parse, visible_columns
from .urls import url

_PLACES = ("page", "after", "before", "figures")


@dataclass(frozen=True)
class Wanted:
    """What a list is asked for, with what its reader keeps, and the views that he may open."""

    args: Mapping[str, str]
    columns: frozenset[str]  # shown in the table, beside those of the card
    views: Sequence[Saved] = ()
    own: Mapping[str, str] = field(default_factory=dict)  # arguments of the reader that the address does not say


def wanted(db: Session, screen: Screen, actor: Actor, args: Mapping[str, str]) -> Wanted:
    """The arguments of a list completed by how this user wants it."""
    stamp = request.environ.get("zhanggui.generations") if has_request_context() else None
    look, views = list_views.kept(db, screen.resource, actor, stamp.security if stamp is not None else None)
    own: dict[str, str] = {}
    if look is not None and look.arguments.get("size", "") in map(str, screen.page_sizes) and "size" not in args:
        own["size"] = look.arguments["size"]
    names = {column.name for column in visible_columns(screen, actor)}
    asked = [name for name in args.get("columns", "").split(",") if name]
    unknown = next((name for name in asked if name not in names), None)
    if unknown is not None:
        raise BadRequest(_("There is no column %(name)s here.", name=unknown[:40]), field="columns")
    chosen = set(asked) or set(look.columns if look is not None else ()) & names
    return Wanted({**own, **args}, frozenset(chosen or {c.name for c in screen.columns if c.wide}), views, own)


def column_choices(screen: Screen, actor: Actor, chosen: frozenset[str]) -> list[ColumnChoice]:
    """Every column that this actor may see, with whether it stands in the table."""
    title = screen.card.title
    return [ColumnChoice(c.name, str(c.label), c.name in chosen or c.name == title, c.name == title) for c in visible_columns(screen, actor)]


def view_links(screen: Screen, actor: Actor, asked: Wanted, plain: Mapping[str, str]) -> list[SavedView]:
    """The views that can be opened now: one whose filter this reader lacks, or that is gone, stays away."""
    present = _question(plain)
    may_share = actor.may("can_share", list_views.RESOURCE)
    links = []
    for view in asked.views:
        names = {column.name for column in visible_columns(screen, actor)}
        args = dict(view.arguments)
        shown = [name for name in view.columns if name in names]
        if shown:
            args["columns"] = ",".join(shown)
        try:
            parse(screen, args, actor, zone=shop_zone(), currency=context.currency())
        except BadRequest:
            continue
        gone = f"{screen.route}/views/{view.id}/delete" if view.mine or (view.shared and may_share) else ""
        links.append(SavedView(view.name, url(screen.route, args), present == _question(args), view.shared, gone))
    return links


def _question(args: Mapping[str, str]) -> dict[str, str]:
    return {name: text for name, text in args.items() if text and name not in _PLACES}


def _back(screen: Screen) -> str:
    return safe_next(request.form.get("next", ""), default="") or f"{screen.route}/"


def _posted_question(screen: Screen) -> dict[str, str]:
    """The question of the list that the form stands on: the address that it brings along, checked."""
    asked = _question(dict(parse_qsl(urlsplit(_back(screen)).query)))
    parse(screen, asked, context.actor(), zone=shop_zone(), currency=context.currency())
    return asked


def _columns(screen: Screen) -> list[str]:
    chosen = set(request.form.getlist("columns"))
    return [c.name for c in visible_columns(screen, context.actor()) if c.name in chosen]


def keep_look(screen: Screen) -> Answer:
    """Columns and page size, as this user wants them from now on."""
    size = request.form.get("size", "")
    if size not in ("", *map(str, screen.page_sizes)):
        raise BadRequest(_("%(name)s must be one of %(choices)s.", name="size", choices=", ".join(map(str, screen.page_sizes))), field="size")
    with unit_of_work() as db:
        list_views.keep_look(
            db, screen.resource, arguments={"size": size} if size else {}, columns=_columns(screen), actor=context.actor(), now=clock.now()
        )
    asked = {k: v for k, v in _question(dict(parse_qsl(urlsplit(_back(screen)).query))).items() if k not in ("size", "columns")}
    return redirect(url(screen.route, asked), 303)


def save_view(screen: Screen) -> Answer:
    """The question of this list under a name."""
    try:
        asked = _posted_question(screen)
        columns = asked.pop("columns", "")
        with unit_of_work() as db:
            list_views.save(
                db, screen.resource, name=context.storable(request.form.get("name", ""), "name"), arguments=asked,
                columns=[name for name in columns.split(",") if name], shared=bool(request.form.get("shared")), actor=context.actor(), now=clock.now(),
            )  # fmt: skip
    except DomainError as error:
        flash(next(iter(map(str, getattr(error, "errors", {}).values())), error.text()), "warning")
        return redirect(_back(screen), 303)
    flash(_("The view was saved."), "success")
    return redirect(_back(screen), 303)


def delete_view(screen: Screen, view_id: Any) -> Answer:
    """Delete a view."""
    with unit_of_work() as db:
        list_views.remove(db, screen.resource, view_id, actor=context.actor(), now=clock.now())
    flash(_("The view was deleted."), "success")
    return redirect(f"{screen.route}/", 303)
