"""``python -m zhanggui.importing.compare FILE``: totals straight from the file beside those of the database."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from decimal import Decimal
from pathlib import Path
from zoneinfo import ZoneInfo

import click
from sqlalchemy import Select, select
from sqlalchemy.orm import Session

from ..config import Config
from ..db.key_check import check_key
from ..db.uow import reading
from ..host import current_host, refresh
from ..host.declare import Importer
from ..kernel import clock
from ..kernel.actors import SYSTEM, acting_as
from ..kernel.errors import ConfigError, DomainError, NotFound
from ..runtime import Runtime, activated
from ..tasks.models import Task
from ..tasks.states import TaskState
from .contracts import ZERO, Figure, ImportRow, ImportRun
from .models import Import, Rejection, Rounding
from .reader import open_table
from .runner import DEFAULT_SOURCE


def compare(runtime: Runtime, kind: str, path: Path, source: str = DEFAULT_SOURCE) -> list[Figure]:
    """The figures of one source. The file is read from its beginning, by the mapping that the import used.

    :raises NotFound: when no import of this kind and source was finished, or its plugin is off.
    """
    with activated(runtime), acting_as(SYSTEM):
        refresh(runtime)
        importer: Importer | None = next((i for i in current_host().every("importers") if i.kind == kind), None)
        with reading() as db:
            done = db.scalars(_done(kind, source)).all()
            if importer is None or importer.compare is None or not done:
                raise NotFound("No finished import of %(kind)s from the source %(source)s was found.", kind=kind, source=source)
            last = done[-1]
            table = open_table(path)
            places = {name: list(table.columns).index(column) for name, column in last.mapping.items()}
            rows = (
                ImportRow(number, {name: row[place] if place < len(row) else None for name, place in places.items()})
                for number, row in enumerate(table.rows(), 1)
            )
            run = ImportRun(source, "", ZoneInfo(last.options["zone"]), last.currency, SYSTEM, clock.now(), last.options)
            found: list[Figure] = importer.compare(db, rows, run, *_left_out(db, last.id))
            return found


def _done(kind: str, source: str) -> Select[Import]:
    """Finished imports of a source, oldest first."""
    done = select(Import).join(Task, Task.id == Import.task_id).where(Task.state == TaskState.DONE)
    return done.where(Import.kind == kind, Import.source == source).order_by(Import.id)


def _left_out(db: Session, import_id: int) -> tuple[int, Decimal]:
    """Rows and money that an import did not book: what it rejected, and what rounding took."""
    rejected = db.scalars(select(Rejection.amount).where(Rejection.import_id == import_id)).all()
    rounded = db.execute(select(Rounding.exact, Rounding.stored).where(Rounding.import_id == import_id)).all()
    amount = sum((Decimal(text) for text in rejected), ZERO) + sum((Decimal(a) - Decimal(b) for a, b in rounded), ZERO)
    return len(rejected), amount


def table(figures: Sequence[Figure]) -> str:
    """The comparison in columns; a line that differs says so."""
    lines = [("", "file", "database", "")]
    lines += [(f.name, f"{f.file:,}", f"{f.database:,}", "" if f.file == f.database else "DIFFERS") for f in figures]
    wide = [max(len(line[n]) for line in lines) for n in range(3)]
    return "\n".join(f"{a:<{wide[0]}}  {b:>{wide[1]}}  {c:>{wide[2]}}  {d}".rstrip() for a, b, c, d in lines)


@click.command()
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--config", type=click.Path(exists=True, dir_okay=False), help="Configuration of the instance.")
@click.option("--kind", default="orders", show_default=True)
@click.option("--source", default=DEFAULT_SOURCE, show_default=True)
def main(file: Path, config: str | None, kind: str, source: str) -> None:
    """Compare; exit code 1 when anything differs."""
    try:
        runtime = Runtime(Config.load(config))
        check_key(runtime)
        figures = compare(runtime, kind, file, source)
    except (DomainError, ConfigError) as error:
        raise click.ClickException(str(error)) from error
    runtime.close()
    click.echo(table(figures))
    if any(f.file != f.database for f in figures):
        sys.exit(1)


if __name__ == "__main__":
    main()
