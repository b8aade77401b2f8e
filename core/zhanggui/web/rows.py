"""The rows of a list as markup. Written here and not in the template: this loop decides how fast lists are.

Everything that is the same in each row is worked out once; a template would handle each cell, each
label and each action again. How a row looks stands in the theme's style sheet.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from typing import Any

from markupsafe import Markup, escape

from ..i18n.texts import gettext as _
from ..kernel.actors import Actor
from . import context
from .cell_edits import edits_for
from .cells import printer
from .describe import Column, Screen
from .gateway import Found
from .kinds import kind_of
from .labels import namer
from .page import ActionButton
from .verbs import button

_LETTERS = {"title": "t", "end": "e", "badge": "b", "image": "i", "note": "w"}
_MARK = "\ue000"  # stands for the row's name in a label that is translated once


def _edit(column: Column, when: Callable[[Any], bool] | None, path: str) -> tuple[Callable[[Any], bool] | None, str, str]:
    """When a row allows that its cell is edited, and the markup of that before and after the row's name."""
    before, after = str(escape(_("Change %(column)s of %(name)s", column=str(column.label), name=_MARK))).split(_MARK)
    return when, f'/{path}" data-cell="{column.name}" aria-label="{before}', after


def _opened(columns: Sequence[Column], parts: Mapping[str, str], shown: Collection[str], edits: Collection[str]) -> list[str]:
    """The opening tag of each cell: its class says which part of the phone's card it is, and whether the table leaves it out."""
    subs = iter("srz")
    tags = []
    for column in columns:
        part = parts.get(column.name, "")
        letter = next(subs, "x") if part == "sub" else _LETTERS.get(part, "x")
        tags.append(f'<td role="cell" class="{letter}{" n" if kind_of(column.kind).numeric else ""}{"" if column.name in shown else " u"}{" editable" if column.name in edits else ""}">')
    return tags


def list_rows(
    screen: Screen, actor: Actor, columns: Sequence[Column], found: Found, parts: Mapping[str, str], shown: Collection[str], *, picking: bool
) -> tuple[list[Markup], list[ActionButton]]:
    """The rows of a page, each a finished ``tr``, and the verbs that some row of them offers."""
    currency, key, route, named = context.currency(), screen.key, screen.route, namer(screen, actor)
    actions = [
        (a.when, f"{a.name} ", f"/{a.name} ", button(screen, a, ""))
        for a in screen.actions
        if actor.may(f"can_{a.name}", screen.resource)
    ]
    may_show = actor.may("can_show", screen.resource)
    edits = edits_for(screen, actor, [c for c in columns if c.name in shown])
    opened = _opened(columns, parts, shown, edits)
    prints = [
        (tag, may_show and parts.get(c.name) == "title", printer(c, currency, found.extra.get(c.name), key), _edit(c, *edits[c.name]) if c.name in edits else None)
        for tag, c in zip(opened, columns, strict=True)
    ]
    pick_before, pick_after = str(escape(_("Select %(name)s", name=_MARK))).split(_MARK)
    more_before, more_after = str(escape(_("Actions for %(name)s", name=_MARK))).split(_MARK)
    offered: dict[str, ActionButton] = {}
    rows = []
    for row in found.rows:
        row_id = getattr(row, key)
        href = f"{route}/{row_id}"
        name = escape(named(row))
        parts_of_row: list[Any] = ['<tr role="row">']
        if picking:
            parts_of_row.append(
                f'<td role="cell" class="p"><label class="tick"><input type="checkbox" name="ids" value="{row_id}" '
                f'aria-label="{pick_before}{name}{pick_after}"></label></td>'
            )
        for tag, linked, show, edit in prints:
            cell = show(row)
            if edit is not None and (edit[0] is None or edit[0](row)):
                cell = f'{cell}<a class="cell-edit" href="{href}{edit[1]}{name}{edit[2]}"></a>'  # type: ignore[assignment] # both are finished markup
            parts_of_row.append(f'{tag}<a href="{href}">{cell}</a></td>' if linked else f"{tag}{cell}</td>")
        menu = ""
        for when, verb, path, offer in actions:
            if when is None or when(row):
                menu += f"{verb}{href}{path}"
                offered.setdefault(offer.name, offer)
        if menu or may_show:
            where = href if may_show else "#"
            parts_of_row.append(
                f'<td role="cell" class="m"><a class="dots" href="{where}" aria-label="{more_before}{name}{more_after}" data-menu="{menu}"></a></td></tr>'
            )
        else:
            parts_of_row.append('<td role="cell" class="m"></td></tr>')
        rows.append(Markup("".join(parts_of_row)))  # noqa: S704 - names were escaped above, cells by their printers
    return rows, list(offered.values())
