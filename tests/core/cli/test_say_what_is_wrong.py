"""What is wrong is named: the field of a command, the setting of an instance, the number that is none; and the exit code says so."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest
from click.testing import Result
from sqlalchemy import select

from zhanggui.auth.jobs import clean_up
from zhanggui.config.models import StoredSetting
from zhanggui.db.uow import reading, unit_of_work
from zhanggui.jobs.models import Job
from zhanggui.jobs.store import job_row
from zhanggui.runtime import Runtime
from zhanggui.testing.instances import environment

Run = Callable[..., Result]


@pytest.mark.parametrize(("arguments", "field"), [
    (["ann", "--password", "short"], "password"), (["o..wner", "--password", "Seven-green-teapots-2026"], "username"),
    (["ann", "--password", "Seven-green-teapots-2026", "--role", "nosuch"], "roles"),
])  # fmt: skip
def test_a_new_user_that_cannot_be_names_the_field(zhanggui: Run, arguments: list[str], field: str):
    said = zhanggui("user", "create", *arguments)
    assert said.exit_code == 1
    assert said.stderr.startswith(f"{field}: ")
    assert len(said.stderr) > len(field) + 12


def test_a_number_that_is_no_dead_job_is_refused_and_nothing_is_requeued(zhanggui: Run, instance: Runtime):
    with unit_of_work() as db:
        db.add(Job(**{**job_row(clean_up, {}, correlation="c"), "state": "dead"}))
    with reading() as db:
        dead = db.scalar(select(Job.id).where(Job.state == "dead"))
    for numbers in (["999999"], [str(dead), "999999"]):
        said = zhanggui("jobs", "requeue", *numbers)
        assert (said.exit_code, said.stderr) == (1, "1 of these numbers is of no dead job; nothing was requeued.\n")
    with reading() as db:
        assert db.scalar(select(Job.state).where(Job.id == dead)) == "dead"
    assert zhanggui("jobs", "requeue", str(dead), str(dead)).stdout == "1 requeued.\n"


@pytest.mark.parametrize(("values", "says"), [
    ({"INSTANCE__ID": "other"}, "instance.id is other, but this is the database of shop: look at database.url"),
    ({"INSTANCE__CURRENCY": "USD"}, "instance.currency is USD, but the prices and orders in the database are in CNY; set it back"),
    ({"THEME__NAME": "plam"}, "theme.name: there is no theme 'plam'; is palm meant?"),
    ({"QUEUE__URL": "redis://:hunter2@127.0.0.1:1/0"}, "queue.url: nobody answers at redis://127.0.0.1:1/0"),
])  # fmt: skip
def test_what_does_not_fit_this_instance_is_named_by_check_and_doctor(command_line: Run, instance: Runtime, values: dict[str, str], says: str):
    changed = environment(instance.config) | {f"ZHANGGUI_{key}": value for key, value in values.items()}
    said = command_line("config", "check", "--json", env=changed)
    assert said.exit_code == 1
    assert json.loads(said.stdout)["wrong"] == [says]
    if "THEME__NAME" not in values:
        examined = command_line("doctor", env=changed)
        assert examined.exit_code == 1
        assert says.split(" at ")[0] in examined.stdout
        assert "hunter2" not in examined.output


def test_what_fits_is_fine(zhanggui: Run, instance: Runtime):
    said = zhanggui("config", "check")
    assert (said.exit_code, said.stdout.splitlines()[0]) == (0, "The configuration is fine.")
    with reading() as db:
        kept: Any = db.get(StoredSetting, "instance.set_up")
        assert kept.value == {"id": "shop", "currency": "CNY"}
