"""The outer contract of the command line: names, exit codes, answers for programs, one sentence for a refusal."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import click
import pytest
from click.testing import Result
from flask_appbuilder.security.sqla.models import User
from sqlalchemy import select

from zhanggui.cli import main
from zhanggui.db.uow import reading
from zhanggui.runtime import Runtime
from zhanggui.testing.instances import SECRET

Run = Callable[..., Result]
PROMISED = [
    "up", "web", "worker", "scheduler", "upgrade", "demo", "import", "export", "doctor", "hooks",
    "plugin/list", "plugin/enable", "plugin/disable", "plugin/check", "plugin/migration", "user/create", "user/password", "user/disable",
    "jobs/status", "jobs/dead", "jobs/requeue", "outbox/status", "config/check", "config/explain",
]  # fmt: skip


@pytest.mark.parametrize("name", PROMISED)
def test_every_promised_command_takes_config_and_json_and_says_what_it_does(name: str):
    command = main
    for part in name.split("/"):
        command = command.get_command(click.Context(command), part)  # type: ignore[attr-defined]
    assert {"--config", "--json"} <= {option for parameter in command.params for option in parameter.opts}
    assert command.help


def test_the_configuration_may_be_named_before_or_after_the_command(command_line: Run, tmp_path: Path):
    path = tmp_path / "acme.toml"
    path.write_text('[instance]\nname = "Acme"\n')
    env = {"ZHANGGUI_SECURITY__SECRET_KEY": SECRET}
    for arguments in (["--config", str(path), "config", "explain", "instance.name"],
                      ["config", "explain", "instance.name", "--config", str(path)]):  # fmt: skip
        assert "instance.name = 'Acme'" in command_line(*arguments, env=env).stdout


def test_a_refusal_is_one_sentence_and_exit_code_1(command_line: Run, tmp_path: Path):
    path = tmp_path / "acme.toml"
    path.write_text("[web]\nprot = 1\n")
    for command in (["config", "check"], ["upgrade"], ["plugin", "list"]):
        result = command_line(*command, "--config", str(path), env={"ZHANGGUI_SECURITY__SECRET_KEY": SECRET})
        assert (result.exit_code, result.stdout) == (1, "")
        assert result.stderr == f"there is no setting web.prot (in {path}); is web.port meant?\n"


@pytest.mark.parametrize("arguments", [["nonsense"], ["plugin", "list", "--nonsense"], ["jobs", "requeue"], ["web", "--port", "0"]])
def test_bad_usage_is_exit_code_2(zhanggui: Run, arguments: list[str]):
    assert zhanggui(*arguments).exit_code == 2


def test_a_database_without_tables_is_one_sentence_that_says_what_to_do(command_line: Run, tmp_path: Path):
    env = {"ZHANGGUI_SECURITY__SECRET_KEY": SECRET, "ZHANGGUI_INSTANCE__DATA": str(tmp_path / "shop")}
    result = command_line("plugin", "list", env=env)
    assert result.exit_code == 1
    assert "zhanggui upgrade" in result.stderr
    assert len(result.stderr.splitlines()) == 1


def test_a_database_that_does_not_answer_is_one_sentence_without_its_password(command_line: Run, tmp_path: Path):
    env = {"ZHANGGUI_SECURITY__SECRET_KEY": SECRET, "ZHANGGUI_DATABASE__URL": "postgresql://shop:hunter2@127.0.0.1:1/shop"}
    result = command_line("plugin", "list", env=env)
    assert result.exit_code == 1
    assert result.stderr.startswith("The database does not answer: ")
    assert len(result.stderr.splitlines()) == 1
    assert "hunter2" not in result.stderr


def test_config_check_lists_warnings_and_passes(command_line: Run, tmp_path: Path):
    path = tmp_path / "acme.toml"
    path.write_text("[plugin.loyalty]\npoints = 1\n")
    result = command_line("config", "check", "--config", str(path), "--json", env={"ZHANGGUI_SECURITY__SECRET_KEY": SECRET})
    answer = json.loads(result.stdout)
    assert (result.exit_code, answer["ok"], len(answer["warnings"])) == (0, True, 1)


def test_config_explain_names_the_layer_and_hides_the_secret(zhanggui: Run):
    answer = json.loads(zhanggui("config", "explain", "security.secret_key", "--json").stdout)
    assert (answer["value"], answer["layer"]) == ("<secret>", "environment")
    assert SECRET not in json.dumps(answer)


def test_config_explain_knows_what_was_changed_while_the_shop_runs(zhanggui: Run, instance: Runtime, owner, noon):
    from zhanggui.config import settings
    from zhanggui.db.uow import unit_of_work

    with unit_of_work() as db:
        settings.set(db, "plugin.orders.auto_close_minutes", 45, actor=owner, now=noon)
    answer = json.loads(zhanggui("config", "explain", "plugin.orders.auto_close_minutes", "--json").stdout)
    assert (answer["value"], answer["layer"]) == (45, "database")
    assert answer["layers"] == [["default", 30], ["database", 45]]


def test_plugins_are_listed_switched_off_and_on(zhanggui: Run):
    states = {row["id"]: row["state"] for row in json.loads(zhanggui("plugin", "list", "--json").stdout)}
    assert states["webhooks"] == "enabled"
    assert zhanggui("plugin", "disable", "webhooks").stdout == "webhooks is disabled.\n"
    assert "disabled     webhooks" in zhanggui("plugin", "list").stdout
    assert zhanggui("plugin", "enable", "webhooks").exit_code == 0
    refused = zhanggui("plugin", "disable", "products")
    assert refused.exit_code == 1
    assert "inventory" in refused.stderr
    assert zhanggui("plugin", "enable", "nothing").exit_code == 1


def test_staff_are_created_given_passwords_and_locked(zhanggui: Run, instance: Runtime):
    first, second = "correct horse 42\n" * 2, "battery staple 43\n" * 2
    created = zhanggui("user", "create", "mei", "--role", "clerk", "--name", "小梅", "--json", input=first)
    assert created.exit_code == 0
    with reading() as db:
        before = db.scalar(select(User.password).where(User.username == "mei"))
    assert zhanggui("user", "password", "mei", input=second).exit_code == 0
    assert zhanggui("user", "disable", "mei").exit_code == 0
    with reading() as db:
        user = db.scalars(select(User).where(User.username == "mei")).one()
        assert user.password != before
        assert not user.active
    assert zhanggui("user", "create", "mei", "--role", "clerk", input=first).exit_code == 1
    missing = zhanggui("user", "disable", "nobody")
    assert (missing.exit_code, missing.stderr) == (1, "There is no user nobody.\n")


def test_jobs_and_events_are_counted(zhanggui: Run):
    assert "counts" in json.loads(zhanggui("jobs", "status", "--json").stdout)
    assert zhanggui("jobs", "dead").stdout == "None.\n"
    assert json.loads(zhanggui("outbox", "status", "--json").stdout)["waiting"] >= 0


def test_the_doctor_passes_a_sound_shop(zhanggui: Run):
    result = zhanggui("doctor", "--json")
    answer = json.loads(result.stdout)
    assert (answer["parts"]["database"]["status"], answer["faults"]) == ("ok", [])
    assert result.exit_code == 0


def test_upgrade_may_run_twice(zhanggui: Run):
    assert zhanggui("upgrade").exit_code == 0
    assert json.loads(zhanggui("upgrade", "--json").stdout)["failed"] == {}


def test_hooks_are_listed_with_who_implements_them(zhanggui: Run):
    rows = {row["name"]: row["plugins"] for row in json.loads(zhanggui("hooks", "--json").stdout)}
    assert "orders" in rows["register_jobs"]


def test_rows_are_exported_and_an_unknown_screen_is_refused(zhanggui: Run, tmp_path: Path):
    target = tmp_path / "orders.csv"
    assert zhanggui("export", "orders.Order", str(target)).exit_code == 0
    assert target.stat().st_size > 0
    assert zhanggui("export", "orders.Nothing", str(target)).exit_code == 1
