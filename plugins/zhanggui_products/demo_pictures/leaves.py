"""Tea as it comes: leaves, needles, pearls, blossoms, cakes."""

from __future__ import annotations

import math

from .canvas import Canvas


def sprig(c: Canvas) -> None:
    """One bud and two leaves, which is what is picked."""
    p, lean = c.colors, c.rng.uniform(-6, 6)
    c.line([(50, 82), (50 + lean / 3, 62), (50 + lean / 2, 48)], p.shade, 2)
    c.leaf((50, 70), 36, 30 + lean, p.main, p.shade, 0.42)
    c.leaf((50, 66), 36, 150 + lean, p.main, p.shade, 0.42)
    c.leaf((50 + lean / 2, 56), 32, 52 + lean, p.light, p.main, 0.36)
    c.leaf((50 + lean / 2, 54), 32, 126 + lean, p.light, p.main, 0.36)
    c.leaf((50 + lean / 2, 50), 34, 90 + lean, p.accent, p.light, 0.26)


def needles(c: Canvas) -> None:
    """A pile of thin twisted leaves on a dish."""
    p = c.colors
    c.ellipse((50, 74), 36, 10, p.light)
    c.ellipse((50, 72), 31, 7.5, c.tint(p.paper, 0))
    for n in range(54):
        spread = 26 * (1 - n / 64)
        x, y = 50 + c.rng.uniform(-spread, spread), 73 - n * 0.52 + c.rng.uniform(-2, 2)
        angle, length = math.radians(c.rng.uniform(-40, 40)), c.rng.uniform(7, 12)
        dx, dy = length / 2 * math.cos(angle), length / 2 * math.sin(angle)
        color = (p.shade, p.main, p.main, p.light, p.accent)[c.rng.randrange(5) if n % 4 == 0 else c.rng.randrange(4)]
        c.line([(x - dx, y - dy), (x, y - 1.2), (x + dx, y + dy)], color, 1.7)


def pearls(c: Canvas) -> None:
    """Rolled leaves in a bowl."""
    p = c.colors
    for row, (y, count) in enumerate(((46, 3), (51, 5), (56, 7))):
        for n in range(count):
            x = 50 + (n - (count - 1) / 2) * 8.2 + c.rng.uniform(-0.8, 0.8)
            c.disc((x, y), 5, p.shade if (n + row) % 2 else p.main)
            c.disc((x - 1.4, y - 1.5), 1.7, p.light)
    c.shape([(19, 57), (81, 57), (74, 74), (62, 81), (38, 81), (26, 74)], p.accent)
    c.ellipse((50, 57), 31, 4, c.tint(p.accent, 0.35))
    for n in range(6):
        c.disc((26.5 + n * 9.4, 56.5), 4.2, p.main if n % 2 else p.shade)


def flower(c: Canvas) -> None:
    """A blossom on two leaves."""
    p = c.colors
    c.leaf((46, 70), 34, 205, p.accent, c.tint(p.accent, 0.4), 0.4)
    c.leaf((54, 70), 34, -25, p.accent, c.tint(p.accent, 0.4), 0.4)
    turn = c.rng.uniform(0, 70)
    for ring, (count, reach, size, color) in enumerate(
        ((6, 16, 11.5, p.main), (6, 11, 9.5, p.light), (5, 5.5, 7, c.tint(p.light, 0.5)))
    ):
        for n in range(count):
            angle = math.radians(turn + n * 360 / count + ring * 30)
            c.disc((50 + reach * math.cos(angle), 50 + reach * math.sin(angle)), size, color)
    c.disc((50, 50), 5, "#f2c14e")


def cake(c: Canvas) -> None:
    """A pressed cake in its paper."""
    p = c.colors
    c.disc((50, 52), 31, p.shade)
    c.disc((50, 50), 31, c.tint(p.paper, 0))
    c.ring((50, 50), 28, 28, p.light, 1)
    c.disc((50, 50), 19, p.main)
    for n in range(40):
        angle, reach = c.rng.uniform(0, math.tau), 17 * c.rng.random() ** 0.5
        x, y = 50 + reach * math.cos(angle), 50 + reach * math.sin(angle)
        dx, dy = 2.2 * math.cos(angle * 3), 2.2 * math.sin(angle * 3)
        c.line([(x - dx, y - dy), (x + dx, y + dy)], p.light if n % 3 == 0 else p.shade, 1)
    c.rounded(44, 42, 56, 58, p.accent, 1.5)
    for y in (46, 50, 54):
        c.line([(47, y), (53, y)], p.paper, 1.1)


def brick(c: Canvas) -> None:
    """A pressed brick with a band."""
    p = c.colors
    c.rounded(20, 40, 80, 80, p.shade, 3)
    c.rounded(20, 36, 80, 75, p.main, 3)
    for n in range(46):
        x, y = c.rng.uniform(24, 76), c.rng.uniform(40, 72)
        c.line([(x - 2, y + c.rng.uniform(-1, 1)), (x + 2, y)], p.light if n % 3 else p.shade, 1)
    c.rounded(20, 54, 80, 64, p.accent, 0.5)
    c.disc((50, 59), 3.2, p.paper)
