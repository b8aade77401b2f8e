"""What the parts of a screen name must be there: columns, cards, filters, sections, sorting, search."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from ..i18n.texts import lazy_gettext as _l
from ..kernel.errors import WiringError
from ..web.describe import Action, Screen
from ..web.edit_targets import target_of
from ..web.figures import MEASURES
from ..web.kinds import Kind
from .checks import called, is_name, name_of, step
from .spots import Step

# The verbs of every screen: an action of that name would take the place of one of them.
_RESERVED = {"add", "bulk", "delete", "edit", "export", "list", "lookup", "show"}
OF_EVERY_LIST = frozenset({"q", "sort", "size", "page", "after", "before", "by", "figures", "columns"})  # what stands in its address beside filters
_ROOMS = ("columns", "filters", "actions", "sections", "fields")


def check_screen(screen: Screen, kinds: Mapping[str, Kind]) -> None:
    """:raises WiringError: for the first part of a screen that names what is not there, or has a name that is taken."""
    for part, names in _named(screen, kinds):
        c = _source(screen)
        missing = next((name for name in names if name not in c), None)
        if missing is not None:
            raise _wrong(screen, part, _l("there is no column “%(column)s”", column=missing), missing)
    shown = {column.name for column in screen.columns}
    card = screen.card
    for name in (card.title, card.end, card.badge, card.image, *card.sub):
        if name is not None and name not in shown:
            raise _wrong(screen, card, _l("the screen has no column “%(column)s”", column=name), name)
    for section in screen.sections:
        for name in section.columns:
            if name not in shown:
                raise _wrong(screen, section, _l("the screen has no column “%(column)s”", column=name), name)
    for room in _ROOMS:
        _check_names(screen, () if callable(getattr(screen, room)) else getattr(screen, room))
    for f in screen.filters:
        if f.name in OF_EVERY_LIST:
            raise _wrong(screen, f, _l("every list knows “%(filter)s” already: call it otherwise", filter=f.name), f.name)
    for column in screen.columns:
        if column.edit is not None and (column.name == card.title or (target_of(screen, column, kinds.__getitem__) is None and not callable(screen.fields))):
            raise _wrong(screen, column, _l("edit names no field or question of one input: “%(edit)s”", edit=column.edit), column.edit)
        if column.expr is not None:
            try:
                column.expr(_source(screen))
            except Exception as error:  # a plugin's own code: whatever it raises is named
                raise _wrong(screen, column, _l("its expr fails (%(error)s)", error=f"{type(error).__name__}: {error}"[:200])) from error
    check_figures(screen, kinds)
    if not screen.route.startswith("/") or screen.route.endswith("/"):
        raise _wrong(screen, screen, _l("the route must be like /orders, not “%(route)s”", route=screen.route))


def check_figures(screen: Screen, kinds: Mapping[str, Kind]) -> None:
    """:raises WiringError: for a measure or grouping over what there is not, or what no figure can be made of."""
    filters = {f.name: f for f in screen.filters}
    _check_names(screen, screen.measures)
    for m in screen.measures:
        if m.of not in MEASURES or (m.of == "count") != (m.column is None):
            raise _wrong(screen, m, _l("it is a count, or a sum or average of a column"))
        if m.kind not in kinds or not kinds[m.kind].numeric:
            raise _wrong(screen, m, _l("there is no kind %(kind)s of numbers", kind=repr(m.kind)))
        for name, text in m.only.items():
            if name not in filters:
                raise _wrong(screen, m, _l("the screen has no filter “%(filter)s”", filter=name), name)
            if filters[name].kind == "choice" and not set(text.split(",")) <= {str(choice.value) for choice in filters[name].choices}:
                raise _wrong(screen, m, _l("“%(value)s” is no choice of the filter “%(filter)s”", value=text, filter=name), name)
    for group in screen.group_by:
        f = filters.get(group.filter)
        if f is None or f.kind != "choice" or f.clause is not None:
            raise _wrong(screen, group, _l("“%(filter)s” is no filter of choices over a column", filter=group.filter), group.filter)


def _source(screen: Screen) -> Any:
    return getattr(screen.source, "__table__", screen.source).c


def _named(screen: Screen, kinds: Mapping[str, Kind]) -> Iterator[tuple[Any, Sequence[str]]]:
    """Each part of a screen with the columns of the source that it needs."""
    computed = {column.name for column in screen.columns if column.expr is not None}
    sorts = [name for sort in screen.default_sort if (name := sort.removeprefix("-")) not in computed]
    yield screen, [screen.key, *screen.always, *sorts, *([screen.label] if isinstance(screen.label, str) else [])]
    for column in screen.columns:
        if (column.expr is None and column.load is None and column.value is None) or (column.sortable and column.expr is None):
            yield column, [column.name]
        if column.currency is not None and column.currency not in computed:
            yield column, [column.currency]
    for f in screen.filters:
        if f.clause is None or f.counted:
            yield f, [f.column or f.name]
    for m in screen.measures:
        yield m, [name for name in (m.column, m.currency) if name is not None and name not in computed]
    if screen.search is not None:
        yield screen.search, [*screen.search.prefix, *screen.search.exact, *screen.search.words, *screen.search.contains]
    for action in screen.actions:
        yield action, action.needs
    if not callable(screen.fields) and "generic" in (screen.create, screen.update):
        # The core writes the columns that the fields name: the value of another one would be lost.
        yield from ((f, [f.name]) for f in screen.fields if f.get is None and (kinds[f.kind].in_row or f.kind == "translations"))


def _check_names(screen: Screen, parts: Sequence[Any]) -> None:
    seen: set[str] = set()
    for part in parts:
        name = name_of(part)
        if not is_name(name.replace("-", "_")):
            raise _wrong(screen, part, _l("a name is made of letters, digits and underscores"))
        if name in seen:
            raise _wrong(screen, part, _l("is there twice"))
        if isinstance(part, Action) and name in _RESERVED:
            raise _wrong(screen, part, _l("this verb belongs to the screen"))
        seen.add(name)


def _wrong(screen: Screen, part: Any, what: Any, missing: str = "") -> WiringError:
    where = called(part) if part is screen else f"{called(screen)}: {called(part)}"
    around: tuple[Step, ...] = () if part is screen else (step(screen),)
    inside: tuple[Step, ...] = (("", missing),) if missing else ()
    return WiringError(_l("%(where)s: %(what)s", where=where, what=what), at=(*around, step(part), *inside))
