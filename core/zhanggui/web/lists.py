"""From a screen and a question to a finished list page."""

from __future__ import annotations

from collections.abc import Mapping

from markupsafe import Markup
from sqlalchemy.orm import Session

from ..config.days import shop_zone
from ..host import current_host
from ..i18n.formats import fmt
from ..i18n.texts import gettext as _
from ..kernel import clock
from ..kernel.actors import Actor, current_actor
from ..kernel.reader import Reader
from ..list_views import RESOURCE
from . import context
from .describe import Column, Filter, Screen
from .gateway import COUNT_LIMIT, Found, gateway
from .kinds import filter_kind, kind_of
from .kinds.periods import PERIODS
from .page import ActionButton, FilterField, HeadCell, Link, ListPage, Paging
from .query import ListQuery, parse, visible_columns, visible_filters
from .rows import list_rows
from .saved_views import column_choices, view_links, wanted
from .sum_bar import ask, sum_bar
from .urls import url
from .verbs import button


def list_page(db: Session, screen: Screen, reader: Reader, args: Mapping[str, str]) -> ListPage:
    """The list of ``screen`` as ``args`` ask for it.

    :raises BadRequest: for an argument that makes no sense here.
    """
    actor = reader.actor
    asked = wanted(db, screen, actor, args)
    query = parse(screen, asked.args, actor, zone=shop_zone(), currency=context.currency())
    shown = asked.columns | {screen.card.title}
    columns = [c for c in visible_columns(screen, actor) if c.name in shown or c.name in _card_parts(screen)]
    sums = ask(db, screen, actor, query, bounded=not query.all_figures)
    found = gateway.page(db, screen, reader, query, only={c.name for c in columns}, total=sums.rows if sums else None)
    plain = {k: v for k, v in args.items() if k not in ("page", "after", "before")}
    parts = _card_parts(screen)
    may_add = bool(screen.create) and actor.may("can_add", screen.resource)
    may_export, by_task = actor.may("can_export", screen.resource), not found.counted and actor.may("can_show", "core.Task")
    bulk = _bulk(screen, actor)
    rows, verbs = list_rows(screen, actor, columns, found, parts, shown, picking=bool(bulk))
    filters, chips = _filter_fields(db, screen, actor, query), _chips(db, screen, actor, query, plain)
    return ListPage(
        title=str(screen.title), icon=screen.icon, resource=screen.resource, key=f"{screen.resource}.list", action=f"{screen.route}/",
        head=[_head(screen, c, query, plain, c.name in shown) for c in columns],
        rows=rows, verbs=verbs,
        paging=_paging(screen, query, found, args),
        query=query.q, search=screen.search is not None, search_hint=str(screen.search.hint) if screen.search else "",
        hidden=[(k, args[k]) for k in ("sort", "size", "by", "columns") if args.get(k)]
        + [(f.name, query.raw[f.name]) for f in screen.filters if f.tabs and f.name in query.raw],
        tabs=_tabs(db, screen, actor, query, plain), filters=filters,
        chips=chips, filtered=len(chips) - bool(query.q), sums=sum_bar(screen, actor, query, plain, sums) if sums and found.rows else None, sorts=_sorts(screen, actor, query, plain),
        bulk=bulk, everything=url("", plain).removeprefix("/").removeprefix("?") if bulk else "",
        matching=_matching(found) if bulk and actor.may("can_show", "core.Task") and (found.next or found.previous) else "",
        add_href=f"{screen.route}/add" if may_add else "",
        add_label=_("Add %(thing)s", thing=str(screen.singular)) if may_add else "",
        exports=_exports(screen, plain, by_task) if may_export else (),
        empty=str(screen.empty) if screen.empty and not (query.q or query.filters) else _("Nothing found."),
        reset_href=f"{screen.route}/" if query.q or query.filters else "",
        news=screen.news,
        newest=max((getattr(r, screen.key) for r in found.rows), default=0) if _shows_the_newest(screen, query) else None,
        views=view_links(screen, actor, asked, plain), columns=column_choices(screen, actor, shown), sizes=screen.page_sizes, size=query.size,
        here=url(screen.route, {k: v for k, v in plain.items() if k != "figures"}), saves_views=actor.kind == "user" and actor.id is not None,
        may_share=actor.may("can_share", RESOURCE),
    )  # fmt: skip


