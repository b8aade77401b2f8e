"""Kinds that are numbers: whole ones, and money."""

from __future__ import annotations

import math
import unicodedata
from collections.abc import Callable, Mapping, Sequence
from decimal import ROUND_CEILING, ROUND_FLOOR, Decimal
from typing import Any
from zoneinfo import ZoneInfo

from markupsafe import Markup, escape

from ...i18n.formats import fmt
from ...i18n.texts import gettext as _
from ...i18n.texts import lazy_gettext as _l
from ...kernel.errors import BadRequest, Invalid
from ...kernel.money import Money, exponent, read_decimal
from ..describe import Field
from .kind import FormContext, Kind, Posted, Show


class Whole(Kind):
    """A whole number."""

    name = "int"
    ranged = True
    numeric = True
    inputmode = "numeric"
    types = (int, float, Decimal)

    def cell(self, column: Any, currency: str, extra: Mapping[Any, Any] | None) -> Show:
        """With the reader's separators."""
        return lambda value, _row: escape(fmt.number(value))

    def csv(self, column: Any, values: Sequence[Any], rows: Sequence[Any], extra: Any, zone: ZoneInfo, currency: str) -> Sequence[Any]:
        """As it is stored."""
        return values

    def schema(self, thing: Any) -> dict[str, Any]:
        """With its bounds; a field takes text too, as it would be typed."""
        if not isinstance(thing, Field):
            return {"type": "integer"}
        whole = {"type": "integer", "minimum": 1 - 10**17, "maximum": 10**18 - 1, **limits(thing)}
        return {"anyOf": [whole, {"type": "string", "maxLength": self.longest}]}

    def asked_schema(self, f: Any) -> dict[str, Any]:
        """Digits with a sign."""
        return {"type": "string", "pattern": "^-?[0-9]{1,17}$"}

    def parse(self, f: Any, text: str, posted: Posted) -> Any:
        """Digits, with commas and a sign."""
        return bounded(f, whole(unicodedata.normalize("NFKC", text)))

    def asked(self, f: Any, text: str, zone: ZoneInfo, currency: str) -> Any:
        """Digits with a sign."""
        return asked_whole(f, text)


class Pieces(Whole):
    """How many of something: a whole number, which lists write as ×3."""

    name = "pieces"

    def cell(self, column: Any, currency: str, extra: Mapping[Any, Any] | None) -> Show:
        """Behind its sign, because on a card no heading says what it counts."""
        return lambda value, _row: escape(f"×{fmt.number(value)}")


def amount(value: int, currency: str) -> Markup:
    """Money in a page: on one line, whatever the width."""
    return Markup('<span class="money">%s</span>') % fmt.money(value, currency)


