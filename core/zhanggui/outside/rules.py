"""Which addresses may be called: public ones, and what a file of the configuration names besides.

Addresses are checked, never names: ``127.1`` and ``2130706433`` are the same machine as ``localhost``.
"""

from __future__ import annotations

import socket
from collections.abc import Sequence
from dataclasses import dataclass
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address, ip_network
from urllib.parse import urlsplit

from ..i18n.texts import gettext as _
from ..kernel.errors import ProviderError

Network = IPv4Network | IPv6Network
# Ways to write an address of version 4 inside one of version 6, and ranges that `is_global` lets through.
_NOT_PUBLIC = [ip_network(text) for text in (
    "0.0.0.0/8", "100.64.0.0/10", "192.0.0.0/24", "192.88.99.0/24", "240.0.0.0/4", "::/96", "64:ff9b::/96", "64:ff9b:1::/48", "2002::/16",
    "2001::/23", "fc00::/7", "fe80::/10", "fec0::/10",
)]  # fmt: skip


@dataclass(frozen=True)
class Target:
    """Whom a URL names, and what is asked of him, as it stands on the wire."""

    scheme: str
    host: str  # in ASCII
    port: int
    path: str  # with the query


@dataclass(frozen=True)
class Allowed:
    """What may be called although it is not public: over http too, and at any port."""

    names: frozenset[str] = frozenset()
    networks: tuple[Network, ...] = ()

    @classmethod
    def read(cls, entries: Sequence[str]) -> Allowed:
        """From the setting ``outside.allowed``: names, addresses and networks."""
        names, networks = set(), []
        for entry in entries:
            try:
                networks.append(ip_network(entry.strip("[]"), strict=False))
            except ValueError:
                names.add(entry.lower().rstrip("."))
        return cls(frozenset(names), tuple(networks))

    def covers(self, host: str, address: str) -> bool:
        """Whether this host at this address is named."""
        found = _plain(address)
        return host.lower().rstrip(".") in self.names or any(found in network for network in self.networks)

    def names_host(self, host: str) -> bool:
        """Whether this host, or this address, is named as it stands."""
        try:
            return self.covers(host, str(ip_address(host.strip("[]"))))
        except ValueError:
            return host.lower().rstrip(".") in self.names


def read_url(url: str) -> Target:
    """The parts of a URL.

    :raises ProviderError: when it is none that can be called. The sentence does not repeat it: an address may be a secret.
    """
    try:
        parts = urlsplit(url)
        host = (parts.hostname or "").encode("idna").decode() if not (parts.hostname or "").isascii() else parts.hostname or ""
        port = parts.port or {"https": 443, "http": 80}[parts.scheme]
        path = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
        if not host or "@" in parts.netloc or not path.isascii() or any(ord(sign) < 33 or ord(sign) == 127 for sign in path + host):
            raise ValueError
    except (ValueError, KeyError):
        raise ProviderError(_("This is no address that can be called: https://, the name of a host and a path are needed."), retry=False) from None
    return Target(parts.scheme, host, port, path)


def refused(url: str, allowed: Allowed) -> str:
    """Why a URL may never be called, as far as it can be told without looking up a name; empty when it may be tried."""
    try:
        target = read_url(url)
    except ProviderError as error:
        return str(error)
    try:
        address = str(ip_address(target.host.strip("[]").partition("%")[0]))
    except ValueError:
        address = "127.0.0.1" if target.host.lower().rstrip(".") == "localhost" else ""
    usual = target.scheme == "https" and target.port == 443
    named = target.host.lower().rstrip(".") in allowed.names
    if named or (address and allowed.covers(target.host, address)) or (usual and (not address or is_public(address))):
        return ""
    return _("%(host)s may not be called: it is not public, or not asked by https at its usual port.", host=target.host)


def is_public(address: str) -> bool:
    """Whether everybody on the internet means the same machine by this address."""
    found = _plain(address)
    return found.is_global and not found.is_multicast and not any(found in network for network in _NOT_PUBLIC)


def _plain(address: str) -> IPv4Address | IPv6Address:
    found = ip_address(address.partition("%")[0])
    return found.ipv4_mapped or found if isinstance(found, IPv6Address) else found


def resolve(target: Target, allowed: Allowed) -> list[str]:
    """The addresses of a host, each of which may be called.

    :raises ProviderError: when there is none, or one that may not be called.
    """
    try:
        found = socket.getaddrinfo(target.host, target.port, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError):
        raise ProviderError(_("The address of %(host)s cannot be found.", host=target.host), retry=True) from None
    addresses = list(dict.fromkeys(str(entry[4][0]) for entry in found))
    public = target.scheme == "https" and target.port == 443
    if not addresses or not all((public and is_public(address)) or allowed.covers(target.host, address) for address in addresses):
        raise ProviderError(_("%(host)s may not be called: it is not public, or not asked by https at its usual port.", host=target.host), retry=False)
    return addresses


def dial(host: str, port: int, ports: Sequence[int], allowed: Allowed, seconds: float) -> socket.socket:
    """A connection to an address of this host that was looked at: public and at one of these ports, or named.

    :raises ProviderError: when there is none, or nobody answers.
    """
    try:
        found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError):
        raise ProviderError(_("The address of %(host)s cannot be found.", host=host), retry=True) from None
    addresses = list(dict.fromkeys(str(entry[4][0]) for entry in found))
    if not addresses or not all((port in ports and is_public(address)) or allowed.covers(host, address) for address in addresses):
        raise ProviderError(_("%(host)s may not be called: it is not public, or port %(port)s is not a usual one.", host=host, port=port), retry=False)
    for address in addresses:
        try:
            return socket.create_connection((address, port), timeout=seconds)
        except OSError:
            continue
    raise ProviderError(_("%(host)s cannot be reached.", host=host), retry=True)
