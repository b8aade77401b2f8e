"""An answer as a file: CSV for programs, a workbook for people that says what its figures mean."""

from __future__ import annotations

import csv
import io
from decimal import Decimal
from typing import Any

from sqlalchemy.orm import Session

from zhanggui.api import Actor, Metric, Money, Reader, Sheet, _, fmt, metrics, record_audit

from . import wording
from .services.asking import Answer

TYPES = {"csv": "text/csv", "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"}


def write(db: Session, reader: Reader, found: Answer, kind: str) -> bytes:
    """The rows of an answer, and what lies beyond them as one."""
    wanted = [metrics()[id] for id in found.ask.metrics]
    names = wording.labels(db, reader, found)
    heads = [*(wording.name_of(name) for name in found.ask.by), *(str(metric.label) for metric in wanted), _("Currency")]
    rows = []
    for key in found.rows:
        said = [names[name].get(value, value) for name, value in zip(found.ask.by, key, strict=True)]
        rows.append([*said, *(_value(metric, found.values[key][metric.id], found.currency) for metric in wanted), found.currency])
    if found.others is not None:
        rest = [_value(metric, found.others[metric.id], found.currency) for metric in wanted]
        rows.append([_("All others"), *[""] * (len(found.ask.by) - 1), *rest, found.currency])
    return _csv(heads, rows) if kind == "csv" else _workbook(reader, found, wanted, heads, rows)


def _value(metric: Metric, value: Decimal | None, currency: str) -> Any:
    if value is None:
        return None
    return Money(int(value), currency) if metric.unit == "money" else value


def _csv(heads: list[str], rows: list[list[Any]]) -> bytes:
    out = io.StringIO()
    writer = csv.writer(out)
    writer.writerow(heads)
    writer.writerows([_harmless(v.decimal if isinstance(v, Money) else v) for v in row] for row in rows)
    return ("﻿" + out.getvalue()).encode()


def _harmless(value: Any) -> Any:
    """No text is a formula."""
    return f"'{value}" if isinstance(value, str) and value[:1] in "=+-@\t\r" and value else value


def _workbook(reader: Reader, found: Answer, wanted: list[Metric], heads: list[str], rows: list[list[Any]]) -> bytes:
    out = io.BytesIO()
    about = [
        (_("Period"), _("%(first)s to %(last)s", first=fmt.date(found.span.first), last=fmt.date(found.span.last))), (_("Currency"), found.currency),
        (_("Days of"), reader.zone.key), (_("Asked at"), fmt.datetime(reader.now)),
        *((str(metric.label), str(metric.sentence)) for metric in wanted),
        *([(_("Limited"), _("Only what you may see is counted."))] if found.limited else []),
    ]  # fmt: skip
    with Sheet(out, title=_("Figures"), heads=heads, zone=reader.zone, about=about) as sheet:
        sheet.add(rows)
    return out.getvalue()


def note(db: Session, found: Answer, kind: str, *, actor: Actor, now: Any) -> None:
    """Who took which figures away."""
    record_audit(
        db, "analytics.figures.exported", target=("analytics.Report", ",".join(found.ask.metrics)[:80]), label=", ".join(str(metrics()[id].label) for id in found.ask.metrics),
        actor=actor, now=now, after={"rows": len(found.rows), "format": kind},
    )  # fmt: skip
