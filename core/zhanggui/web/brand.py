"""The color of a shop as a sheet of custom properties, for the pages of its staff and of its customers, light and dark.

One color is chosen. White words stand on it, and it writes words on the light surfaces; what the dark ones need is worked out from it.
"""

from __future__ import annotations

from functools import lru_cache

from ..config import settings
from ..kernel.colors import READABLE, SOFT, VISIBLE, WHITE, Color, contrast, mixed, read_color, write_color

COLOR = "instance.color"
# The dark surfaces of the theme on which words stand (scss/_tokens.scss), and how much of the brand lies over what is chosen in a list.
_DARK: tuple[Color, ...] = ((24, 32, 29), (33, 43, 39), (15, 20, 19))
_SOFT_DARK = 0.13


def brand_address() -> str:
    """Where the sheet of the shop's own color lies; "" while the theme's holds."""
    color = settings.get(COLOR)
    return f"/brand.css?color={color[1:]}" if color else ""


@lru_cache(maxsize=8)
def brand_sheet(text: str) -> str:
    """The sheet of a color that can be read."""
    color = read_color(text)
    words, button = _words_on_dark(color), _button_on_dark(color)
    light = _properties(color, color, color, SOFT, WHITE)
    dark = _properties(button, words, words, _SOFT_DARK, _DARK[0])
    return (
        f":root{{{light}}}[data-appearance=dark]{{{dark}}}"
        f"@media (prefers-color-scheme:dark){{[data-appearance=auto],:root:not([data-appearance]){{{dark}}}}}\n"
    )


def _properties(brand: Color, words: Color, base: Color, soft: float, surface: Color) -> str:
    """Those of the theme, and those of the web shop, whose names have no prefix."""
    rgb = ",".join(map(str, base))
    return (
        f"--zg-brand:{write_color(brand)};--zg-brand-rgb:{rgb};--zg-brand-ink:#fff;--zg-brand-text:{write_color(words)};"
        f"--brand:{write_color(brand)};--brand-ink:#fff;--brand-text:{write_color(words)};--brand-soft:{write_color(mixed(surface, base, soft))};--ring:rgba({rgb},.4)"
    )


def _words_on_dark(color: Color) -> Color:
    """The color with as much white as its words need on every dark surface."""
    steps = (mixed(color, WHITE, step / 20) for step in range(21))
    return next(c for c in steps if all(contrast(c, s) >= READABLE and contrast(c, mixed(s, c, _SOFT_DARK)) >= READABLE for s in _DARK))


def _button_on_dark(color: Color) -> Color:
    """A color that is seen on the dark page and on which white words are read still."""
    steps = (mixed(color, WHITE, step / 40) for step in range(41))
    return next((c for c in steps if contrast(c, _DARK[0]) >= VISIBLE and contrast(c, WHITE) >= READABLE), color)
