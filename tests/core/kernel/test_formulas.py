"""Arithmetic over figures: what can be read, what it comes to, and how it is rounded."""

from __future__ import annotations

from decimal import Decimal
from fractions import Fraction

import pytest

from zhanggui.kernel.formulas import parse, rounded

FIGURES = {"a.b": Fraction(7), "c.d": Fraction(2), "n.o": Fraction(0), "u.u": None}


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("a.b", 7), ("a.b + c.d * 3", 13), ("(a.b + c.d) * 3", 27), ("a.b - c.d - c.d", 3), ("a.b / c.d", Fraction(7, 2)), ("-a.b + 10", 3),
        ("a.b / n.o", None), ("a.b + u.u", None), ("a.b / c.d / c.d", Fraction(7, 4)), ("0 - a.b * 1.5", Fraction(-21, 2)), ("a.b? + c.d", 9),
    ],
)  # fmt: skip
def test_a_formula_comes_to_its_value(text: str, value: object) -> None:
    assert parse(text).value(FIGURES) == value


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("", "empty"), ("a.b +", "missing at its end"), ("(a.b", "not closed"), ("a.b c.d", "stands where nothing can stand"), ("__import__('os')", "no name, number or sign"),
        ("a.b ** 2", "stands where a figure is needed"), ("sales", "no name, number or sign"), ("a.b +" * 60 + "a.b", "more than 100 parts"),
    ],
)  # fmt: skip
def test_what_is_none_says_why(text: str, why: str) -> None:
    with pytest.raises(ValueError, match=why):
        parse(text)


@pytest.mark.parametrize(("text", "adds"), [("a.b + c.d?", True), ("a.b * 2 - c.d", True), ("a.b / c.d", False), ("a.b * c.d", False), ("a.b / 2", True), ("a.b + 1", False)])
def test_what_adds_up_is_known(text: str, adds: bool) -> None:
    assert parse(text).adds_up is adds


@pytest.mark.parametrize(
    ("value", "places", "said"), [("1/2", 0, "1"), ("-1/2", 0, "-1"), ("5/2", 0, "3"), ("-5/2", 0, "-3"), ("46607/10000", 2, "4.66"), ("1/3", 2, "0.33"), ("7", 2, "7.00")]
)
def test_once_and_half_away_from_zero(value: str, places: int, said: str) -> None:
    assert rounded(Fraction(value), places) == Decimal(said) and str(rounded(Fraction(value), places)) == said
