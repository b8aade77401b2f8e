"""What tea is made in and packed in: cups, pots, tins, boxes."""

from __future__ import annotations

from .canvas import Canvas, Point


def _mirrored(right: list[Point]) -> list[Point]:
    return [*right, *((100 - x, y) for x, y in reversed(right))]


def _sprig(c: Canvas, x: float, y: float, size: float) -> None:
    for angle in (40, 90, 140):
        c.leaf((x, y), size * (1.15 if angle == 90 else 1), angle, c.colors.accent, c.tint(c.colors.accent, 0.4), 0.4)


def cup(c: Canvas) -> None:
    """A cup of hot tea."""
    p = c.colors
    for x in (40, 50, 60):
        c.steam(x, 18 + abs(x - 50) / 2, 40)
    c.ellipse((50, 80), 30, 4, p.light)
    c.shape(_mirrored([(78, 48), (75, 62), (66, 76), (59, 79)]), p.main)
    c.shape([(64, 48), (78, 48), (75, 62), (66, 76), (60, 78)], p.shade)
    c.ellipse((50, 48), 28, 7, p.light)
    c.ellipse((50, 48.6), 24, 5.2, p.accent)
    c.leaf((41, 50), 13, 12, p.main, p.shade, 0.4)


def gaiwan(c: Canvas) -> None:
    """A lidded bowl on its saucer."""
    p = c.colors
    c.ellipse((50, 80), 34, 5, p.main)
    c.ellipse((50, 78.6), 34, 4.6, p.light)
    c.shape(_mirrored([(77, 48), (72, 66), (62, 77), (58, 79)]), c.tint(p.light, 0.7))
    c.shape([(66, 48), (77, 48), (72, 66), (62, 77), (58, 79)], c.tint(p.light, 0.4))
    c.shape(_mirrored([(56, 30), (66, 36), (72, 46)]), p.main)
    c.ellipse((50, 47), 27, 4.4, p.main)
    c.ellipse((50, 46), 24, 3, p.light)
    c.rounded(44, 24, 56, 31, p.shade, 2)
    _sprig(c, 46, 71, 14)


def pot(c: Canvas) -> None:
    """A clay pot."""
    p = c.colors
    c.ring((22, 58), 11, 13, p.shade, 4)
    c.shape([(72, 60), (78, 54), (86, 40), (93, 40), (86, 56), (76, 70)], p.shade)
    c.ellipse((50, 62), 30, 20, p.main)
    c.ellipse((42, 56), 13, 8, p.light)
    c.ellipse((43, 58), 14, 8.4, p.main)
    c.rounded(38, 78, 62, 83, p.shade, 1.5)
    c.ellipse((50, 44), 17, 4.4, p.shade)
    c.shape(_mirrored([(55, 36), (62, 39), (66, 43.5)]), p.main)
    c.disc((50, 33.5), 4.2, p.accent)
    c.rounded(46, 57, 56, 69, p.accent, 1.2)
    c.line([(49, 61), (53, 61)], p.main, 1)
    c.line([(49, 65), (53, 65)], p.main, 1)


def glass(c: Canvas) -> None:
    """A tall glass with leaves that stand in it."""
    p = c.colors
    c.shape(_mirrored([(69, 24), (66, 80)]), c.tint(p.light, 0.75))
    c.shape(_mirrored([(68, 36), (65.6, 79)]), c.tint(p.main, 0.45))
    for x, foot, size in ((40, 76, 20), (46, 78, 26), (52, 77, 22), (58, 78, 28), (62, 76, 17)):
        c.leaf((x, foot), size, 90 + c.rng.uniform(-9, 9), p.main, p.shade, 0.3)
    for x in (44, 55):
        c.leaf((x, 47), 12, 90 + c.rng.uniform(-14, 14), p.shade, p.main, 0.3)
    c.ellipse((50, 36), 18, 2.8, c.tint(p.light, 0.35))
    c.ring((50, 24), 19, 3.2, p.light, 1)
    c.line([(36, 30), (38, 72)], "#ffffff", 1.4)