class Amount(Kind):
    """Money: whole minor units in the database, ``Money`` in a form, ``{"amount", "currency"}`` over REST."""

    name = "money"
    ranged = True
    numeric = True
    inputmode = "decimal"
    types = (int,)

    def cell(self, column: Any, currency: str, extra: Mapping[Any, Any] | None) -> Show:
        """In the row's currency, or the instance's."""
        name = column.currency
        if name:
            return lambda value, row: amount(value, getattr(row, name))
        return lambda value, _row: amount(value, currency)

    def csv(self, column: Any, values: Sequence[Any], rows: Sequence[Any], extra: Any, zone: ZoneInfo, currency: str) -> Sequence[Any]:
        """In major units."""
        name = column.currency
        digits = [exponent(getattr(row, name) if name else currency) for row in rows]
        return ["" if v is None else Decimal(v).scaleb(-d) for v, d in zip(values, digits, strict=True)]

    sheet = csv

    def dumper(self, column: Any, read: Callable[[Any], Any], extra: Mapping[Any, Any], currency: str) -> Callable[[Any], Any]:
        """With its currency."""
        name = column.currency

        def get(row: Any) -> Any:
            value = read(row)
            return None if value is None else {"amount": value, "currency": getattr(row, name) if name else currency}

        return get

    def schema(self, thing: Any) -> dict[str, Any]:
        """The shape of money in every API."""
        money = {
            "type": "object", "required": ["amount", "currency"], "additionalProperties": False,
            "properties": {"amount": {"type": "integer", **limits(thing)}, "currency": {"type": "string", "pattern": "^[A-Z]{3}$"}},
        }  # fmt: skip
        # A field takes major units as text too.
        return {"anyOf": [money, {"type": "string", "maxLength": 40}]} if isinstance(thing, Field) else money

    def parse(self, f: Any, text: str, posted: Posted) -> Any:
        """Major units as people write them."""
        try:
            money = Money.parse(unicodedata.normalize("NFKC", text), f.currency or posted.context.currency)
        except ValueError:
            raise ValueError(_("An amount such as 19.90 is needed.")) from None
        bounded(f, money.amount)
        return money

    def loaded(self, f: Any, value: Any, currency: str) -> Any:
        """As ``Money``."""
        return value if isinstance(value, Money) else Money(int(value), f.currency or currency)

    def typed(self, f: Any, value: Any, context: FormContext) -> Any:
        """In major units, with all decimals."""
        money = self.loaded(f, value, context.currency)
        return f"{money.decimal:.{exponent(money.currency)}f}"

    def draw(self, f: Any, shown: Any, value: Any, posted: Posted, typed: bool) -> None:
        """Behind the sign of its currency."""
        shown.prefix = fmt.symbol(f.currency or posted.context.currency)
        shown.minimum = shown.maximum = None

    def as_text(self, f: Any, value: Any, name: str, context: FormContext) -> str:
        """``{"amount", "currency"}``, or major units as text."""
        if isinstance(value, dict) and set(value) == {"amount", "currency"} and type(value["amount"]) is int:
            wanted = f.currency or context.currency
            if value["currency"] != wanted:
                raise Invalid(errors={name: _l("The amount must be in %(currency)s.", currency=wanted)})
            return f"{Money(value['amount'], wanted).decimal:.{exponent(wanted)}f}"
        return super().as_text(f, value, name, context)

    def asked_schema(self, f: Any) -> dict[str, Any]:
        """Major units, with the decimals of the instance's currency."""
        from ..context import currency

        places = exponent(currency())
        return {"type": "string", "pattern": "^-?[0-9]{1,12}" + (rf"(\.[0-9]{{1,{places}}})?$" if places else "$")}

    def asked(self, f: Any, text: str, zone: ZoneInfo, currency: str) -> Any:
        """Major units as people write them."""
        try:
            return Money.parse(text, currency).amount
        except ValueError:
            raise BadRequest(_l("%(name)s needs an amount of money."), name=f.name, field=f.name) from None


def whole(text: str) -> int:
    """A whole number as people write it.

    :raises ValueError: with the sentence that stands beside the field.
    """
    digits = text.replace(",", "")
    if not (digits.removeprefix("-").isascii() and digits.removeprefix("-").isdigit()) or len(digits) > 18:
        raise ValueError(_("A whole number is needed."))
    return int(digits)


def asked_whole(f: Any, text: str) -> int:
    """A whole number in an address.

    :raises BadRequest: naming the filter.
    """
    if not text.removeprefix("-").isdigit() or not text.isascii() or len(text) > 18:
        raise BadRequest(_l("%(name)s needs a whole number."), name=f.name, field=f.name)
    return int(text)


def bounded(f: Any, number: Any) -> Any:
    """A number within the bounds of its field.

    :raises ValueError: with the sentence that stands beside the field.
    """
    if f.minimum is not None and number < f.minimum:
        raise ValueError(_("At least %(number)s.", number=f.minimum))
    if f.maximum is not None and number > f.maximum:
        raise ValueError(_("At most %(number)s.", number=f.maximum))
    return number


def limits(thing: Any) -> dict[str, Any]:
    """The bounds of a field as OpenAPI has them."""
    found = {"minimum": getattr(thing, "minimum", None), "maximum": getattr(thing, "maximum", None)}
    return {name: bound for name, bound in found.items() if bound is not None}


