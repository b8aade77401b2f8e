"""Another key than the shop's own is refused by everything that starts, before anything is read or written."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator
from pathlib import Path

import click
import pytest
from click.testing import Result
from sqlalchemy import inspect, text

from zhanggui.app import Site
from zhanggui.cli import main
from zhanggui.db.key_check import WrongKey
from zhanggui.runtime import Runtime
from zhanggui.testing.instances import environment

Run = Callable[..., Result]
WRONG = "another-key-0123456789-abcdefghijklmnop"
# What commands need beside their names; none of it comes to matter.
ARGUMENTS = {
    "plugin/enable": ["orders"], "plugin/disable": ["orders"], "user/create": ["lin", "--role", "clerk", "--password", "a long one 7"], "user/password": ["lin", "--password", "a long one 7"],
    "user/disable": ["lin"], "import": ["customers", "{file}"], "export": ["customers", "{file}.out"], "jobs/requeue": ["--all"],
    "config/explain": ["web.port"], "plugin/new": ["loyalty"], "pii/erase": ["customers.Customer:1", "--yes"], "pii/export": ["Wang", "{file}.json"], "audit/export": ["{file}.trail"],
}  # fmt: skip
# These open no instance: they read no data of it.
SERVERS = {"up", "web", "worker", "scheduler"}  # last: one that started all the same would not come back
WITHOUT = {"demo", "sandbox", "config/check", "plugin/new", "plugin/check", "plugin/migration"}


def commands(group: click.Group, before: str = "") -> Iterator[str]:
    context = click.Context(group)
    for name in group.list_commands(context):
        command = group.get_command(context, name)
        if isinstance(command, click.Group):
            yield from commands(command, f"{before}{name}/")
        else:
            yield f"{before}{name}"


def checksum(runtime: Runtime) -> str:
    found = hashlib.sha256()
    with runtime.engine.connect() as connection:
        for table in sorted(inspect(connection).get_table_names()):
            rows = sorted(repr([bytes(v) if isinstance(v, memoryview) else v for v in row]) for row in connection.execute(text(f'SELECT * FROM "{table}"')))
            found.update(repr((table, rows)).encode())
    return found.hexdigest()


def test_every_command_refuses_it_in_a_sentence_and_changes_nothing(instance: Runtime, command_line: Run, tmp_path: Path):
    key = tmp_path / "wrong.key"
    key.write_text(WRONG)
    people = tmp_path / "people.csv"
    people.write_text("key,name\n1,Wang\n")
    env = {**environment(instance.config), "ZHANGGUI_SECURITY__SECRET_KEY_FILE": str(key)}
    del env["ZHANGGUI_SECURITY__SECRET_KEY"]
    before, refused = checksum(instance), []
    for name in sorted(set(commands(main)) - WITHOUT, key=lambda name: (name in SERVERS, name)):
        arguments = [part.format(file=people) for part in ARGUMENTS.get(name, [])]
        result = command_line(*name.split("/"), *arguments, env=env)
        assert (result.exit_code, result.stdout) == (1, ""), (name, result.output)
        assert f"security.secret_key_file: {key}" in result.stderr, name
        assert result.stderr.count("\n") == 1
        refused.append(name)
    assert len(refused) > 15
    assert {"up", "web", "worker", "scheduler", "upgrade", "import", "export", "doctor"} <= set(refused)
    assert checksum(instance) == before
    assert not (tmp_path / "people.csv.out").exists()


def test_the_right_one_reads_on(instance: Runtime, command_line: Run, tmp_path: Path):
    people = tmp_path / "people.csv"
    people.write_text("key,name\n1,Wang\n")
    env = environment(instance.config)
    assert command_line("import", "customers", str(people), env=env).exit_code == 0
    wrong = {**env, "ZHANGGUI_SECURITY__SECRET_KEY": WRONG}
    answer = command_line("export", "customers", str(tmp_path / "out.csv"), env=wrong)
    assert (answer.exit_code, "from environment" in answer.stderr) == (1, True)
    assert command_line("export", "customers", str(tmp_path / "out.csv"), env=env).exit_code == 0
    assert "Wang" in (tmp_path / "out.csv").read_text(encoding="utf-8-sig")


def test_a_web_server_that_meets_the_database_late_serves_nothing_with_it(instance: Runtime):
    from zhanggui.testing.instances import configured

    other = Runtime(configured(instance.data, instance.config["database.url"], security__secret_key=WRONG))
    site = Site(other)
    with pytest.raises(WrongKey):
        site.app({})
    other.close()
