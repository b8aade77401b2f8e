"""What a list was asked for: parsed from a URL, checked against the screen, nothing guessed.

A page, size, sort or filter that does not exist is a ``BadRequest`` naming it.
"""

from __future__ import annotations

import base64
import binascii
import json
import os
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, time
from decimal import Decimal, InvalidOperation
from typing import Any
from zoneinfo import ZoneInfo

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from sqlalchemy import Table, inspect

from ..db.types import Pii, SealedJson
from ..host.columns import OF_EVERY_LIST
from ..i18n.texts import lazy_gettext as _l
from ..kernel import clock
from ..kernel.actors import Actor
from ..kernel.errors import BadRequest
from ..runtime import current_runtime
from .describe import Column, Filter, Screen
from .kinds import filter_kind

MAX_PAGE = 1_000_000
# Values of a place that JSON has no word for: datetime stands before date, which it also is.
_PLACES: dict[str, tuple[type[Any], Callable[[str], Any]]] = {
    "t": (datetime, datetime.fromisoformat), "d": (date, date.fromisoformat), "c": (time, time.fromisoformat), "n": (Decimal, Decimal),
}  # fmt: skip
_NONCE = 12


@dataclass(frozen=True)
class ListQuery:
    """A checked question: ``filters`` maps a filter to its cleaned value, ``raw`` to what stood in the URL."""

    q: str = ""
    sort: str = ""
    size: int = 25
    page: int = 1
    after: tuple[Any, ...] | None = None
    before: tuple[Any, ...] | None = None
    by: str = ""  # the filter by whose choices the figures above the list are taken apart
    all_figures: bool = False  # however many rows there are
    filters: Mapping[str, Any] = field(default_factory=dict)
    raw: Mapping[str, str] = field(default_factory=dict)


def visible_columns(screen: Screen, actor: Actor) -> list[Column]:
    """Columns that no field rule keeps from this actor, in order."""
    hidden = hidden_columns(screen, actor)
    return sorted((c for c in screen.columns if c.name not in hidden), key=lambda c: c.order)


def hidden_columns(screen: Screen, actor: Actor) -> frozenset[str]:
    """Names of the columns that a field rule keeps from this actor: what is called so stands nowhere that he reads."""
    hidden = frozenset(c.name for c in screen.columns if c.permission and not actor.may(c.permission, screen.resource))
    return hidden | _personal(screen) if actor.program and not actor.may(*revealing(screen)) else hidden


def revealing(screen: Screen) -> tuple[str, str]:
    """The right without which a program of somebody outside is told nothing personal of these rows."""
    named = screen.search.reveal if screen.search is not None else None
    return named or ("can_reveal", screen.resource)


def _personal(screen: Screen) -> frozenset[str]:
    table = screen.source if isinstance(screen.source, Table) else inspect(screen.source).local_table
    sealed = {c.name for c in table.c if isinstance(c.type, Pii | SealedJson)}
    return frozenset(c.name for c in screen.columns if c.name in sealed)


def visible_filters(screen: Screen, actor: Actor) -> list[Filter]:
    """Filters that this actor may use: none over a column that is kept from him, or it could be inferred."""
    hidden = hidden_columns(screen, actor)
    return sorted(
        (
            f
            for f in screen.filters
            if (f.permission is None or actor.may(f.permission, screen.resource)) and (f.column or f.name) not in hidden
        ),
        key=lambda f: f.order,
    )


def parse(screen: Screen, args: Mapping[str, str], actor: Actor, *, zone: ZoneInfo, currency: str, now: datetime | None = None) -> ListQuery:
    """Check the arguments of a list.

    :param now: when it was asked, for what is answered later: "today" is that day.

    :raises BadRequest: naming the argument that makes no sense.
    """
    filters = {f.name: f for f in visible_filters(screen, actor)}
    known = set(OF_EVERY_LIST)
    for f in filters.values():
        kind, ranged = filter_kind(f.kind)
        known |= {f"{f.name}_from", f"{f.name}_to"} if ranged else set()
        known |= {f.name} if not ranged or kind.periods else set()
    for name in args:
        if name not in known:
            raise BadRequest(_l("There is no filter %(name)s here."), name=name, field=name)
    raw = {name: args[name].strip() for name in args if name not in OF_EVERY_LIST and args[name].strip()}
    cleaned = {}
    for name, f in filters.items():
        value = clean(f, raw, zone, currency, now)
        if value is not None:
            cleaned[name] = value
    return ListQuery(
        q=args.get("q", "").strip()[:100],
        sort=_sort(screen, args.get("sort", ""), actor),
        size=_number(args, "size", screen.page_sizes[0], screen.page_sizes),
        page=_number(args, "page", 1),
        after=_cursor(args, "after"),
        before=_cursor(args, "before"),
        by=_grouping(screen, args.get("by", ""), filters),
        all_figures=_of(args, "figures", "all"),
        filters=cleaned,
        raw=raw,
    )


