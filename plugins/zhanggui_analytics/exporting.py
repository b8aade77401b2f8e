"""An answer as a file: CSV for programs, a workbook for people that says what its figures mean."""

from __future__ import annotations

import csv
import io
import sys
from dataclasses import replace
from decimal import Decimal
from typing import IO, Any

from sqlalchemy.orm import Session

from zhanggui.api import Actor, Metric, Money, Paper, PaperColumn, Reader, Sheet, _, fmt, metrics, record_audit

from . import wording
from .asks import Ask
from .services.asking import Answer

TYPES = {"csv": "text/csv", "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"}

PAPER = "pdf"
KINDS = (("csv", "CSV", "download"), ("xlsx", "Excel", "file-spreadsheet"), (PAPER, "PDF", "file"))


def whole(ask: Ask) -> Ask:
    """The same question with each of its rows: a file leaves nothing to "all others"."""
    return replace(ask, limit=sys.maxsize)


def names_of(ask: Ask) -> str:
    """What the figures of a question are called."""
    return ", ".join(str(metrics()[id].label) for id in ask.metrics)


def write(db: Session, reader: Reader, found: Answer, kind: str) -> bytes:
    """The rows of an answer; of one that is not taken apart its totals."""
    wanted = [metrics()[id] for id in found.ask.metrics]
    heads = [*(wording.name_of(name) for name in found.ask.by), *(str(metric.label) for metric in wanted), _("Currency")]
    names, rows = wording.labels(db, reader, found), []
    for key in found.rows if found.ask.by else [()]:
        figures = found.values[key] if found.ask.by else found.totals
        rows.append([*_said(found, names, key), *(_value(metric, figures[metric.id], found.currency) for metric in wanted), found.currency])
    return _csv(heads, rows) if kind == "csv" else _workbook(reader, found, wanted, heads, rows)


def _said(found: Answer, names: Any, key: tuple[str, ...]) -> list[str]:
    """The values of a row in words; of days their date, which programs read."""
    return [value if name == "day" else names[name].get(value, value) for name, value in zip(found.ask.by, key, strict=True)]


def print_paper(out: IO[bytes], db: Session, reader: Reader, found: Answer) -> None:
    """The same on paper: what was asked, what it means, and the table with its totals."""
    wanted = [metrics()[id] for id in found.ask.metrics]
    paper = Paper(title=names_of(found.ask), footer=" · ".join(text for _label, text in _about(reader, found)[:4]))
    paper.heading(names_of(found.ask), title=True)
    paper.pairs(_about(reader, found))
    paper.space(3)
    names = wording.labels(db, reader, found)
    columns = [*(PaperColumn(wording.name_of(name), 1.4) for name in found.ask.by), *(PaperColumn(str(metric.label), numeric=True) for metric in wanted)]
    rows = [[*_said(found, names, key), *(wording.written(m, found.values[key][m.id], found.currency) for m in wanted)] for key in found.rows if found.ask.by]
    total = [wording.written(m, found.totals[m.id], found.currency) for m in wanted]
    paper.table(columns, rows, totals=[[*([_("In all")] if found.ask.by else []), *[""] * (len(found.ask.by) - 1), *total]])
    paper.write(out)


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


def _about(reader: Reader, found: Answer) -> list[tuple[str, str]]:
    """What was asked, by which clock and with whose rights, and what each figure means."""
    return [
        (_("Period"), _("%(first)s to %(last)s", first=fmt.date(found.span.first), last=fmt.date(found.span.last))), (_("Currency"), found.currency),
        (_("Days of"), reader.zone.key), (_("Asked at"), fmt.datetime(reader.now)),
        *([(_("Limited"), _("Only what you may see is counted."))] if found.limited else []),
        *((str(metrics()[id].label), str(metrics()[id].sentence)) for id in found.ask.metrics),
    ]  # fmt: skip


def _workbook(reader: Reader, found: Answer, wanted: list[Metric], heads: list[str], rows: list[list[Any]]) -> bytes:
    out, about = io.BytesIO(), _about(reader, found)
    with Sheet(out, title=_("Figures"), heads=heads, zone=reader.zone, about=about) as sheet:
        sheet.add(rows)
    return out.getvalue()


def note(db: Session, found: Answer, kind: str, *, actor: Actor, now: Any) -> None:
    """Who took which figures away."""
    record_audit(
        db, "analytics.figures.exported", target=("analytics.Report", ",".join(found.ask.metrics)[:80]), label=names_of(found.ask),
        actor=actor, now=now, after={"rows": len(found.rows), "format": kind},
    )  # fmt: skip