def tray(c: Canvas) -> None:
    """A set on a tray: a pot and two cups."""
    p = c.colors
    c.rounded(14, 70, 86, 78, p.shade, 2)
    c.rounded(14, 68, 86, 73, p.main, 2)
    c.rounded(20, 78, 28, 83, p.shade, 1)
    c.rounded(72, 78, 80, 83, p.shade, 1)
    c.ellipse((41, 56), 18, 13, p.accent)
    c.shape([(55, 56), (65, 43), (69, 44), (61, 61)], p.accent)
    c.ring((23, 54), 6, 8, p.accent, 2.6)
    c.ellipse((41, 44.5), 10, 2.6, c.tint(p.accent, 0.4))
    c.disc((41, 41), 2.6, p.shade)
    for x in (65, 78):
        c.shape([(x - 6, 59), (x + 6, 59), (x + 4, 68.5), (x - 4, 68.5)], p.light)
        c.ellipse((x, 59), 6, 1.7, c.tint(p.light, 0.5))


def scoop(c: Canvas) -> None:
    """Bamboo tools in a holder."""
    p = c.colors
    for x, top, wide in ((38, 18, 2.2), (46, 24, 3.6), (54, 16, 2.2), (62, 26, 4.4)):
        c.line([(x, top), (50 + (x - 50) * 0.45, 66)], p.accent, 1.8)
        c.ellipse((x, top), wide, 5.5, p.accent)
        c.ellipse((x, top), wide * 0.45, 3.4, c.tint(p.accent, 0.45))
    c.rounded(34, 44, 66, 82, p.main, 3)
    c.rounded(56, 44, 66, 82, p.shade, 3)
    c.ellipse((50, 45), 16, 3.6, p.light)
    c.ellipse((50, 45.4), 12.6, 2.3, p.shade)
    c.line([(34.6, 56), (65.4, 56)], p.light, 1)
    c.line([(34.6, 71), (65.4, 71)], p.light, 1)


def tin(c: Canvas) -> None:
    """A tin with a label."""
    p = c.colors
    c.rounded(30, 32, 70, 82, p.main, 4)
    c.rounded(60, 32, 70, 82, p.shade, 4)
    c.rounded(28, 20, 72, 35, p.light, 4)
    c.line([(30, 33), (70, 33)], p.shade, 1)
    c.rounded(36, 44, 64, 73, c.colors.paper, 2)
    c.ring((50, 56), 8.6, 8.6, p.main, 0.9)
    _sprig(c, 50, 61, 9)
    c.line([(42, 69), (58, 69)], p.main, 1.2)


def pouch(c: Canvas) -> None:
    """A bag of leaves."""
    p = c.colors
    c.shape([(31, 26), (69, 26), (73, 80), (70, 83), (30, 83), (27, 80)], p.main)
    c.shape([(60, 26), (69, 26), (73, 80), (70, 83), (62, 83)], p.shade)
    c.rounded(30, 20, 70, 28, p.shade, 1)
    c.line([(32, 32), (68, 32)], p.light, 0.9)
    c.disc((49, 55), 15, c.colors.paper)
    _sprig(c, 49, 63, 13)
    c.line([(42, 76), (56, 76)], p.light, 1.6)


def box(c: Canvas) -> None:
    """A gift box with a ribbon."""
    p = c.colors
    c.rounded(20, 44, 80, 82, p.main, 2)
    c.rounded(16, 34, 84, 47, p.shade, 2)
    c.shape([(45, 34), (55, 34), (55, 82), (45, 82)], p.accent)
    c.shape([(50, 34), (30, 22), (26, 30), (32, 35)], p.accent)
    c.shape([(50, 34), (70, 22), (74, 30), (68, 35)], p.accent)
    c.ellipse((38, 29.5), 5, 2.4, c.tint(p.accent, 0.45))
    c.ellipse((62, 29.5), 5, 2.4, c.tint(p.accent, 0.45))
    c.disc((50, 33), 4.4, c.tint(p.accent, 0.35))
    for x in (32, 68):
        c.ring((x, 64), 6.5, 6.5, p.light, 1)
        c.disc((x, 64), 2, p.light)


def basket(c: Canvas) -> None:
    """A hamper of small tins."""
    p = c.colors
    c.ring((50, 44), 27, 27, p.shade, 2.6)
    for x, color, top in ((33, p.main, 38), (50, p.accent, 33), (67, p.light, 38)):
        c.rounded(x - 8, top, x + 8, 70, color, 2)
        c.rounded(x - 9, top - 4, x + 9, top + 2, p.shade, 1.5)
        c.disc((x, top + 13), 4, c.colors.paper)
    c.shape([(16, 57), (84, 57), (76, 83), (24, 83)], p.shade)
    for row in range(4):
        for n in range(9 - row % 2):
            left = 19.9 + n * 6.9 + (row % 2) * 3.4
            c.rounded(left, 60 + row * 5.6, left + 5.2, 63.6 + row * 5.6, p.main, 1)
