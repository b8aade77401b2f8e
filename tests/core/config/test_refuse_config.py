"""Forty bad configurations: each stops the start, or warns, with a sentence that names the key and the layer."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from zhanggui.config import Config
from zhanggui.kernel.errors import ConfigError

Load = Callable[..., Config]

REFUSED = {
    "unknown key": ("[web]\nprot = 1\n", {}, r"no setting web\.prot \(in .*acme\.toml\); is web\.port meant"),
    "unknown table": ('[shop]\nname = "x"\n', {}, r"no setting shop\.name"),
    "table written as a value": ("plugin = 3\n", {}, r"no setting plugin "),
    "plugin written as a value": ("[plugin]\norders = 3\n", {}, r"no setting plugin\.orders "),
    "unknown setting of an installed plugin": ("[plugin.orders]\nauto_close = 3\n", {}, r"no setting plugin\.orders\.auto_close \(in .*acme"),
    "setting of a plugin that has none": ("[plugin.products]\ncolor = 3\n", {}, r"no setting plugin\.products\.color"),
    "unknown variable": ("", {"WEB__PROT": "1"}, r"no setting web\.prot \(in environment\)"),
    "variable with one underscore": ("", {"DATABASE_URL": "sqlite:///x"}, r"ZHANGGUI_DATABASE_URL \(in environment\) is no setting"),
    "text for a number": ('[web]\nport = "8000"\n', {}, r"web\.port \(in .*acme\.toml\) must be int, not str"),
    "truth for a number": ("[web]\nport = true\n", {}, r"web\.port .* must be int, not bool"),
    "number for a text": ("[instance]\nname = 7\n", {}, r"instance\.name .* must be text, not int"),
    "number for a truth": ("[instance]\ndemo = 1\n", {}, r"instance\.demo .* must be bool, not int"),
    "text for a list": ('[web]\ntrusted_hosts = "localhost"\n', {}, r"web\.trusted_hosts .* must be list, not str"),
    "numbers in a list": ("[web]\ntrusted_hosts = [1]\n", {}, r"web\.trusted_hosts .* list of texts"),
    "word for a number": ("", {"WEB__PORT": "eighty"}, r"web\.port \(in environment\) must be a whole number"),
    "fraction for a number": ("", {"WEB__PORT": "80.5"}, r"web\.port \(in environment\) must be a whole number"),
    "maybe for a truth": ("", {"INSTANCE__DEMO": "maybe"}, r"instance\.demo \(in environment\) must be true or false"),
    "broken list": ("", {"WEB__TRUSTED_HOSTS": '["a'}, r"web\.trusted_hosts \(in environment\)"),
    "number too small": ("[web]\nport = 0\n", {}, r"web\.port .* at least 1"),
    "number too large": ("[web]\nport = 70000\n", {}, r"web\.port .* at most 65535"),
    "plugin's number too small": ("[plugin.orders]\nauto_close_minutes = -1\n", {}, r"plugin\.orders\.auto_close_minutes .* at least 0"),
    "choice that is none": ('[log]\nlevel = "LOUD"\n', {}, r"log\.level .* must be one of DEBUG, INFO"),
    "time zone that is none": ('[instance]\ntime_zone = "Asia/Beijing"\n', {}, r"instance\.time_zone .* must be a time zone"),
    "time zone that is a path": ('[instance]\ntime_zone = "../../etc/passwd"\n', {}, r"instance\.time_zone .* must be a time zone"),
    "currency that is none": ('[instance]\ncurrency = "rmb"\n', {}, r"instance\.currency .* ISO 4217"),
    "id with a space": ('[instance]\nid = "my shop"\n', {}, r"instance\.id .* lower-case"),
    "no data folder": ('[instance]\ndata = ""\n', {}, r"instance\.data .* must name a folder"),
    "another database": ('[database]\nurl = "mysql://a/b"\n', {}, r"database\.url .* must be sqlite"),
    "database in memory": ('[database]\nurl = "sqlite://"\n', {}, r"database\.url .* must be sqlite"),
    "another queue": ('[queue]\nurl = "amqp://a"\n', {}, r"queue\.url .* must be redis"),
    "address without scheme": ('[web]\npublic_url = "shop.example"\n', {}, r"web\.public_url .* scheme"),
    "address of another scheme": ('[web]\npublic_url = "ftp://shop.example"\n', {}, r"web\.public_url .* http"),
    "no trusted host": ("[web]\ntrusted_hosts = []\n", {}, r"web\.trusted_hosts .* at least one"),
    "any trusted host": ('[web]\ntrusted_hosts = ["*"]\n', {}, r"web\.trusted_hosts .* '\*'"),
    "trusted address": ('[web]\ntrusted_hosts = ["https://shop.example"]\n', {}, r"web\.trusted_hosts .* no host name"),
    "language that is none": ('[i18n]\nlocales = ["zh_CN", "chinese"]\n', {}, r"i18n\.locales .* 'chinese'"),
    "default language that is not offered": ('[i18n]\nlocales = ["en"]\n', {}, r"i18n\.default_locale .* not one of i18n\.locales"),
    "demo on a public address": ('[instance]\ndemo = true\n[web]\npublic_url = "https://shop.example"\n', {}, r"instance\.demo .* https"),
    "session that ends before it idles": ("[auth]\nidle_hours = 48\nabsolute_days = 1\n", {}, r"auth\.idle_hours .* longer"),
    "no secret": ("", {"SECURITY__SECRET_KEY": ""}, r"security\.secret_key is not set"),
    "short secret": ("", {"SECURITY__SECRET_KEY": "k3yQ9w"}, r"security\.secret_key \(in environment\) is too short"),
    "published secret": ("", {"SECURITY__SECRET_KEY": "\\2\\1thisismyscretkey\\1\\2\\e\\y\\y\\h!!!!"}, r"secret_key \(in environment\) is a known"),
    "placeholder": ("", {"SECURITY__SECRET_KEY": "CHANGE_ME_TO_A_COMPLEX_RANDOM_SECRET"}, r"secret_key .* is a known"),
    "secret of a tutorial": ("", {"SECURITY__SECRET_KEY": "django-insecure-8x!k2#q9vz7m$w3e5r1t0y"}, r"secret_key .* is a known"),
    "one letter": ("", {"SECURITY__SECRET_KEY": "a" * 64}, r"secret_key .* guessable"),
    "short text repeated": ("", {"SECURITY__SECRET_KEY": "k3yQ9wX1" * 5}, r"secret_key .* guessable"),
    "secret in the shop's file": (
        '[security]\nsecret_key = "qK3vT8_mW2xN7-bY5cR1zL9pJ4hG6fD0sA"\n',
        {"SECURITY__SECRET_KEY": ""},
        r"secret_key \(in .*acme\.toml\) is a secret: give it by ZHANGGUI_SECURITY__SECRET_KEY",
    ),
    "secret file that is not there": (
        '[security]\nsecret_key_file = "no/such.key"\n',
        {"SECURITY__SECRET_KEY": ""},
        r"security\.secret_key_file: no/such\.key cannot be read",
    ),
    "file that is no TOML": ("[web\nport = 1\n", {}, r"acme\.toml is no TOML file"),
    "same key twice": ("[web]\nport = 1\nport = 2\n", {}, r"acme\.toml is no TOML file"),
    "lock that is no list": ('locked = "web.port"\n', {}, r"locked \(in .*acme\.toml\) must be a list of keys"),
    "lock of nothing": ('locked = ["web.prot"]\n', {}, r"no setting web\.prot"),
}


@pytest.mark.parametrize("case", REFUSED)
def test_it_is_refused(load: Load, case: str):
    text, environ, sentence = REFUSED[case]
    with pytest.raises(ConfigError, match=sentence) as refusal:
        load(text, **environ)
    secret = environ.get("SECURITY__SECRET_KEY")
    assert not secret or secret not in str(refusal.value)


WARNED = {
    "password in the open": ('[web]\npublic_url = "http://shop.example"\ntrusted_hosts = ["shop.example"]\n', "not https"),
    "address that nobody is let in by": ('[web]\npublic_url = "https://shop.example"\ntrusted_proxies = 1\n', "web.trusted_hosts does not"),
    "proxy that is not counted": (
        '[web]\npublic_url = "https://shop.example"\ntrusted_hosts = ["shop.example"]\n', "web.trusted_proxies is 0",
    ),  # fmt: skip
    "open to the network, closed to its names": ('[web]\nhost = "0.0.0.0"\n', "lets in this machine alone"),
    "plugin folder that is not there": ('[theme]\nfolders = ["no/such"]\n', "theme.folders names no/such"),
    "plugin that is not installed": ('[plugins]\nenabled = ["orders", "loyalty"]\n', "plugins.enabled names loyalty"),
}


@pytest.mark.parametrize("case", WARNED)
def test_it_is_allowed_with_a_warning(load: Load, case: str):
    text, sentence = WARNED[case]
    found = load(text).warnings()
    assert len(found) == 1
    assert sentence in found[0]


def test_a_secret_file_that_others_may_read_is_warned_of(load: Load, tmp_path: Path):
    key = tmp_path / "acme.key"
    key.write_text("qK3vT8_mW2xN7-bY5cR1zL9pJ4hG6fD0sA")
    key.chmod(0o644)
    found = load(f'[security]\nsecret_key_file = "{key}"\n', SECURITY__SECRET_KEY="").warnings()
    assert "can be read by other users" in found[0]


def test_a_file_that_is_not_there_or_no_text_is_refused(tmp_path: Path):
    with pytest.raises(ConfigError, match=r"no configuration file .*missing\.toml"):
        Config.load(tmp_path / "missing.toml", {})
    binary = tmp_path / "binary.toml"
    binary.write_bytes(b"\xff\xfe\x00[web]")
    with pytest.raises(ConfigError, match=r"binary\.toml is no TOML file"):
        Config.load(binary, {})


def test_a_sound_configuration_says_nothing(load: Load):
    assert load().warnings() == []
