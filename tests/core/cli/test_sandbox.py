"""``zhanggui sandbox`` is for developers and demos: never beside real money."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from click.testing import Result

from zhanggui.cli import sandbox
from zhanggui.config import Config
from zhanggui.testing.instances import SECRET


def configured(**settings: str) -> Config:
    return Config.load(None, {"ZHANGGUI_SECURITY__SECRET_KEY": SECRET, **settings})


@pytest.mark.parametrize("url", ["https://shop.example", "http://192.168.1.5:8000"])
def test_a_shop_that_others_reach_has_none(url: str):
    with pytest.raises(sandbox.SandboxForbidden, match="real customers"):
        sandbox.refuse_production(configured(ZHANGGUI_WEB__PUBLIC_URL=url))


def test_a_developer_and_a_demo_have_one():
    sandbox.refuse_production(configured())
    sandbox.refuse_production(configured(ZHANGGUI_WEB__PUBLIC_URL="http://127.0.0.1:8000"))
    sandbox.refuse_production(configured(ZHANGGUI_WEB__PUBLIC_URL="http://192.168.1.5:8000", ZHANGGUI_INSTANCE__DEMO="true"))


def test_the_command_says_so_in_a_sentence(command_line: Callable[..., Result], tmp_path: Path):
    found = command_line("sandbox", "--data", str(tmp_path), env={"ZHANGGUI_WEB__PUBLIC_URL": "https://shop.example", "ZHANGGUI_CONFIG": ""})
    assert (found.exit_code, found.output.count("\n")) == (1, 1)
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = str(taken.getsockname()[1])
        found = command_line("sandbox", "--data", str(tmp_path), "--port", port, env={"ZHANGGUI_CONFIG": ""})
    assert (found.exit_code, f"Port {port} is taken" in found.output) == (1, True)


def test_the_package_itself_refuses_where_it_is_forbidden(tmp_path: Path):
    done = subprocess.run(
        [sys.executable, "-m", "zhanggui_sandbox", "--data", str(tmp_path), "--prepare"], capture_output=True, text=True,
        env={**os.environ, "ZHANGGUI_SANDBOX_FORBIDDEN": "1"},
    )  # fmt: skip
    assert (done.returncode, "does not start here" in done.stderr, list(tmp_path.iterdir())) == (1, True, [])