def _shows_the_newest(screen: Screen, query: ListQuery) -> bool:
    narrowed = query.q or query.filters or query.after or query.before or query.page > 1
    return screen.news and not narrowed and query.sort in ("", screen.default_sort[0])


def _exports(screen: Screen, plain: Mapping[str, str], by_task: bool) -> list[Link | ActionButton]:
    """The files that this list can be taken away as: answered at once, or by a task where it is too long for that."""
    ask = url("", {k: v for k, v in plain.items() if k not in ("by", "figures")}).removeprefix("/")
    to_work_with = next((e for e in current_host().every("exporters") if e.screen == screen.resource and e.of is not None), None)
    if to_work_with is not None and current_actor().may("can_show", "core.Task"):
        return [Link(_("Export"), f"/exports/{to_work_with.kind}/{ask}", "file-export", key=f"action:{screen.resource}.export")]
    if by_task:
        return [
            ActionButton("workbook", _("Export Excel"), f"{screen.route}/export-xlsx{ask}", "download", key=f"{screen.resource}.workbook"),
            ActionButton("export", _("Export CSV"), f"{screen.route}/export{ask}", "download", key=f"{screen.resource}.export"),
        ]
    return [
        Link(_("Export Excel"), f"{screen.route}/export.xlsx{ask}", "download", key=f"action:{screen.resource}.workbook"),
        Link(_("Export CSV"), f"{screen.route}/export.csv{ask}", "download", key=f"action:{screen.resource}.export"),
    ]


def _card_parts(screen: Screen) -> dict[str, str]:
    card = screen.card
    parts = {card.title: "title"}
    for part, name in (("end", card.end), ("badge", card.badge), ("image", card.image), ("note", card.note)):
        if name:
            parts[name] = part
    return parts | dict.fromkeys(card.sub, "sub")


def _head(screen: Screen, column: Column, query: ListQuery, plain: Mapping[str, str], shown: bool) -> HeadCell:
    marks = Markup(' data-key="column:%s.%s"') % (screen.resource, column.name)
    letters = f"{'n' if kind_of(column.kind).numeric else ''} {'' if shown else 'u'}".strip()
    if letters:
        marks += Markup(' class="%s"') % letters
    if not column.sortable:
        return HeadCell(column.name, str(column.label), marks)
    present = query.sort or screen.default_sort[0]
    direction = {column.name: "asc", f"-{column.name}": "desc"}.get(present, "")
    flipped = f"-{column.name}" if direction == "asc" else column.name
    if direction:
        marks += Markup(' aria-sort="%s"') % f"{direction}ending"
    return HeadCell(column.name, str(column.label), marks, url(screen.route, {**plain, "sort": flipped}))


def _sorts(screen: Screen, actor: Actor, query: ListQuery, plain: Mapping[str, str]) -> list[Link]:
    links = []
    present = query.sort or screen.default_sort[0]
    for column in visible_columns(screen, actor):
        if column.sortable:
            for name, words in ((f"-{column.name}", _("%(column)s, descending")), (column.name, _("%(column)s, ascending"))):
                links.append(Link(words % {"column": column.label}, url(screen.route, {**plain, "sort": name}), active=present == name))
    return links


def _paging(screen: Screen, query: ListQuery, found: Found, args: Mapping[str, str]) -> Paging:
    if not found.rows and query.page == 1:
        return Paging("")  # that there is nothing is said by the list itself
    first = (query.page - 1) * query.size + 1 if found.rows else 0
    last = first + len(found.rows) - 1 if found.rows else 0
    total = _matching(found)
    text = _("%(first)s–%(last)s of %(total)s", first=fmt.number(first), last=fmt.number(last), total=total)
    rest = {k: v for k, v in args.items() if k not in ("page", "after", "before")}
    forward = {**rest, "page": query.page + 1, "after": found.next} if found.next else None
    back = {**rest, "page": max(query.page - 1, 1), "before": found.previous} if found.previous else None
    if query.page == 2 and back:
        back = rest
    return Paging(text, url(screen.route, back) if back is not None else "", url(screen.route, forward) if forward else "")


