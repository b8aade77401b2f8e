"""Pictures of the demo's products: flat, drawn when the demo is made, the same for the same names."""

from __future__ import annotations

import io
from collections.abc import Callable

from PIL import Image

from . import leaves, ware
from .canvas import PALETTES, Canvas

SHAPES: dict[str, Callable[[Canvas], None]] = {
    "leaf": leaves.sprig,
    "needles": leaves.needles,
    "pearls": leaves.pearls,
    "flower": leaves.flower,
    "cake": leaves.cake,
    "brick": leaves.brick,
    "cup": ware.cup,
    "gaiwan": ware.gaiwan,
    "pot": ware.pot,
    "glass": ware.glass,
    "tray": ware.tray,
    "scoop": ware.scoop,
    "tin": ware.tin,
    "pouch": ware.pouch,
    "box": ware.box,
    "basket": ware.basket,
}
SIZE = 480


def draw(shape: str, palette: str, seed: int) -> io.BytesIO:
    """A square PNG. ``seed`` moves the background, so that two teas of one kind do not look alike.

    :raises KeyError: for a shape or a palette that there is not.
    """
    canvas = Canvas(PALETTES[palette], seed)
    SHAPES[shape](canvas)
    out = io.BytesIO()
    canvas.image.resize((SIZE, SIZE), Image.Resampling.BOX).save(out, "PNG", compress_level=0)
    out.seek(0)
    return out
