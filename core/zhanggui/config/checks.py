"""What no single setting can see: values that contradict each other, and what is allowed but unwise."""

from __future__ import annotations

import re
from collections.abc import Iterator
from ipaddress import ip_network
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from babel import Locale, UnknownLocaleError

from ..kernel.errors import ConfigError

if TYPE_CHECKING:
    from .loader import Config

MIN_SECRET = 32
# Published in tutorials and other people's repositories: as good as no secret, however long they are made.
_PUBLISHED = (
    "changeme", "complexrandomsecret", "thisismyscretkey", "thisismysecret", "thisisasecret", "yoursecret", "mysecretkey", "insecure",
    "supersecret", "devsecret", "defaultsecret", "secretkey", "notsosecret", "replaceme", "temporarykey", "password", "zhanggui",
)  # fmt: skip
_DATABASES = ("sqlite", "postgresql")
_QUEUES = ("redis", "rediss", "unix")
_HOST = re.compile(r"\.?[A-Za-z0-9\u0080-\uffff_-]+(\.[A-Za-z0-9\u0080-\uffff_-]+)*\Z|\[?[0-9A-Fa-f:]+\]?\Z")


def refuse_weak_secret(secret: str, layer: str) -> None:
    """:raises ConfigError: for a secret that is missing, short, published, or a short text repeated."""
    if not secret:
        raise ConfigError(
            "security.secret_key is not set: give ZHANGGUI_SECURITY__SECRET_KEY or security.secret_key_file, 32 random characters or more"
        )
    if len(secret) < MIN_SECRET:
        raise ConfigError(f"security.secret_key (in {layer}) is too short: {MIN_SECRET} characters are needed")
    letters = re.sub(r"[^a-z]", "", secret.lower())
    repeats = (secret + secret).find(secret, 1) < len(secret)
    if repeats or len(set(secret)) < 8 or any(known in letters for known in _PUBLISHED):
        raise ConfigError(f"security.secret_key (in {layer}) is a known or guessable secret: make a random one")


def refuse_contradictions(config: Config) -> None:
    """:raises ConfigError: for the first value that cannot work with the others, naming its key and layer."""
    for key, sentence in _contradictions(config):
        raise ConfigError(f"{key} (in {config.explain(key).layer}) {sentence}")


def _contradictions(config: Config) -> Iterator[tuple[str, str]]:
    if not re.fullmatch(r"[a-z0-9][a-z0-9_-]{0,31}", config["instance.id"]):
        yield "instance.id", "must be up to 32 lower-case letters, digits, - and _"
    if not str(config["instance.data"]).strip():
        yield "instance.data", "must name a folder"
    if not re.fullmatch(r"[A-Z]{3}", config["instance.currency"]):
        yield "instance.currency", "must be an ISO 4217 code such as CNY"
    yield from _addresses(config)
    yield from _languages(config)
    if config["instance.demo"] and config["web.public_url"].startswith("https:"):
        yield "instance.demo", "must not be on where web.public_url is https: everybody knows its passwords"
    if config["auth.idle_hours"] > config["auth.absolute_days"] * 24:
        yield "auth.idle_hours", "is longer than auth.absolute_days, after which a session ends anyhow"


def _addresses(config: Config) -> Iterator[tuple[str, str]]:
    scheme, _, rest = config["database.url"].partition("://")
    if scheme.split("+")[0] not in _DATABASES or not rest.strip("/"):
        yield "database.url", "must be sqlite:///a/file or postgresql://..."
    queue = config["queue.url"]
    if queue and (queue.partition("://")[0] not in _QUEUES or not queue.partition("://")[2]):
        yield "queue.url", "must be redis://, rediss:// or unix://, or empty for the bundled server"
    public = config["web.public_url"]
    if public and (urlsplit(public).scheme not in ("http", "https") or not urlsplit(public).hostname):
        yield "web.public_url", "must be an http:// or https:// address"
    if not config["web.trusted_hosts"]:
        yield "web.trusted_hosts", "must name at least one host: without any, every Host header would be taken"
    for host in config["web.trusted_hosts"]:
        if not _HOST.match(host):
            yield "web.trusted_hosts", f"holds {host!r}, which is no host name (no scheme, port or *; a leading dot takes its subdomains)"
    for address in config["web.unlimited_addresses"]:
        try:
            ip_network(address)
        except ValueError:
            yield "web.unlimited_addresses", f"holds {address!r}, which is neither an address nor a network such as 10.0.0.0/8"
    for entry in config["outside.allowed"]:
        if not _HOST.match(entry) and not _is_network(entry):
            yield "outside.allowed", f"holds {entry!r}, which is no host name, address or network (no scheme, port or *)"


def _is_network(text: str) -> bool:
    try:
        ip_network(text, strict=False)
    except ValueError:
        return False
    return True


def _is_language(code: str) -> bool:
    try:
        Locale.parse(code)
    except (UnknownLocaleError, ValueError):
        return False
    return True


def _languages(config: Config) -> Iterator[tuple[str, str]]:
    for code in config["i18n.locales"]:
        if not _is_language(code):
            yield "i18n.locales", f"holds {code!r}, which is no language code such as zh_CN"
    if config["i18n.default_locale"] not in config["i18n.locales"]:
        yield "i18n.default_locale", "is not one of i18n.locales"


def warnings(config: Config) -> Iterator[str]:
    """What is allowed but unwise, a sentence each."""
    for key, layer in config.kept.items():
        yield f"{key} (in {layer}) belongs to a plugin that is not installed; it is kept"
    public, trusted = config["web.public_url"], config["web.trusted_hosts"]
    if public and not public.startswith("https:") and not config["instance.demo"]:
        yield "web.public_url is not https: passwords and cookies travel in the open"
    host = urlsplit(public).hostname or ""
    if public and not any(host == name or (name.startswith(".") and host.endswith(name)) for name in trusted):
        yield f"web.public_url names {host}, which web.trusted_hosts does not: its visitors would be refused"
    if public.startswith("https:") and not config["web.trusted_proxies"]:
        yield (
            "web.public_url is https, so a proxy stands in front, but web.trusted_proxies is 0: every visitor seems to have the proxy's address, "
            "and limits per address cannot tell them apart"
        )
    if config["web.host"] in ("0.0.0.0", "::") and set(trusted) <= {"localhost", "127.0.0.1", "::1"}:
        yield f"web.host is {config['web.host']}, but web.trusted_hosts lets in this machine alone"
    named = config["security.secret_key_file"]
    if named and Path(named).exists() and Path(named).stat().st_mode & 0o077:
        yield f"security.secret_key_file: {named} can be read by other users of this machine"
    for key in ("plugins.folders", "theme.folders"):
        yield from (f"{key} names {folder}, which is no folder" for folder in config[key] if not Path(folder).is_dir())
    missing = sorted(set(config["plugins.enabled"]) - {"*"} - config.installed)
    yield from (f"plugins.enabled names {plugin_id}, which is not installed" for plugin_id in missing)
