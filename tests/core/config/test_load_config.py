"""Layers: which value wins, who may forbid a change, and where it came from."""

from __future__ import annotations

import re
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from zhanggui.config import Config
from zhanggui.kernel.errors import ConfigError

Load = Callable[..., Config]
GUIDE = Path(__file__).parents[3] / "docs" / "guides" / "instances.md"


def test_a_later_layer_wins_over_an_earlier_one(load: Load):
    base = '[instance]\nname = "base"\ncurrency = "EUR"\n[web]\nport = 8001\n'
    config = load('[instance]\nname = "file"\n[web]\nport = 8002\n', base=base, WEB__PORT="8003")
    assert (config["instance.currency"], config["instance.name"], config["web.port"]) == ("EUR", "file", 8003)
    assert config["web.threads"] == 4


def test_the_environment_is_read_as_the_kind_of_the_setting(load: Load):
    config = load(WEB__WORKERS="3", INSTANCE__DEMO="yes", WEB__TRUSTED_HOSTS='["a.example", "b.example"]', I18N__LOCALES="en, zh_CN")
    assert (config["web.workers"], config["instance.demo"]) == (3, True)
    assert config["web.trusted_hosts"] == ["a.example", "b.example"]
    assert config["i18n.locales"] == ["en", "zh_CN"]


def test_a_plugin_brings_its_settings_with_their_defaults(load: Load):
    assert load()["plugin.orders.auto_close_minutes"] == 30
    assert load("[plugin.orders]\nauto_close_minutes = 45\n")["plugin.orders.auto_close_minutes"] == 45


def test_settings_of_a_plugin_that_is_not_installed_are_kept_and_reported(load: Load):
    config = load('locked = ["plugin.loyalty.points"]\n[plugin.loyalty]\npoints = 5\n')
    assert "plugin.loyalty.points" not in config
    assert any("plugin.loyalty.points" in warning and "acme.toml" in warning for warning in config.warnings())


def test_without_a_database_the_data_folder_holds_one(load: Load):
    assert load('[instance]\ndata = "var/acme"\n')["database.url"] == "sqlite:///var/acme/db.sqlite3"


def test_the_secret_may_stand_in_a_file_of_its_own(load: Load, tmp_path: Path):
    key = tmp_path / "acme.key"
    key.write_text("qK3vT8_mW2xN7-bY5cR1zL9pJ4hG6fD0sA\n")
    config = load(f'[security]\nsecret_key_file = "{key}"\n', SECURITY__SECRET_KEY="")
    assert config["security.secret_key"] == "qK3vT8_mW2xN7-bY5cR1zL9pJ4hG6fD0sA"


LOCKED = 'locked = ["instance.currency"]\n[instance]\ncurrency = "CNY"\n'


def test_the_base_file_locks_a_key_against_the_shops_file(load: Load):
    with pytest.raises(ConfigError, match=r"instance\.currency \(in .*acme\.toml\) is locked by .*base\.toml"):
        load('[instance]\ncurrency = "EUR"\n', base=LOCKED)


def test_the_shops_file_locks_a_key_against_the_environment(load: Load):
    assert str(load(LOCKED).explain("instance.currency").locked_by).endswith("acme.toml")
    with pytest.raises(ConfigError, match=r"instance\.currency \(in environment\) is locked by .*acme\.toml"):
        load(LOCKED, INSTANCE__CURRENCY="EUR")


def test_explain_names_the_layer_and_what_the_others_say(load: Load):
    found = load('[web]\nport = 8002\n', base="[web]\nport = 8001\n", WEB__PORT="8003").explain("web.port")
    assert (found.value, found.layer) == (8003, "environment")
    assert [value for _, value in found.layers] == [8000, 8001, 8002, "8003"]


def test_explain_never_shows_a_secret_or_a_password(load: Load):
    config = load(DATABASE__URL="postgresql://acme:hunter2@db.example/acme")
    shown = repr([config.explain(key) for key in config])
    assert "hunter2" not in shown
    assert config["security.secret_key"] not in shown
    assert config.explain("security.secret_key").value == "<secret>"


def test_the_example_of_the_guide_can_be_loaded(load: Load, tmp_path: Path):
    text = re.search(r"```toml\n(.*?)```", GUIDE.read_text(encoding="utf-8"), re.S).group(1)
    key = tmp_path / "acme.key"
    key.write_text("qK3vT8_mW2xN7-bY5cR1zL9pJ4hG6fD0sA")
    key.chmod(0o600)
    config = load(text.replace("/etc/zhanggui/acme.key", str(key)), SECURITY__SECRET_KEY="")
    assert config.warnings() == []


def test_it_is_read_in_less_than_a_blink(load: Load):
    load()
    started = time.process_time()  # its own work, whatever else the machine does
    for _ in range(5):
        load()
    assert (time.process_time() - started) / 5 < 0.05
