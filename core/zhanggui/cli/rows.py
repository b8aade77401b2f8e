"""``zhanggui import`` and ``zhanggui export``."""

from __future__ import annotations

from pathlib import Path

import click

from .frame import Output, options


@click.command("import")
@options
@click.argument("kind")
@click.argument("file", type=click.Path(exists=True, dir_okay=False))
@click.option("--map", "mapping", type=click.Path(exists=True, dir_okay=False), help="Which column is which, as TOML.")
@click.option("--zone", help="Time zone of the times in the file.")
@click.option("--currency", help="Currency of the prices in the file.")
@click.option("--source", help="Short name of where the rows come from; the same number from another source is another order.")
@click.option("--dry-run", is_flag=True, help="Read and check everything, keep nothing.")
def import_(
    out: Output, kind: str, file: str, mapping: str | None, zone: str | None, currency: str | None, source: str | None, dry_run: bool
) -> None:
    """Read rows of a KIND (products, customers, orders) from CSV, XLSX or Parquet."""
    from ..importing.runner import run_import

    with out.instance() as runtime:
        report = run_import(
            runtime, kind, Path(file), mapping=mapping, zone=zone, currency=currency, source=source, dry_run=dry_run, quiet=out.as_json
        )
    out.say(report.text(), report.as_dict())


@click.command()
@options
@click.argument("kind")
@click.argument("file", type=click.Path(dir_okay=False))
def export(out: Output, kind: str, file: str) -> None:
    """Write rows of a KIND (products, customers, orders), as import reads them, or of a screen (orders.Order), as CSV."""
    from .exporting import export_csv

    with out.instance():
        count = export_csv(kind, Path(file))
    out.say(f"{count} bytes were written to {file}.", {"bytes": count, "file": file})