class Fraction(Kind):
    """A number with decimals: an exact ``Decimal`` on every way, text over REST, stored in a ``Decimals`` column."""

    name = "decimal"
    ranged = True
    numeric = True
    inputmode = "decimal"
    types = (int, Decimal)
    decimals = 6  # at most, where the field does not say

    def cell(self, column: Any, currency: str, extra: Mapping[Any, Any] | None) -> Show:
        """With the reader's separators."""
        places = column.decimals
        return lambda value, _row: escape(fmt.decimal(value, places))

    def csv(self, column: Any, values: Sequence[Any], rows: Sequence[Any], extra: Any, zone: ZoneInfo, currency: str) -> Sequence[Any]:
        """With a point."""
        return ["" if v is None else plain(v) for v in values]

    def dumper(self, column: Any, read: Callable[[Any], Any], extra: Mapping[Any, Any], currency: str) -> Callable[[Any], Any]:
        """As text, because many readers of JSON make a float of a number."""
        return lambda row: None if (value := read(row)) is None else plain(value)

    def schema(self, thing: Any) -> dict[str, Any]:
        """A number as text; a field takes a number too."""
        text = {"type": "string", "format": "decimal", "pattern": r"^-?[0-9]+(\.[0-9]+)?$"}
        return {"anyOf": [{"type": "string", "maxLength": 40}, {"type": "number"}]} if isinstance(thing, Field) else text

    def parse(self, f: Any, text: str, posted: Posted) -> Any:
        """As people write it, within the bounds and decimals of its field."""
        try:
            number = read_decimal(unicodedata.normalize("NFKC", text))
        except ValueError:
            raise ValueError(_("A number such as 2.5 is needed.")) from None
        places = self.decimals if f.decimals is None else f.decimals
        if round(number, places) != number:
            raise ValueError(_("At most %(number)s decimals.", number=places))
        if abs(number) >= _LARGEST:
            raise ValueError(_("This number is too large."))
        return bounded(f, number)

    def loaded(self, f: Any, value: Any, currency: str) -> Any:
        """As ``Decimal``."""
        return Decimal(value)

    def typed(self, f: Any, value: Any, context: FormContext) -> Any:
        """With a point, without zeros at its end."""
        return plain(value)

    def as_text(self, f: Any, value: Any, name: str, context: FormContext) -> str:
        """Text or a number."""
        if isinstance(value, float) and math.isfinite(value):
            return plain(Decimal(str(value)))
        return super().as_text(f, value, name, context)

    def asked_schema(self, f: Any) -> dict[str, Any]:
        """With a point."""
        return {"type": "string", "pattern": rf"^-?[0-9]{{1,12}}(\.[0-9]{{1,{self.decimals}}})?$"}

    def asked(self, f: Any, text: str, zone: ZoneInfo, currency: str) -> Any:
        """As people write it."""
        try:
            number = read_decimal(text)
        except ValueError:
            number = _LARGEST
        if abs(number) >= _LARGEST or round(number, self.decimals) != number:
            raise BadRequest(_l("%(name)s needs a number such as 2.5."), name=f.name, field=f.name)
        return number

    def compare_range(self, column: Any, low: Any, high: Any) -> Any:
        """A bound that lies between two numbers of the column is taken to the one inside the range."""
        places = getattr(column.type, "places", None)
        if places is not None:
            step = Decimal(1).scaleb(-places)
            low = low.quantize(step, ROUND_CEILING) if low is not None else None
            high = high.quantize(step, ROUND_FLOOR) if high is not None else None
        return super().compare_range(column, low, high)


class Percent(Fraction):
    """A share of a hundred: 12.5 is twelve and a half of a hundred, in the database as on the screen."""

    name = "percent"
    decimals = 4

    def cell(self, column: Any, currency: str, extra: Mapping[Any, Any] | None) -> Show:
        """With the reader's sign."""
        places = column.decimals
        return lambda value, _row: escape(fmt.percent(value, places))

    def draw(self, f: Any, shown: Any, value: Any, posted: Posted, typed: bool) -> None:
        """Before its sign."""
        shown.suffix = "%"

    def parse(self, f: Any, text: str, posted: Posted) -> Any:
        """With or without its sign."""
        return super().parse(f, unicodedata.normalize("NFKC", text).removesuffix("%").rstrip(), posted)


_LARGEST = Decimal(10) ** 12


def plain(value: Any) -> str:
    """A number without an exponent and without zeros at its end: ``Decimal("2.50")`` is ``2.5``."""
    text = f"{Decimal(value):f}"
    return text.rstrip("0").rstrip(".") if "." in text else text


KINDS = (Whole(), Pieces(), Amount(), Fraction(), Percent())