def _number(args: Mapping[str, str], name: str, default: int, allowed: Sequence[int] = ()) -> int:
    text = args.get(name, "")
    if not text:
        return default
    if not (text.isascii() and text.isdigit() and len(text) <= 7) or not 1 <= int(text) <= MAX_PAGE:
        raise BadRequest(_l("%(name)s must be a whole number above zero."), name=name, field=name)
    if allowed and int(text) not in allowed:
        choices = ", ".join(map(str, allowed))
        raise BadRequest(_l("%(name)s must be one of %(choices)s."), name=name, choices=choices, field=name)
    return int(text)


def _grouping(screen: Screen, wanted: str, filters: Mapping[str, Filter]) -> str:
    if wanted and (wanted not in filters or all(group.filter != wanted for group in screen.group_by)):
        raise BadRequest(_l("The figures of this list cannot be grouped by %(name)s."), name=wanted[:40], field="by")
    return wanted


def _of(args: Mapping[str, str], name: str, only: str) -> bool:
    text = args.get(name, "")
    if text not in ("", only):
        raise BadRequest(_l("%(name)s must be one of %(choices)s."), name=name, choices=only, field=name)
    return text == only


def _sort(screen: Screen, wanted: str, actor: Actor) -> str:
    if not wanted:
        return ""
    name = wanted.removeprefix("-")
    if not any(c.name == name and c.sortable for c in visible_columns(screen, actor)):
        raise BadRequest(_l("This list cannot be sorted by %(name)s."), name=name, field="sort")
    return wanted


def encode_cursor(values: Sequence[Any], *, sealed_for: bytes | None = None) -> str:
    """A place in a list, as text for a URL.

    :param sealed_for: for whom and which question it is good, where a row's number in it would tell a stranger how many there are.
    """
    plain = [{mark: v.isoformat() if mark != "n" else str(v)} if (mark := _marks(v)) else v for v in values]
    text = json.dumps(plain, separators=(",", ":")).encode()
    if sealed_for is not None:
        nonce = os.urandom(_NONCE)
        text = nonce + _cipher().encrypt(nonce, text, sealed_for)
    return base64.urlsafe_b64encode(text).decode().rstrip("=")


def decode_cursor(text: str, name: str = "cursor", *, sealed_for: bytes | None = None) -> tuple[Any, ...]:
    """The values of a place in a list.

    :raises BadRequest: when it was not made by :func:`encode_cursor`, or for somebody or something else.
    """
    try:
        given = base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))
        plain = json.loads(given if sealed_for is None else _cipher().decrypt(given[:_NONCE], given[_NONCE:], sealed_for))
        if not isinstance(plain, list) or not 1 <= len(plain) <= 4:
            raise ValueError
        if any((type(v) is int and abs(v) >= 2**63) or (isinstance(v, str) and (len(v) > 400 or "\0" in v)) for v in plain):
            raise ValueError
        values = tuple(_unmarked(v) if isinstance(v, dict) else v for v in plain)
        if any(isinstance(v, datetime) and v.tzinfo is None for v in values) or any(isinstance(v, list) for v in values):
            raise ValueError
    except (InvalidTag, ValueError, KeyError, TypeError, OverflowError, InvalidOperation, RecursionError, binascii.Error, UnicodeDecodeError):
        raise BadRequest(_l("%(name)s is not a valid cursor for this list."), name=name, field=name) from None
    return values


def _cipher() -> AESGCM:
    return AESGCM(current_runtime().keyring.derive("cursor"))


def _marks(value: Any) -> str:
    return next((mark for mark, (kind, _read) in _PLACES.items() if isinstance(value, kind)), "")


def _unmarked(place: dict[str, Any]) -> Any:
    ((mark, text),) = place.items()
    value = _PLACES[mark][1](text)
    if isinstance(value, Decimal) and not (value.is_finite() and len(text) < 40):
        raise ValueError
    if isinstance(value, time) and value.tzinfo is not None:
        raise ValueError
    return value


def _cursor(args: Mapping[str, str], name: str) -> tuple[Any, ...] | None:
    return decode_cursor(args[name], name) if args.get(name) else None


def clean(f: Filter, raw: Mapping[str, str], zone: ZoneInfo, currency: str, now: datetime | None = None) -> Any:
    """The value of a filter by what stands in an address; None when it is not asked.

    :raises BadRequest: naming what makes no sense.
    """
    kind, ranged = filter_kind(f.kind)
    if ranged and kind.periods and raw.get(f.name):
        return kind.asked_period(f, raw[f.name], now or clock.now(), currency)
    if ranged:
        low, high = raw.get(f"{f.name}_from", ""), raw.get(f"{f.name}_to", "")
        return kind.asked_range(f, low, high, zone, currency) if low or high else None
    text = raw.get(f.name, "")
    return kind.asked(f, text, zone, currency) if text else None
