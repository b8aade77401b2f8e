"""Public ids: random, short, safe in a URL, without letters that look alike."""

from __future__ import annotations

import secrets

_ALPHABET = "23456789abcdefghjkmnpqrstvwxyz"


def public_id(length: int = 16) -> str:
    """A random id of ``length`` characters; 16 carry about 78 bits."""
    return "".join(secrets.choice(_ALPHABET) for _ in range(length))


class Code(str):
    """A number or word of the shop or of a program (an order's number, a currency, a SKU): never what a person wrote.

    Where texts are sealed, a ``Code`` and the member of an enum are what stays readable.
    """

    __slots__ = ()
