"""``zhanggui backup``: make, look at, check and bring back backups."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import click

from .frame import Output, options

_MEGABYTE = 1_000_000


@click.group()
def backup() -> None:
    """One sealed file of everything, made while the shop sells; it comes back into SQLite or PostgreSQL alike."""


_key = click.option("--key", type=click.Path(dir_okay=False, path_type=Path), help="A file with the private key that opens it (of age or of OpenSSH). Without: the shop's own.")
_name = click.argument("name", default="latest")


@backup.command("create")
@options
@click.option("--kind", type=click.Choice(["manual", "scheduled"]), default="manual", show_default=True, help="Why it is made; stands in its name.")
def create(out: Output, kind: str) -> None:
    """Write a backup into backups/ of the data folder."""
    from ..backup import making
    from ..host import current_host
    from ..kernel import clock

    with out.instance() as runtime:
        made = making.create_backup(runtime, kind=kind, now=clock.now(), totals=making.totals_of(current_host()), report=_progress(out))
    out.say(
        f"{made.name}: {made.tables} tables with {made.rows} rows and {made.files} files, {made.size / _MEGABYTE:.1f} MB, {made.seconds} s.", _facts(made)
    )


@backup.command("list")
@options
def list_(out: Output) -> None:
    """The backups that lie here, the newest first."""
    from ..backup import places

    found = places.backups(places.folder_of(out.runtime()))
    if out.as_json:
        return out.say("", [_facts(one) for one in found])
    for one in found:
        out.say(f"{one.name}  {one.made_at:%Y-%m-%d %H:%M} UTC  {one.size / _MEGABYTE:9.1f} MB  {one.rows} rows")
    if not found:
        out.say("There is no backup yet.")
    return None


@backup.command("verify")
@options
@_name
@_key
def verify(out: Output, name: str, key: Path | None) -> None:
    """Read a backup from first to last and compare it with its manifest. NAME is one of the list, a path, or latest."""
    from ..backup import places, sealing, verifying

    runtime = out.runtime()
    found = places.find(places.folder_of(runtime), name)
    contents = verifying.verify(found.path, sealing.identities(runtime.keyring, key))
    out.say(
        f"{found.name} is whole: {len(contents.tables)} tables with {contents.rows} rows, {len(contents.files)} files, as of {contents.made_at:%Y-%m-%d %H:%M:%S} UTC.",
        {"name": found.name, "made_at": contents.made_at, "tables": len(contents.tables), "rows": contents.rows, "files": len(contents.files),
         "totals": contents.totals, "components": contents.components},
    )  # fmt: skip


@backup.command("restore")
@options
@_name
@_key
@click.option("--table", "only", multiple=True, help="Bring back this table alone; may be repeated.")
@click.option("--preview", is_flag=True, help="Say what would change, and change nothing.")
@click.option("--force", is_flag=True, help="Also where a shop is: everything in it is replaced.")
@click.option("--keep-user", help="The account of this user stays as it is here.")
@click.option("--with-secrets", is_flag=True, help="Also the stored secrets of the backup; without, those of this shop stay.")
@click.option("--leave-out", multiple=True, help="A plugin whose tables are left out because it is not installed here; may be repeated.")
def restore(
    out: Output, name: str, key: Path | None, only: tuple[str, ...], preview: bool, force: bool, keep_user: str | None, with_secrets: bool,
    leave_out: tuple[str, ...],
) -> None:  # fmt: skip
    """Bring a backup back, whole or some of its tables. NAME is one of the list, a path, or latest."""
    from ..backup import places, restoring, sealing
    from ..backup.operator import Operator
    from ..host.service import found_plugins
    from ..kernel import clock
    from ..kernel.actors import Actor
    from ..runtime import open_runtime

    runtime = open_runtime(out.runtime())
    found = places.find(places.folder_of(runtime), name)
    keys = sealing.identities(runtime.keyring, key)
    if preview:
        return _say_changes(out, restoring.preview(runtime, found.path, keys, only))
    who: dict[str, Any] = {"now": clock.now(), "actor": Actor("system", name="command line", everything=True), "report": _progress(out)}
    if only:
        done = restoring.restore_tables(runtime, found.path, keys, only, **who)
    else:
        manifests = found_plugins(runtime).manifests
        keep = Operator(keep_user, secrets=not with_secrets)
        done = restoring.restore(runtime, found.path, keys, manifests, force=force, keep=keep, leave_out=leave_out, **who)
    out.say(
        f"{done.tables} tables with {done.rows} rows and {done.files} files are back as of {done.made_at:%Y-%m-%d %H:%M:%S} UTC.",
        {"tables": done.tables, "rows": done.rows, "files": done.files, "made_at": done.made_at, "upgraded": done.upgraded},
    )
    return None


def _say_changes(out: Output, changes: Any) -> None:
    if out.as_json:
        facts = ("table", "now", "then", "added", "removed", "changed")
        return out.say("", [{name: getattr(change, name) for name in facts} for change in changes])
    for change in changes:
        if not change.same:
            out.say(f"{change.table}: {change.added} rows would come, {change.removed} would go, {change.changed} would change.")
    same = sum(change.same for change in changes)
    return out.say(f"{same} of {len(changes)} tables would stay as they are.")


@backup.command("drill")
@options
@_name
def drill(out: Output, name: str) -> None:
    """Bring a backup back into a place that is thrown away, start the shop there, and compare. Exit 1 when it fails."""
    from ..backup import drill as drills
    from ..backup import places
    from ..host.service import found_plugins

    with out.instance() as runtime:
        said = drills.drill(runtime, places.find(places.folder_of(runtime), name), found_plugins(runtime).manifests, report=_progress(out))
    facts = {"backup": said.backup, "passed": said.passed, "why": str(said.why), "tables": said.tables, "rows": said.rows, "files": said.files,
             "opened": said.opened, "totals": {k: {"then": a, "now": b} for k, (a, b) in said.totals.items()}, "seconds": said.seconds}  # fmt: skip
    if said.passed:
        return out.say(f"Passed: {said.backup} came back, {said.tables} tables, sums equal, {said.files} files, {said.seconds} s.", facts)
    out.say(f"FAILED: {said.backup}: {said.why}", facts)
    sys.exit(1)


@backup.command("prune")
@options
@click.option("--daily", type=click.IntRange(1), help="Of how many days the newest one stays. Without: as set.")
@click.option("--weekly", type=click.IntRange(0), help="Of how many weeks.")
@click.option("--monthly", type=click.IntRange(0), help="Of how many months.")
@click.option("--dry-run", is_flag=True, help="Say which would go.")
def prune(out: Output, daily: int | None, weekly: int | None, monthly: int | None, dry_run: bool) -> None:
    """Take away backups that are not the newest of a day, a week or a month that is kept."""
    from ..backup import places

    with out.instance() as runtime:
        gone = places.spare_ones(runtime, daily=daily, weekly=weekly, monthly=monthly)
        for one in () if dry_run else gone:
            places.remove(one)
    for one in gone:
        if not out.as_json:
            out.say(one.name)
    said = f"{len(gone)} would go." if dry_run else f"{len(gone)} are gone."
    out.say(said, {"removed" if not dry_run else "would_remove": [one.name for one in gone]})


@backup.command("key")
@options
def key_(out: Output) -> None:
    """Print the private key that opens this shop's backups, for the `age` command. Keep it apart from them."""
    from ..backup import sealing

    out.say(sealing.instance_key(out.runtime().keyring).strip(), {"key": sealing.instance_key(out.runtime().keyring)})


def _facts(made: Any) -> dict[str, Any]:
    return {"name": made.name, "made_at": made.made_at, "kind": made.kind, "size": made.size, "tables": made.tables, "rows": made.rows,
            "files": made.files, "release": made.release, "sha256": made.sha256, "seconds": made.seconds}  # fmt: skip


def _progress(out: Output) -> Any:
    """A line that changes, where a person looks on."""
    from ..backup.making import silent

    if out.as_json or not sys.stderr.isatty():
        return silent

    def report(what: str, done: int, of: int) -> None:
        click.echo(f"\r\033[K{done}/{of} {what}", nl=done >= of, err=True)

    return report
