"""What is checked of kinds of values, of what is of a kind, and of the forms that ask for them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from ..i18n.texts import lazy_gettext as _l
from ..kernel.errors import WiringError
from ..web.describe import Action, Column, Field, Fieldset, Filter, Screen, Slot
from ..web.kinds import BUILT_IN, CONTROLS, Kind
from .checks import called, is_name, step

if TYPE_CHECKING:
    from .host import Contribution

_RANGE = "_range"


def check_kind(kind: Kind, taken: Mapping[str, Kind]) -> None:
    """:raises WiringError: for a name that is none or taken, or a way to be drawn that there is not."""
    if not isinstance(kind.name, str) or not is_name(kind.name) or kind.name.endswith(_RANGE):
        what = _l("“%(kind)s” is no name of a kind", kind=kind.name)
    elif kind.name in taken:
        what = _l("the kind “%(kind)s” is taken", kind=kind.name)
    elif kind.control not in CONTROLS:
        what = _l("there is no control “%(control)s”", control=kind.control)
    else:
        return
    raise WiringError(_l("%(where)s: %(what)s", where=f"register_kinds: {type(kind).__name__}", what=what), at=type(kind))


def check_things(part: Contribution, kinds: Mapping[str, Kind]) -> None:
    """That columns, fields and filters, with what is inside them, are of kinds that there are and that may stand there.

    :raises WiringError: naming the thing and its kind.
    """
    for thing, *around in _of_kinds(part):
        if not _fits(thing, kinds):
            raise _wrong(thing, _l("there is no kind %(kind)s", kind=repr(thing.kind)), *around)


def check_forms(part: Contribution) -> None:
    """:raises WiringError: for a form of a screen or a verb whose conditions or groups name what is not there."""
    for screen in part.screens:
        if not callable(screen.fields):
            check_form(screen.fields, screen.fieldsets, screen)
        _check_decimals(screen)
        for action in screen.actions:
            check_form(action.fields, action.fieldsets, screen, action)
    for slot in part.slots:
        if isinstance(slot.add, Action):
            check_form(slot.add.fields, slot.add.fieldsets, slot, slot.add)


def check_form(fields: Sequence[Field], fieldsets: Sequence[Fieldset], *around: Any) -> None:
    """That conditions and groups of a form name what there is, and no field depends on itself.

    :raises WiringError: naming the field.
    """
    named, groups = {f.name: f for f in fields}, [group.id for group in fieldsets]
    for group in fieldsets:
        if not is_name(group.id):
            raise _wrong(group, _l("a name is made of letters, digits and underscores"), *around)
        if groups.count(group.id) > 1:
            raise _wrong(group, _l("is there twice"), *around)
    for f in fields:
        if f.fieldset is not None and f.fieldset not in groups:
            raise _wrong(f, _l("there is no fieldset “%(fieldset)s”", fieldset=f.fieldset), *around)
        when, seen = f.shown_when, {f.name}
        while when is not None:
            if when.field not in named:
                raise _wrong(f, _l("it depends on “%(field)s”, which is no field there", field=when.field), *around)
            if when.field in seen:
                raise _wrong(f, _l("it depends on itself"), *around)
            seen.add(when.field)
            when = named[when.field].shown_when


def _check_decimals(screen: Screen) -> None:
    source = getattr(screen.source, "__table__", screen.source).c
    for f in () if callable(screen.fields) else screen.fields:
        room = getattr(source[f.name].type, "places", None) if f.name in source else None
        taken = f.decimals if f.decimals is not None else getattr(BUILT_IN.get(f.kind), "decimals", 0)
        if room is not None and taken > room:
            raise _wrong(f, _l("it takes %(taken)s decimals, its column has room for %(room)s", taken=taken, room=room), screen)


def _of_kinds(part: Contribution) -> Iterator[tuple[Any, ...]]:
    """Everything of a part that has a kind of value, with what it stands in, from the outside in."""
    for screen in part.screens:
        rooms = (screen.columns, screen.filters, () if callable(screen.fields) else screen.fields)
        yield from ((inner, screen, *around) for room in rooms for thing in room for inner, *around in _with_rows(thing))
        yield from ((inner, screen, action, *around) for action in screen.actions for f in action.fields for inner, *around in _with_rows(f))
    for page in part.pages:
        yield from ((inner, page, block, *around) for block in page.blocks if block.form for f in block.form.fields for inner, *around in _with_rows(f))
    for slot in part.slots:
        if isinstance(slot.add, Action):
            yield from ((inner, slot, slot.add, *around) for f in slot.add.fields for inner, *around in _with_rows(f))
        elif isinstance(slot.add, Column | Filter | Field):
            yield from ((inner, slot, *around) for inner, *around in _with_rows(slot.add))


def _with_rows(thing: Any) -> Iterator[tuple[Any, ...]]:
    yield (thing,)
    for sub in thing.rows if isinstance(thing, Field) else ():
        yield from ((inner, thing, *around) for inner, *around in _with_rows(sub))


def _fits(thing: Any, kinds: Mapping[str, Kind]) -> bool:
    ranged = isinstance(thing, Filter) and thing.kind.endswith(_RANGE)
    kind = kinds.get(thing.kind.removesuffix(_RANGE) if ranged else thing.kind)
    if kind is None:
        return False
    if isinstance(thing, Column):
        return kind.column
    if isinstance(thing, Field):
        return kind.field
    return kind.ranged if ranged else kind.equals


def _wrong(thing: Any, what: Any, *around: Any) -> WiringError:
    where = ": ".join(called(one) for one in (*(one for one in around if not isinstance(one, Slot)), thing))
    return WiringError(_l("%(where)s: %(what)s", where=where, what=what), at=(*map(step, around), step(thing)))
