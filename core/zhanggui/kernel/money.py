"""Money: whole minor units and a currency, never a float."""

from __future__ import annotations

import re
from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal

# ISO 4217: currencies whose minor unit is not a hundredth.
_EXPONENT = {"JPY": 0, "KRW": 0, "VND": 0, "CLP": 0, "BHD": 3, "KWD": 3, "OMR": 3, "TND": 3, "JOD": 3}
_DECIMAL = re.compile(r"(?:[0-9]{1,3}(?:,[0-9]{3})+|[0-9]{1,20})(?:\.[0-9]{0,12})?\Z|\.[0-9]{1,12}\Z")
_CURRENCY = re.compile(r"[A-Z]{3}\Z")
# The largest amount an 8-byte integer column holds with room to add a few thousand of them.
MAX_AMOUNT = 10**15


def exponent(currency: str) -> int:
    """Number of decimals of a currency, 2 unless ISO 4217 says otherwise."""
    return _EXPONENT.get(currency, 2)


def read_decimal(text: str) -> Decimal:
    """A number in major units as people write it: a sign of money before it, commas between thousands alone.

    ``"19,90"`` is refused and not read as 1990: in half of the world it means nineteen ninety.

    :raises ValueError: when it is no such number.
    """
    cleaned = text.strip().replace("，", ",")
    negative, cleaned = cleaned.startswith("-"), cleaned.removeprefix("-").lstrip("¥￥$€£ ")
    if not _DECIMAL.match(cleaned):
        raise ValueError(f"not an amount of money: {text[:40]!r}")
    value = Decimal(cleaned.replace(",", ""))
    return -value if negative else value


class CurrencyMismatch(ValueError):
    """Two amounts of different currencies met in one sum or comparison."""


@dataclass(frozen=True, slots=True)
class Money:
    """An amount in minor units (fen, cents) of an ISO 4217 currency.

    >>> Money(1990, "CNY") * 3
    Money(amount=5970, currency='CNY')
    """

    amount: int
    currency: str

    def __post_init__(self) -> None:
        if type(self.amount) is not int:
            raise TypeError(f"Money counts whole minor units, got {type(self.amount).__name__}")
        if not _CURRENCY.match(self.currency):
            raise ValueError(f"not an ISO 4217 code: {self.currency!r}")

    @classmethod
    def parse(cls, text: str, currency: str) -> Money:
        """Read what a person typed in major units: ``"19.9"`` is ``Money(1990, "CNY")``.

        :raises ValueError: when it is no number, too precise for the currency, or too large.
        """
        value = read_decimal(text)
        minor = value.scaleb(exponent(currency))
        if minor != minor.to_integral_value():
            raise ValueError(f"{currency} has {exponent(currency)} decimals: {text!r}")
        if abs(minor) > MAX_AMOUNT:
            raise ValueError(f"amount out of range: {text!r}")
        return cls(int(minor), currency)

    @classmethod
    def rounded(cls, value: Decimal, currency: str) -> Money:
        """The nearest amount to a decimal in major units, halves away from zero."""
        minor = value.scaleb(exponent(currency)).quantize(Decimal(1), ROUND_HALF_UP)
        return cls(int(minor), currency)

    @property
    def decimal(self) -> Decimal:
        """The amount in major units, exact."""
        return Decimal(self.amount).scaleb(-exponent(self.currency))

    def _same(self, other: Money) -> int:
        if not isinstance(other, Money):
            raise TypeError(f"Money does not mix with {type(other).__name__}")
        if other.currency != self.currency:
            raise CurrencyMismatch(f"{self.currency} and {other.currency}")
        return other.amount

    def __add__(self, other: Money) -> Money:
        return Money(self.amount + self._same(other), self.currency)

    def __sub__(self, other: Money) -> Money:
        return Money(self.amount - self._same(other), self.currency)

    def __mul__(self, quantity: int) -> Money:
        if type(quantity) is not int:
            raise TypeError("Money multiplies by whole quantities; use Money.rounded for rates")
        return Money(self.amount * quantity, self.currency)

    __rmul__ = __mul__

    def __neg__(self) -> Money:
        return Money(-self.amount, self.currency)

    def __lt__(self, other: Money) -> bool:
        return self.amount < self._same(other)

    def __le__(self, other: Money) -> bool:
        return self.amount <= self._same(other)

    def __gt__(self, other: Money) -> bool:
        return self.amount > self._same(other)

    def __ge__(self, other: Money) -> bool:
        return self.amount >= self._same(other)

    def __bool__(self) -> bool:
        return self.amount != 0

    def __str__(self) -> str:
        return f"{self.decimal} {self.currency}"

    def as_json(self) -> dict[str, object]:
        """The shape of money in every API: ``{"amount": 1990, "currency": "CNY"}``."""
        return {"amount": self.amount, "currency": self.currency}


def allocate(total: int, weights: list[int]) -> list[int]:
    """Split minor units over weights by largest remainder, ties to the later part; the parts add up.

    No part is larger than its weight while ``total`` is not larger than all of them: what is taken off a
    line never passes what the line costs.

    >>> allocate(100, [1, 1, 1])
    [33, 33, 34]
    >>> allocate(200, [100, 100, 1])
    [99, 100, 1]
    """
    whole = sum(weights)
    if whole <= 0 or min(weights) < 0:
        raise ValueError("weights must not be negative and add up to more than zero")
    sign = -1 if total < 0 else 1
    parts, remainders = [], []
    for place, weight in enumerate(weights):
        part, remainder = divmod(abs(total) * weight, whole)
        parts.append(part)
        remainders.append((remainder, place))
    for _remainder, place in sorted(remainders, reverse=True)[: abs(total) - sum(parts)]:
        parts[place] += 1
    return [sign * part for part in parts]
