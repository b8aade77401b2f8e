"""From a screen and a row to a finished detail page."""

from __future__ import annotations

from functools import partial
from typing import Any

from flask import render_template
from markupsafe import Markup
from sqlalchemy.orm import Session

from ..host.contain import attempt
from ..i18n.texts import gettext as _
from ..kernel.reader import Reader
from . import context
from .cells import printer
from .copying import copy_button
from .describe import Column, Screen, Section
from .drawing import draw
from .gateway import gateway
from .kinds import kind_of
from .labels import namer, veiled
from .page import ActionButton, Cell, DetailPage, DetailSection
from .query import visible_columns
from .verbs import button


def detail_page(db: Session, screen: Screen, reader: Reader, row_id: Any, *, back: str) -> DetailPage:
    """Everything there is to see of one row.

    :raises NotFound: when this reader may see no such row.
    """
    actor = reader.actor
    row = gateway.one(db, screen, actor, row_id)
    columns = {c.name: c for c in visible_columns(screen, actor)}
    extra = gateway.extras(db, screen, reader, list(columns.values()), [row])
    href = f"{screen.route}/{row_id}"

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
    badge, note = columns.get(screen.card.badge or ""), columns.get(screen.card.note or "")
    return DetailPage(
        title=namer(screen, actor)(row), resource=screen.resource, back=back, key=f"{screen.resource}.show",
        badges=[cell(badge).html] if badge else [],
        note=str(getattr(row, note.name) or "") if note else "", note_label=str(note.label) if note else "",
        copy=copy_button(str(getattr(row, screen.label))) if _is_code(columns, screen) else "",
        sections=_sections(db, screen, reader, row, columns, cell),
        actions=actions, edit_href=f"{href}/edit" if may_edit else "",
        delete=_delete(screen, namer(screen, actor)(row), href)
        if may_delete else None,
    )  # fmt: skip


def _delete(screen: Screen, name: str, href: str) -> ActionButton:
    asked = _("Delete %(thing)s “%(name)s” for good? Its files and texts go with it, and it cannot be brought back.", thing=str(screen.singular), name=name)
    return ActionButton("delete", _("Delete"), f"{href}/delete", "trash", "danger", confirm=asked, key=f"{screen.resource}.delete", stays=_("Do not delete"))


def _is_code(columns: dict[str, Column], screen: Screen) -> bool:
    label = screen.label
    return isinstance(label, str) and label in columns and columns[label].kind == "code"


def _drawn(db: Session, section: Section, reader: Reader, row: Any) -> Markup:
    values = section.load(db, reader, row) if section.load is not None else {}
    return Markup(render_template(section.template, row=row, **values))  # type: ignore[arg-type] # noqa: S704 - a template escapes what it prints


def _charted(db: Session, section: Section, reader: Reader, row: Any) -> Markup:
    chart = section.chart(db, reader, row)  # type: ignore[misc] # it is asked for where there is one
    return Markup(render_template("zg/section_chart.html", chart=draw(chart, context.currency()), id=f"part-{section.id}"))  # noqa: S704 - escaped


def _not_drawn() -> Markup:
    return Markup('<p class="muted">%s</p>') % _("This part is not available right now: a plugin failed.")


def _sections(db: Session, screen: Screen, reader: Reader, row: Any, columns: dict[str, Column], cell: Any) -> list[DetailSection]:
    declared = sorted(screen.sections, key=lambda s: s.order)
    if not any(s.columns for s in declared):
        declared = [Section("main", _("Details"), columns=tuple(columns), order=0), *declared]
    actor, sections = reader.actor, []
    shown_row = veiled(screen, actor, row)
    named = {name for section in declared for name in section.columns}
    added = [name for name, column in columns.items() if "__" in name and not column.wide and name not in named]  # by other plugins
    for section in declared:
        if section.permission is not None and not actor.may(*section.permission):
            continue
        html: Markup | None = None
        if section.template is not None:
            html = attempt(section.load, partial(_drawn, db, section, reader, shown_row), _not_drawn)
        if section.chart is not None:
            html = attempt(section.chart, partial(_charted, db, section, reader, shown_row), _not_drawn)
        shown = [name for name in section.columns if name in columns]
        if shown:
            shown, added = shown + added, []
        pairs = [(str(columns[name].label), cell(columns[name])) for name in shown]
        if pairs or html:
            sections.append(DetailSection(section.id, str(section.title), pairs, html, section.aside))
    return sections
