"""Arithmetic over named figures: ``(sales.gross + sales.discount) / orders.paid``. No code runs, and nothing is rounded before the end."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal
from fractions import Fraction

_TOKEN = re.compile(r"\s*(?:(?P<name>[a-z][a-z0-9_]*(?:\.[a-z][a-z0-9_]*)+\??)|(?P<number>\d+(?:\.\d+)?)|(?P<sign>[-+*/()]))")
_MOST_TOKENS = 100


@dataclass(frozen=True)
class Formula:
    """A parsed formula: a name, a number, or a sign with its two sides."""

    sign: str  # "name", "number", "+", "-", "*", "/"
    name: str = ""
    optional: bool = False  # a name that may be missing, and is nothing then
    number: Fraction = Fraction(0)
    sides: tuple[Formula, ...] = ()

    def names(self) -> Iterator[tuple[str, bool]]:
        """The figures that it needs, each with whether it may be missing."""
        if self.sign == "name":
            yield self.name, self.optional
        for side in self.sides:
            yield from side.names()

    @property
    def adds_up(self) -> bool:
        """Whether the parts of a breakdown add up to the whole: sums of figures, and figures times a number."""
        if self.sign in ("name", "number"):
            return self.sign == "name"
        left, right = self.sides
        if self.sign in "+-":
            return left.adds_up and right.adds_up
        return (left.adds_up and right.sign == "number") or (self.sign == "*" and left.sign == "number" and right.adds_up)

    def value(self, figures: Mapping[str, Fraction | None] | Callable[[str], Fraction | None]) -> Fraction | None:
        """What it comes to; None where a figure is not known, or something is divided by nothing."""
        if self.sign == "number":
            return self.number
        if self.sign == "name":
            return figures(self.name) if callable(figures) else figures.get(self.name)
        left, right = (side.value(figures) for side in self.sides)
        if left is None or right is None:
            return None
        if self.sign == "/":
            return left / right if right else None
        return left + right if self.sign == "+" else left - right if self.sign == "-" else left * right


def parse(text: str) -> Formula:
    """:raises ValueError: with the sentence that says what cannot be read."""
    tokens, at = [], 0
    while text[at:].strip():
        found = _TOKEN.match(text, at)
        if found is None:
            raise ValueError(f"“{text[at:].strip()[:20]}” is no name, number or sign")
        tokens.append(found)
        at = found.end()
    if not tokens or len(tokens) > _MOST_TOKENS:
        raise ValueError("it is empty" if not tokens else f"it has more than {_MOST_TOKENS} parts")
    formula, rest = _sum(tokens)
    if rest:
        raise ValueError(f"“{rest[0].group().strip()}” stands where nothing can stand")
    return formula


def rounded(value: Fraction, places: int = 0) -> Decimal:
    """Once, half away from zero."""
    scaled = value * 10**places
    whole, rest = divmod(abs(scaled.numerator), scaled.denominator)
    whole += 2 * rest >= scaled.denominator
    return Decimal(-whole if scaled < 0 else whole).scaleb(-places).quantize(Decimal(1).scaleb(-places), ROUND_HALF_UP)


def _sum(tokens: list[re.Match[str]]) -> tuple[Formula, list[re.Match[str]]]:
    left, rest = _product(tokens)
    while rest and rest[0]["sign"] in ("+", "-"):
        right, after = _product(rest[1:])
        left, rest = Formula(rest[0]["sign"], sides=(left, right)), after
    return left, rest


def _product(tokens: list[re.Match[str]]) -> tuple[Formula, list[re.Match[str]]]:
    left, rest = _one(tokens)
    while rest and rest[0]["sign"] in ("*", "/"):
        right, after = _one(rest[1:])
        left, rest = Formula(rest[0]["sign"], sides=(left, right)), after
    return left, rest


def _one(tokens: list[re.Match[str]]) -> tuple[Formula, list[re.Match[str]]]:
    if not tokens:
        raise ValueError("something is missing at its end")
    first, rest = tokens[0], tokens[1:]
    if first["name"]:
        return Formula("name", first["name"].removesuffix("?"), first["name"].endswith("?")), rest
    if first["number"]:
        return Formula("number", number=Fraction(first["number"])), rest
    if first["sign"] == "(":
        inner, rest = _sum(rest)
        if not rest or rest[0]["sign"] != ")":
            raise ValueError("a bracket is not closed")
        return inner, rest[1:]
    if first["sign"] == "-":
        inner, rest = _one(rest)
        return Formula("-", sides=(Formula("number"), inner)), rest
    raise ValueError(f"“{first['sign']}” stands where a figure is needed")
