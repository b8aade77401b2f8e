"""A square of 100 by 100 units to draw flat shapes on, in one palette."""

from __future__ import annotations

import math
import random
from collections.abc import Sequence
from dataclasses import dataclass

from PIL import Image, ImageDraw

Point = tuple[float, float]
_SIDE = 960


@dataclass(frozen=True)
class Palette:
    """Six colors that go together: behind, behind once more, the thing, its shade, its light, the accent."""

    paper: str
    hill: str
    main: str
    shade: str
    light: str
    accent: str


PALETTES = {
    "green": Palette("#e9f1e1", "#d3e3c6", "#5f9150", "#3f6e38", "#a9cd8f", "#f2c14e"),
    "jade": Palette("#e2f1ed", "#c7e3db", "#3f9284", "#28695f", "#92cfc2", "#f0b487"),
    "red": Palette("#f8e7df", "#f0d0c2", "#b4492f", "#833020", "#e39a7c", "#f3c766"),
    "amber": Palette("#fbf0da", "#f4deb2", "#c8862a", "#93591a", "#edbd6c", "#7d9b5a"),
    "earth": Palette("#f0e7de", "#dfcfbe", "#7c5339", "#533524", "#b88c69", "#d9a441"),
    "white": Palette("#f2f1ea", "#e2e1d4", "#9aa58a", "#6d7a62", "#d5dac6", "#d99a6c"),
    "rose": Palette("#fbe9ec", "#f5d2d9", "#cf5f7c", "#9c3c58", "#f0a5b6", "#6f9f63"),
    "plum": Palette("#efe7f2", "#ddcde4", "#7d5592", "#573967", "#b794c8", "#e8b85c"),
    "ink": Palette("#e6eaef", "#cdd6df", "#435a70", "#2b3c4d", "#8fa5b9", "#d9694f"),
    "gold": Palette("#f9efe0", "#efdcbc", "#a83232", "#7a2222", "#d9705c", "#e3b04b"),
}


class Canvas:
    """What a shape draws on. Units run from 0 to 100, downwards; the middle of the floor is (50, 78)."""

    def __init__(self, palette: Palette, seed: int) -> None:
        self.colors = palette
        self.rng = random.Random(seed)
        self.image = Image.new("RGB", (_SIDE, _SIDE), palette.paper)
        self._pen = ImageDraw.Draw(self.image)
        self._background()

    def _background(self) -> None:
        far, near = self.rng.uniform(20, 80), self.rng.uniform(15, 85)
        self.disc((far, self.rng.uniform(20, 34)), self.rng.uniform(9, 14), self.tint(self.colors.accent, 0.55))
        self.hill(near, 58, 26, self.tint(self.colors.hill, 0.45))
        self.hill(100 - near, 68, 20, self.colors.hill)
        self.ellipse((50, 82), 33, 4.2, self.tint(self.colors.shade, 0.62))

    def hill(self, middle: float, top: float, height: float, color: str) -> None:
        """A soft mountain over the whole width."""
        ridge = [
            (x, top - height * math.exp(-(((x - middle) / 24) ** 2)) + 2 * math.sin(x / 9)) for x in range(-2, 104, 2)
        ]
        self.shape([(-2, 102), *ridge, (102, 102)], color)

    def tint(self, color: str, share: float) -> str:
        """A color mixed with the paper: ``share`` of paper."""
        pairs = zip(_parts(color), _parts(self.colors.paper), strict=True)
        return "#" + "".join(f"{round(a * (1 - share) + b * share):02x}" for a, b in pairs)

    def shape(self, points: Sequence[Point], color: str) -> None:
        """A filled polygon."""
        self._pen.polygon([_px(p) for p in points], color)

    def line(self, points: Sequence[Point], color: str, width: float) -> None:
        """A round-ended stroke."""
        self._pen.line([_px(p) for p in points], color, round(width * _SIDE / 100), joint="curve")
        for end in (points[0], points[-1]):
            self.disc(end, width / 2, color)

    def disc(self, center: Point, radius: float, color: str) -> None:
        """A filled circle."""
        self.ellipse(center, radius, radius, color)

    def ellipse(self, center: Point, wide: float, high: float, color: str) -> None:
        """A filled ellipse."""
        x, y = center
        self._pen.ellipse([*_px((x - wide, y - high)), *_px((x + wide, y + high))], color)

    def ring(self, center: Point, wide: float, high: float, color: str, width: float) -> None:
        """An ellipse that is only a stroke."""
        x, y = center
        box = [*_px((x - wide, y - high)), *_px((x + wide, y + high))]
        self._pen.ellipse(box, outline=color, width=round(width * _SIDE / 100))

    def rounded(self, left: float, top: float, right: float, bottom: float, color: str, radius: float = 2.5) -> None:
        """A rectangle with round corners."""
        self._pen.rounded_rectangle([*_px((left, top)), *_px((right, bottom))], radius * _SIDE / 100, color)

    def leaf(self, foot: Point, length: float, angle: float, color: str, vein: str, fat: float = 0.34) -> None:
        """A leaf that grows from ``foot`` at an angle in degrees (90 is upwards)."""
        way = math.radians(angle)
        side = []
        for step in range(13):
            along = step / 12
            bulge = fat * length * math.sin(math.pi * along**0.8) * (1 - 0.35 * along)
            side.append((along * length, bulge / 2))
        outline = side + [(x, -y) for x, y in reversed(side)]
        turned = [
            (foot[0] + x * math.cos(way) - y * math.sin(way), foot[1] - x * math.sin(way) - y * math.cos(way))
            for x, y in outline
        ]
        self.shape(turned, color)
        end = (foot[0] + 0.82 * length * math.cos(way), foot[1] - 0.82 * length * math.sin(way))
        self.line([foot, end], vein, 0.8)

    def steam(self, x: float, top: float, bottom: float) -> None:
        """A wisp that rises from something hot."""
        count = 24
        path = [(x + 2.2 * math.sin(n / count * 6.5), bottom - (bottom - top) * n / count) for n in range(count + 1)]
        self.line(path, self.tint(self.colors.light, 0.25), 1.5)


def _px(point: Point) -> tuple[float, float]:
    return (point[0] * _SIDE / 100, point[1] * _SIDE / 100)


def _parts(color: str) -> tuple[int, int, int]:
    return (int(color[1:3], 16), int(color[3:5], 16), int(color[5:7], 16))
