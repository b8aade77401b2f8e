"""``zhanggui config``, ``doctor`` and ``hooks``: why the instance is as it is."""

from __future__ import annotations

import sys

import click

from .frame import Output, options

_SHOWN = 20

@click.group("config")
def config_group() -> None:
    """Configuration: check it, explain it."""


@config_group.command("check")
@options
def config_check(out: Output) -> None:
    """Read every layer; exit code 1 when one is wrong."""
    from ..web.findings import findings

    runtime = out.runtime()
    warnings, wrong = runtime.config.warnings(), findings(runtime)
    said = wrong or ["The configuration is fine."]
    out.say("\n".join([*said, *warnings]), {"ok": not wrong, "wrong": wrong, "warnings": warnings})
    if wrong:
        sys.exit(1)


@config_group.command("explain")
@options
@click.argument("key")
def config_explain(out: Output, key: str) -> None:
    """Where the value of a setting comes from."""
    from ..config import settings
    from ..runtime import open_runtime

    found = settings.explain(open_runtime(out.runtime()), key)
    lines = [f"{found.key} = {found.value!r} (from {found.layer})", *(f"  {name}: {value!r}" for name, value in found.layers)]
    if found.locked_by:
        lines.append(f"  locked by {found.locked_by}")
    out.say("\n".join(lines), {"key": found.key, "value": found.value, "layer": found.layer, "layers": found.layers, "locked_by": found.locked_by})


@click.command()
@options
def doctor(out: Output) -> None:
    """Look the instance over: configuration, tables, plugins, queue. Exit code 1 when something is wrong."""
    from ..db.uow import reading
    from ..host import current_host
    from ..host.faults import known
    from ..host.service import found_plugins
    from ..kernel import privacy
    from ..migrations import runner
    from ..migrations.heads import behind
    from ..web.findings import findings
    from ..web.health import readiness

    with out.instance() as runtime:
        exposed = list(privacy.exposed(*runtime.on_disk))
        parts = readiness()
        faults = [{"plugin": f.plugin, "stage": f.stage, "sentence": str(f.sentence)} for f in current_host().repairs().values()]
        with reading() as db:
            for met in known(db):
                how = f"{'is paused: it ' if met.paused_at else ''}failed {met.times} times in {met.kind} {met.name}"
                faults.append({"plugin": met.plugin, "stage": "run", "sentence": how})
            failed = runner.failures(db)
            tables = dict.fromkeys(behind(db, found_plugins(runtime).manifests), "Its tables are behind: run zhanggui upgrade.") | failed
        warnings, wrong = runtime.config.warnings(), findings(runtime, queue=False)
        if runtime.config["queue.url"] and parts["queue"]["status"] != "ok":
            wrong.append("queue.url: nobody answers there")
    lines = [f"{name}: {part['status']}" for name, part in parts.items()]
    lines += wrong
    lines += [f"plugin {f['plugin']}: {f['sentence']}" for f in faults] + [f"note: {w}" for w in warnings]
    lines += [f"tables of {name}: {sentence}" for name, sentence in tables.items()]
    lines += [f"{path} can be opened by others on this machine: run zhanggui upgrade, which closes it." for path in exposed[:_SHOWN]]
    if len(exposed) > _SHOWN:
        lines.append(f"... and {len(exposed) - _SHOWN} more.")
    out.say("\n".join(lines), {"parts": parts, "faults": faults, "tables": tables, "wrong": wrong, "warnings": warnings, "exposed": [str(path) for path in exposed]})
    if exposed or wrong or faults or tables or parts["database"]["status"] != "ok":
        sys.exit(1)


@click.command()
@options
def hooks(out: Output) -> None:
    """Every hook, what it is for, and which plugins implement it."""
    from ..host import current_host

    with out.instance():
        rows = current_host().hook_table()
    out.say("\n".join(f"{r['name']}: {r['doc']} [{', '.join(r['plugins'])}]" for r in rows), rows)
