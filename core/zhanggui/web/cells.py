"""Values of a row as markup, by the kind of their column. The hot path of every list."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from operator import attrgetter
from typing import Any

from markupsafe import Markup, escape

from ..host.contain import UNAVAILABLE, Missing, watch_of
from ..i18n.formats import fmt
from ..i18n.texts import gettext as _
from .describe import Choice, Column
from .file_fields import file_link

Show = Callable[[Any, Any], Markup]  # (value, row) -> markup
_NOTHING = Markup('<span class="muted">–</span>')


def badge(choice: Choice | None, value: Any) -> Markup:
    """A status: a word in a tone, so that colour never stands alone."""
    if choice is None:
        return Markup('<span class="badge tone-neutral">%s</span>') % value
    return Markup('<span class="badge tone-%s">%s</span>') % (choice.tone, choice.label)


def shower(column: Column, currency: str, extra: Mapping[Any, Any] | None, key: str) -> Show:
    """A function that prints this column of a row; made once a list, called once a row."""
    kind = column.kind
    if kind in ("status", "choice"):
        ready = {choice.value: badge(choice, choice.value) if kind == "status" else escape(str(choice.label)) for choice in column.choices}
        return lambda value, _row: ready.get(value) or badge(None, value)
    if kind == "money":
        name = column.currency
        if name:
            return lambda value, row: escape(fmt.money(value, getattr(row, name)))
        return lambda value, _row: escape(fmt.money(value, currency))
    if kind == "int":
        return lambda value, _row: escape(fmt.number(value))
    if kind == "datetime":
        return lambda value, _row: Markup(f'<time datetime="{value.isoformat()}">{escape(fmt.datetime(value))}</time>')  # noqa: S704 - escaped
    if kind == "date":
        return lambda value, _row: Markup(f'<time datetime="{value.isoformat()}">{escape(fmt.date(value))}</time>')  # noqa: S704 - escaped
    if kind == "bool":
        yes, no = escape(_("yes")), escape(_("no"))
        return lambda value, _row: yes if value else no
    if kind == "lookup":
        return lambda value, _row: escape((extra or {}).get(value, value))
    if kind == "image":
        from ..files import url_for_file

        return lambda value, _row: Markup('<img src="%s" alt="" width="48" height="48" loading="lazy" decoding="async">') % (
            url_for_file(value, "thumb")
        )
    if kind == "file":
        return file_link(extra)
    if kind == "json":
        return lambda value, _row: Markup("<code>%s</code>") % json.dumps(value, ensure_ascii=False)
    if kind == "html":
        return lambda value, _row: value if isinstance(value, Markup) else escape(value)
    if kind == "code":
        return lambda value, _row: Markup(f'<span class="code">{escape(value)}</span>')  # noqa: S704 - escaped
    return lambda value, _row: escape(value)


def reader(column: Column, extra: Mapping[Any, Any] | None, key: str) -> Callable[[Any], Any]:
    """A function that takes this column's plain value out of a row."""
    if column.value is not None:
        value = column.value
        if watch_of(value) is None:
            return value
        return lambda row: None if (found := value(row)) is UNAVAILABLE else found
    if column.load is not None:
        loaded = extra or {}
        return lambda row: loaded.get(getattr(row, key))
    return attrgetter(column.name)


def printer(column: Column, currency: str, extra: Mapping[Any, Any] | None, key: str) -> Callable[[Any], Markup]:
    """A function from a row to the finished markup of this column."""
    if isinstance(extra, Missing):
        return lambda row: Markup(UNAVAILABLE.__html__())  # noqa: S704 - escaped there
    if watch_of(column.value) is not None:
        return _guarded(column, shower(column, currency, extra, key))
    read, show = reader(column, extra, key), shower(column, currency, extra, key)

    def cell(row: Any) -> Markup:
        value = read(row)
        return _NOTHING if value is None or value == "" else show(value, row)

    return cell


def _guarded(column: Column, show: Show) -> Callable[[Any], Markup]:
    read = column.value
    assert read is not None

    def cell(row: Any) -> Markup:
        value = read(row)
        if value is UNAVAILABLE:
            return Markup(UNAVAILABLE.__html__())  # noqa: S704 - escaped there
        return _NOTHING if value is None or value == "" else show(value, row)

    return cell
