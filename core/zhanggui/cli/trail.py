"""``zhanggui audit``: whether the trail is the one that was written, and what is kept of it elsewhere."""

from __future__ import annotations

import os
import sys
import time
from dataclasses import asdict
from pathlib import Path

import click

from .frame import Output, options


@click.group()
def audit() -> None:
    """The trail: who did what, provably."""


@audit.command("verify")
@options
@click.option("--heads", type=click.Path(dir_okay=False, path_type=Path), help="A file with ends that were kept elsewhere. Without: the one of audit.heads_file.")
def verify(out: Output, heads: Path | None) -> None:
    """Follow the chain and name the first bad place. Exit 1 when something was changed, taken out, put in, swapped or cut off, or a guard is gone."""
    from ..audit import verifying
    from ..backup.tables import snapshot

    began = time.monotonic()
    with out.instance() as runtime:
        known = verifying.read_heads(heads or verifying.heads_file(runtime))
        with snapshot(runtime.engine) as connection:
            said = verifying.verify(connection, known)
    seconds = round(time.monotonic() - began, 1)
    facts = {"whole": said.whole, "rows": said.rows, "number": said.number, "why": str(said.why), "heads": len(known), "head": asdict(said.head), "seconds": seconds}
    if said.whole:
        kept = f"{len(known)} ends that were kept elsewhere agree" if known else "no end was kept elsewhere, so one that was cut off would not be seen"
        return out.say(f"The trail is whole: {said.rows} rows, {kept}, {seconds} s.", facts)
    out.say(f"The trail is NOT whole. First bad number: {said.number} ({said.why}).", facts)
    sys.exit(1)


@audit.command("export")
@options
@click.argument("file", type=click.Path(dir_okay=False, path_type=Path))
def export(out: Output, file: Path) -> None:
    """Write the trail to FILE, one row a line, with its number and digest. What is sealed stays sealed."""
    from ..audit import verifying
    from ..backup.tables import snapshot

    count = 0
    with (
        out.instance() as runtime, snapshot(runtime.engine) as connection,
        os.fdopen(os.open(file, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w", encoding="utf-8") as target,
    ):  # fmt: skip
        for line in verifying.lines(connection):
            target.write(line + "\n")
            count += 1
    out.say(f"{count} rows were written to {file}.", {"rows": count, "file": str(file)})


@audit.command("export-head")
@options
@click.argument("file", required=False, type=click.Path(dir_okay=False, path_type=Path))
def export_head(out: Output, file: Path | None) -> None:
    """Add the end of the chain to FILE (without: that of audit.heads_file), which belongs where who runs the database cannot write."""
    from ..audit import verifying
    from ..kernel import clock

    with out.instance() as runtime:
        path = file or verifying.heads_file(runtime)
        head = verifying.export_head(path, clock.now())
    if head is None:
        return out.say("The end stands there already.", {"head": None, "file": str(path)})
    return out.say(f"Number {head.number}, {head.digest}, was added to {path}.", {"head": asdict(head), "file": str(path)})
