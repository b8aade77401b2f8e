"""Text on its way through spreadsheet programs, which run some cells as formulas (CWE-1236)."""

from __future__ import annotations

_FORMULA = frozenset("=+-@\t\r＝＋－＠｜")  # full-width forms count too


def harmless(text: str) -> str:
    """Text that no spreadsheet takes for a formula. Numbers are never passed through here."""
    return "'" + text if text[:1] in _FORMULA else text


def as_meant(text: str) -> str:
    """The text that :func:`harmless` was given."""
    return text[1:] if text[:1] == "'" and text[1:2] in _FORMULA else text
