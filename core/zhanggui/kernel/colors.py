"""Colors as a screen mixes them, and whether words in one can be read on another (WCAG 2.2)."""

from __future__ import annotations

import re

READABLE = 4.5  # the least contrast of words
VISIBLE = 3.0  # the least contrast of what is no word, such as a button against the page
WHITE = (255, 255, 255)
LIGHT = (WHITE, (243, 245, 244), (237, 241, 239))  # the surfaces on which words stand, as every theme has them
SOFT = 0.09  # how much of the brand lies over a surface where something is chosen
Color = tuple[int, int, int]
_HEX = re.compile(r"#[0-9a-fA-F]{6}\Z")


def read_color(text: str) -> Color:
    """A color as ``#0b6b4a`` says it.

    :raises ValueError: for any other text.
    """
    if not _HEX.match(text):
        raise ValueError(text)
    return int(text[1:3], 16), int(text[3:5], 16), int(text[5:7], 16)


def write_color(color: Color) -> str:
    """The text that :func:`read_color` reads."""
    return "#{:02x}{:02x}{:02x}".format(*color)


def mixed(color: Color, other: Color, share: float) -> Color:
    """``color`` with so much of another one over it."""
    red, green, blue = (round(a + (b - a) * share) for a, b in zip(color, other, strict=True))
    return red, green, blue


def contrast(one: Color, other: Color) -> float:
    """From 1, the same, to 21, black on white."""
    low, high = sorted((_luminance(one), _luminance(other)))
    return (high + 0.05) / (low + 0.05)


def _luminance(color: Color) -> float:
    red, green, blue = ((part / 255 / 12.92) if part / 255 <= 0.04045 else ((part / 255 + 0.055) / 1.055) ** 2.4 for part in color)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def is_readable(color: Color) -> bool:
    """Whether white words can be read on a color, and words in it on light surfaces."""
    return all(contrast(color, surface) >= READABLE for surface in (*LIGHT, *(mixed(s, color, SOFT) for s in LIGHT)))