def _matching(found: Found) -> str:
    return fmt.number(found.total) if found.counted else f"{fmt.number(COUNT_LIMIT)}+"


def _tabs(db: Session, screen: Screen, actor: Actor, query: ListQuery, plain: Mapping[str, str]) -> list[Link]:
    f = next((f for f in visible_filters(screen, actor) if f.tabs), None)
    if f is None:
        return []
    rest = {k: v for k, v in plain.items() if k != f.name}
    chosen = query.raw.get(f.name, "")
    counts = gateway.tab_counts(db, screen, actor, f)
    tabs = [Link(_("All"), url(screen.route, rest), active=not chosen)]
    return tabs + [
        Link(str(c.label), url(screen.route, {**rest, f.name: c.value}), active=chosen == str(c.value), badge=counts.get(c.value, 0))
        for c in f.choices
    ]


def _range_values(f: Filter, query: ListQuery) -> tuple[str, str]:
    return query.raw.get(f"{f.name}_from", ""), query.raw.get(f"{f.name}_to", "")


def _filter_fields(db: Session, screen: Screen, actor: Actor, query: ListQuery) -> list[FilterField]:
    fields = []
    for f in visible_filters(screen, actor):
        if f.tabs:
            continue
        kind, ranged = filter_kind(f.kind)
        low, high = _range_values(f, query) if ranged else (query.raw.get(f.name, ""), "")
        shown = FilterField(f.name, str(f.label), kind.control, low, high, ranged, kind.input_type)
        if ranged and kind.periods:
            shown.period, shown.periods = query.raw.get(f.name, ""), _periods()
        if kind.draw_filter(f, shown, query.filters.get(f.name), db):
            fields.append(shown)
    return fields


def _periods() -> list[tuple[str, str]]:
    """Every period with its days: a name alone leaves open whether today belongs to it."""
    today = clock.now().astimezone(shop_zone()).date()
    shown = []
    for period in PERIODS.values():
        first, last = period.days(today)
        days = fmt.short_date(first) if first == last else f"{fmt.short_date(first)} – {fmt.short_date(last)}"
        shown.append((period.word, f"{period.label} · {days}"))
    return shown


def _chips(db: Session, screen: Screen, actor: Actor, query: ListQuery, plain: Mapping[str, str]) -> list[Link]:
    chips = []
    for f in visible_filters(screen, actor):
        if f.name not in query.filters or f.tabs:
            continue
        kind, ranged = filter_kind(f.kind)
        names: tuple[str, ...] = (f.name, f"{f.name}_from", f"{f.name}_to") if ranged else (f.name,)
        if ranged:
            low, high = _range_values(f, query)
            named = PERIODS.get(query.raw.get(f.name, ""))
            words = str(named.label) if named is not None else f"{low or '…'} – {high or '…'}"
        else:
            words = kind.words(f, query.filters[f.name], db)
        rest = {k: v for k, v in plain.items() if k not in names}
        chips.append(Link(f"{f.label}: {words}", url(screen.route, rest), icon="x"))
    if query.q:
        chips.append(Link(f"“{query.q}”", url(screen.route, {k: v for k, v in plain.items() if k != "q"}), icon="x"))
    return chips


def _bulk(screen: Screen, actor: Actor) -> list[ActionButton]:
    buttons = []
    for a in sorted(screen.actions, key=lambda a: a.order):
        if a.bulk and actor.may(f"can_{a.name}", screen.resource):
            made = button(screen, a, f"{screen.route}/bulk")
            made.confirm = "" if a.fields else a.question()  # what has a form asks there
            buttons.append(made)
    return buttons
