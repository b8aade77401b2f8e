"""From a screen and a row to a finished detail page."""

from __future__ import annotations

from functools import partial
from typing import Any

from flask import render_template
from markupsafe import Markup
from sqlalchemy.orm import Session

from ..host.contain import attempt
from ..i18n.texts import gettext as _
from ..i18n.texts import reader as language
from ..kernel import clock
from ..kernel.actors import Actor
from ..kernel.reader import Reader
from . import context
from .cells import printer
from .describe import Column, Screen, Section
from .drawing import draw
from .gateway import gateway
from .kinds import kind_of
from .page import ActionButton, Cell, DetailPage, DetailSection
from .query import visible_columns
from .verbs import button


def detail_page(db: Session, screen: Screen, actor: Actor, row_id: Any, *, back: str) -> DetailPage:
    """Everything there is to see of one row.

    :raises NotFound: when this actor may see no such row.
    """
    row = gateway.one(db, screen, actor, row_id)
    columns = {c.name: c for c in visible_columns(screen, actor)}
    extra = gateway.extras(db, screen, list(columns.values()), [row])
    href = f"{screen.route}/{row_id}"
    label = screen.label

    def cell(column: Column) -> Cell:
        show = printer(column, context.currency(), extra.get(column.name), screen.key, whole=True)
        return Cell(column.name, show(row), kind_of(column.kind).numeric)

    may_edit = bool(screen.update) and actor.may("can_edit", screen.resource)
    may_delete = bool(screen.delete) and actor.may("can_delete", screen.resource)
    actions = [
        button(screen, a, href)
        for a in sorted(screen.actions, key=lambda a: a.order)
        if actor.may(f"can_{a.name}", screen.resource) and (a.when is None or a.when(row))
    ]
    badge = columns.get(screen.card.badge or "")
    return DetailPage(
        title=str(getattr(row, label) if isinstance(label, str) else label(row)), resource=screen.resource, back=back, key=f"{screen.resource}.show",
        badges=[cell(badge).html] if badge else [],
        sections=_sections(db, screen, actor, row, columns, cell),
        actions=actions, edit_href=f"{href}/edit" if may_edit else "",
        delete=ActionButton("delete", _("Delete"), f"{href}/delete", "trash", "danger", confirm=_("Delete this for good?"), key=f"{screen.resource}.delete")
        if may_delete else None,
    )  # fmt: skip


def _drawn(db: Session, section: Section, row: Any) -> Markup:
    values = section.load(db, row) if section.load is not None else {}
    return Markup(render_template(section.template, row=row, **values))  # type: ignore[arg-type] # noqa: S704 - a template escapes what it prints


def _charted(db: Session, section: Section, row: Any) -> Markup:
    reader = Reader(context.actor(), context.zone(), language().locale, clock.now())
    chart = section.chart(db, reader, row)  # type: ignore[misc]
    return Markup(render_template("zg/section_chart.html", chart=draw(chart, context.currency()), id=f"part-{section.id}"))  # noqa: S704 - escaped


def _not_drawn() -> Markup:
    return Markup('<p class="muted">%s</p>') % _("This part is not available right now: a plugin failed.")


def _sections(db: Session, screen: Screen, actor: Actor, row: Any, columns: dict[str, Column], cell: Any) -> list[DetailSection]:
    declared = sorted(screen.sections, key=lambda s: s.order)
    if not any(s.columns for s in declared):
        declared = [Section("main", _("Details"), columns=tuple(columns), order=0), *declared]
    sections = []
    for section in declared:
        if section.permission is not None and not actor.may(*section.permission):
            continue
        html: Markup | None = None
        if section.template is not None:
            html = attempt(section.load, partial(_drawn, db, section, row), _not_drawn)
        if section.chart is not None:
            html = attempt(section.chart, partial(_charted, db, section, row), _not_drawn)
        pairs = [(str(columns[name].label), cell(columns[name])) for name in section.columns if name in columns]
        if pairs or html:
            sections.append(DetailSection(section.id, str(section.title), pairs, html, section.aside))
    return sections
