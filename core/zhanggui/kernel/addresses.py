"""Addresses of the internet, as far as something is counted by them."""

from __future__ import annotations

from ipaddress import IPv6Address, ip_address, ip_network

_HOME = 64  # bits: the network of one household, phone or server, whose owner may choose the others freely


def network(address: str | None) -> str:
    """What counts as one address: itself, or of IPv6 its network, in which one household has 2^64 of them."""
    try:
        found = ip_address(address or "")
    except ValueError:
        return address or ""
    if isinstance(found, IPv6Address):
        return str(found.ipv4_mapped or ip_network((found, _HOME), strict=False))
    return str(found)
