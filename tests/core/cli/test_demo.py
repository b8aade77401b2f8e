"""The demo keeps to its own folder, whatever shop the shell is set up for."""

from __future__ import annotations

import importlib
from pathlib import Path

import pytest

from zhanggui.config import Config
from zhanggui.kernel.errors import ConfigError
from zhanggui.testing.instances import SECRET

demo = importlib.import_module("zhanggui.cli.demo")  # the package's attribute of that name is the command
PLUGINS = str(Path(__file__).parents[3] / "plugins")


def configured(data: Path, host: str = "127.0.0.1", **shell: str) -> Config:
    return Config.load(None, {"ZHANGGUI_PLUGINS__FOLDERS": PLUGINS, **shell, **demo._environment(data, host, 8000)})


def test_it_uses_its_own_database_queue_and_secret(tmp_path: Path):
    config = configured(
        tmp_path / "demo",
        ZHANGGUI_DATABASE__URL="postgresql://shop@db.example/shop",
        ZHANGGUI_QUEUE__URL="redis://queue.example",
        ZHANGGUI_SECURITY__SECRET_KEY=SECRET,
        ZHANGGUI_CONFIG="config/instances/acme.toml",
    )
    assert config["database.url"] == f"sqlite:///{tmp_path}/demo/db.sqlite3"
    assert config["queue.url"] == ""
    assert config["security.secret_key"] != SECRET


def test_its_secret_is_random_kept_and_readable_by_its_owner_alone(tmp_path: Path):
    first = configured(tmp_path / "a")["security.secret_key"]
    assert configured(tmp_path / "a")["security.secret_key"] == first
    assert configured(tmp_path / "b")["security.secret_key"] != first
    assert (tmp_path / "a" / "secret.key").stat().st_mode & 0o777 == 0o600


def test_open_to_the_network_it_trusts_the_addresses_of_this_machine(tmp_path: Path):
    config = configured(tmp_path, "0.0.0.0")
    assert set(demo._own_addresses()) <= set(config["web.trusted_hosts"])
    assert configured(tmp_path)["web.trusted_hosts"] == ["localhost", "127.0.0.1"]


def test_it_refuses_a_public_https_address(tmp_path: Path):
    with pytest.raises(ConfigError, match=r"instance\.demo .* everybody knows its passwords"):
        configured(tmp_path, ZHANGGUI_WEB__PUBLIC_URL="https://shop.example")
