"""CSV of a list: streamed, safe to open in a spreadsheet, readable back by the importer."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator, Sequence
from datetime import date, datetime
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy.orm import Session

from ..kernel.actors import Actor
from ..kernel.money import exponent
from ..kernel.spreadsheets import harmless
from .cells import reader
from .describe import Column, Screen
from .gateway import gateway
from .query import ListQuery, visible_columns


def csv_rows(
    db: Session, screen: Screen, actor: Actor, query: ListQuery, *, zone: ZoneInfo, currency: str
) -> Iterator[bytes]:
    """The header line, then blocks of lines. UTF-8 with a mark, so that spreadsheets read Chinese."""
    columns = [c for c in visible_columns(screen, actor) if c.kind not in ("image", "html")]
    yield csv_head([c.name for c in columns])
    for rows, extra in gateway.stream(db, screen, actor, query):
        readers = [(reader(c, extra.get(c.name), screen.key), _plain(c, currency, zone, extra.get(c.name))) for c in columns]
        yield _lines([[show(read(row), row) for read, show in readers] for row in rows])


def csv_head(names: Sequence[str]) -> bytes:
    """The header line, behind the mark by which spreadsheets know UTF-8."""
    return "\ufeff".encode() + _lines([names])


def csv_values(rows: Sequence[Sequence[Any]], zone: ZoneInfo) -> bytes:
    """Lines of plain values; times are written in ``zone``."""
    return _lines([[_text(value, zone) for value in row] for row in rows])


def _lines(rows: Sequence[Sequence[Any]]) -> bytes:
    out = io.StringIO()
    csv.writer(out, lineterminator="\r\n").writerows(rows)
    return out.getvalue().encode()


def _plain(column: Column, currency: str, zone: Any, extra: Any) -> Any:
    if column.kind == "money":
        name = column.currency

        def money(value: Any, row: Any) -> Any:
            return "" if value is None else Decimal(value).scaleb(-exponent(getattr(row, name) if name else currency))

        return money
    if column.kind == "lookup":
        return lambda value, row: harmless(str((extra or {}).get(value, "" if value is None else value)))
    if column.kind in ("status", "choice"):
        return lambda value, row: value
    return lambda value, row: _text(value, zone)


def _text(value: Any, zone: Any) -> Any:
    if value is None:
        return ""
    if isinstance(value, datetime):
        return value.astimezone(zone).strftime("%Y-%m-%d %H:%M:%S")
    if isinstance(value, bool):
        return int(value)
    if isinstance(value, int | Decimal | date):
        return value
    return harmless(str(value))
