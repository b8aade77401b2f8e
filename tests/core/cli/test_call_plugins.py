"""What a plugin brings to the command line: below its id, in its instance, gone with it."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest
from click.testing import Result

from zhanggui.config import settings
from zhanggui.db.uow import unit_of_work
from zhanggui.host.service import disable_plugin
from zhanggui.kernel import clock
from zhanggui.kernel.actors import SYSTEM
from zhanggui.runtime import Runtime
from zhanggui_webhooks.services import endpoints

pytestmark = pytest.mark.parametrize("kind", ["sqlite"], indirect=True)
Run = Callable[..., Result]


@pytest.fixture
def told(instance: Runtime) -> int:
    with unit_of_work() as db:
        settings.set(db, "instance.name", "Tea", actor=SYSTEM, now=clock.now())
        return endpoints.create_endpoint(db, label="Ledger", url="https://ledger.example/take", everything=True, actor=SYSTEM, now=clock.now())


def test_a_command_of_a_plugin_works_in_its_instance(zhanggui: Run, told: int):
    assert "Ledger (ledger.example)" in zhanggui("webhooks", "endpoints").stdout
    assert json.loads(zhanggui("webhooks", "endpoints", "--json").stdout)[0]["state"] == "active"
    assert zhanggui("webhooks", "pause", str(told)).exit_code == 0
    assert json.loads(zhanggui("webhooks", "endpoints", "--json").stdout)[0]["state"] == "paused"
    assert zhanggui("webhooks", "deliveries", "--state", "failed").stdout.strip() == "None."


def test_a_refusal_is_one_sentence_and_bad_usage_is_2(zhanggui: Run, told: int):
    refused = zhanggui("webhooks", "missed", str(told))
    assert (refused.exit_code, refused.stderr.strip()) == (1, "“Ledger” has missed nothing.")
    assert zhanggui("webhooks", "missed", "99").exit_code == 1
    assert zhanggui("webhooks", "deliveries", "--state", "lost").exit_code == 2
    assert zhanggui("webhooks", "nothing").exit_code == 2


def test_the_instance_may_be_named_behind_the_command(zhanggui: Run, told: int, tmp_path: Path):
    wrong = tmp_path / "wrong.toml"
    wrong.write_text("[web]\nprot = 1\n")
    assert zhanggui("webhooks", "endpoints", "--config", str(wrong)).exit_code == 1
    right = tmp_path / "right.toml"
    right.write_text('[instance]\nname = "Tea"\n')
    assert "Ledger" in zhanggui("webhooks", "endpoints", "--config", str(right)).stdout


def test_what_is_no_plugin_is_no_command_and_one_that_is_off_says_so(zhanggui: Run, told: int):
    assert "No such command 'webhook'" in zhanggui("webhook", "endpoints").stderr
    disable_plugin("webhooks", actor=SYSTEM, now=clock.now())
    off = zhanggui("webhooks", "endpoints")
    assert (off.exit_code, off.stderr.strip()) == (1, "The plugin “webhooks” is switched off, or has no commands.")
    assert zhanggui("products", "list").exit_code == 1
