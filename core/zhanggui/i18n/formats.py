"""Money, numbers and times in the reader's language and zone, fast enough for every cell of a list."""

from __future__ import annotations

import re
from datetime import date, datetime
from decimal import Decimal
from functools import lru_cache
from zoneinfo import ZoneInfo

from babel import Locale
from babel.dates import format_date, format_datetime, format_timedelta
from babel.numbers import format_currency, format_decimal, format_percent, get_currency_symbol

from ..kernel import clock
from ..kernel.money import exponent
from ..runtime import current_runtime, has_runtime
from .texts import reader


def reader_locale() -> Locale:
    """The reader's locale; English outside of any request."""
    return _parsed(reader().locale)


@lru_cache(maxsize=16)
def _parsed(code: str) -> Locale:
    return Locale.parse(code)


def _zone() -> ZoneInfo:
    from ..config import settings

    return reader().zone or _named_zone(settings.get("instance.time_zone"))


@lru_cache(maxsize=64)
def _named_zone(name: str) -> ZoneInfo:
    return ZoneInfo(name)


_COUNTRY = re.compile(r"^[A-Z]{1,3}(?=[^\w\s])")  # the letters before a sign: the CN of CN¥
# Babel parses its patterns at each call. What it makes of one large amount tells how to write any other.
_SAMPLE = re.compile(r"(\D*)1(?P<group>\D?)234(?P=group)567(?:(?P<point>\D)(?:891|89))?(\D*)\Z")


def _own_currency() -> str:
    """The shop's currency; none where there is no shop."""
    return str(current_runtime().config["instance.currency"]) if has_runtime() else ""


@lru_cache(maxsize=64)
def _sign(currency: str, own: str, locale: str) -> str:
    """How a currency is written here: the shop's own by its bare sign (``¥``, and not ``CN¥``), another never by the same one."""
    sign = get_currency_symbol(currency, locale=locale)
    if not own:
        return sign
    bare = _COUNTRY.sub("", sign)
    if currency == own:
        return bare
    return f"{currency}\u00a0" if sign == _COUNTRY.sub("", get_currency_symbol(own, locale=locale)) else sign


def _written(amount: Decimal, currency: str, own: str, locale: str) -> str:
    return format_currency(amount, currency, locale=locale).replace(get_currency_symbol(currency, locale=locale), _sign(currency, own, locale))


@lru_cache(maxsize=64)
def _money_pattern(currency: str, negative: bool, own: str, locale: str) -> tuple[str, str, str, str] | None:
    """What stands before, between thousands, before the decimals and after; None where groups are not thousands."""
    digits = exponent(currency)
    sample = Decimal("1234567.891" if digits == 3 else "1234567.89" if digits == 2 else "1234567")
    found = _SAMPLE.match(_written(-sample if negative else sample, currency, own, locale))
    return (found[1], found["group"], found["point"] or "", found[4]) if found and bool(found["point"]) == bool(digits) else None


def _money(amount: int, currency: str, locale: str) -> str:
    own = _own_currency()
    pattern, digits = _money_pattern(currency, amount < 0, own, locale), exponent(currency)
    if pattern is None:
        return _written(Decimal(amount).scaleb(-digits), currency, own, locale)
    before, group, point, after = pattern
    whole, rest = divmod(abs(amount), 10**digits)
    thousands = f"{whole:,}".replace(",", group) if whole > 999 else str(whole)
    return f"{before}{thousands}{point}{rest:0{digits}d}{after}" if digits else before + thousands + after


# Lists print the same few numbers and minutes again and again.
@lru_cache(maxsize=4096)
def _number(value: int | float, locale: str) -> str:
    return format_decimal(value, locale=locale)


@lru_cache(maxsize=4096)
def _fraction(value: Decimal, places: int | None, sign: str, locale: str) -> str:
    pattern = "#,##0" + ("." + ("#" * 12 if places is None else "0" * places) if places != 0 else "")
    written = format_decimal(value, pattern, locale=locale)
    return format_percent(Decimal(0), "0%", locale=locale).replace("0", written) if sign else written


@lru_cache(maxsize=4096)
def _minute(minute: datetime, locale: str) -> str:
    pattern = "y-MM-dd HH:mm" if locale.startswith("zh") else "d MMM y, HH:mm"
    return format_datetime(minute, pattern, locale=locale)


@lru_cache(maxsize=1024)
def _day(day: date, locale: str) -> str:
    return format_date(day, "y-MM-dd" if locale.startswith("zh") else "d MMM y", locale=locale)


@lru_cache(maxsize=1024)
def _short_day(day: date, locale: str) -> str:
    return format_date(day, "M/d" if locale.startswith("zh") else "d MMM", locale=locale)


class Formats:
    """``fmt`` in templates and plugins."""

    def money(self, amount: int, currency: str) -> str:
        """Minor units as money: ``1990, "CNY"`` is ``¥19.90``."""
        return _money(int(amount), currency, reader().locale)

    def symbol(self, currency: str) -> str:
        """The sign of a currency, for the front of an input."""
        return _sign(currency, _own_currency(), reader().locale).strip()

    def number(self, value: int | float) -> str:
        """A number with the reader's separators."""
        return _number(value, reader().locale)

    def decimal(self, value: Decimal | int, places: int | None = None) -> str:
        """A number with decimals: as many as it has, or ``places``."""
        return _fraction(Decimal(value), places, "", reader().locale)

    def percent(self, value: Decimal | int, places: int | None = None) -> str:
        """A share of a hundred: ``12.5`` is ``12.5%``."""
        return _fraction(Decimal(value), places, "%", reader().locale)

    def datetime(self, moment: datetime) -> str:
        """A moment, to the minute, in the reader's zone."""
        local = moment.astimezone(_zone())
        return _minute(local.replace(second=0, microsecond=0, tzinfo=None), reader().locale)

    def moment(self, moment: datetime) -> str:
        """A moment to the second, where two of one minute have to be told apart."""
        return f"{self.datetime(moment)}:{moment.astimezone(_zone()):%S}"

    def date(self, day: date) -> str:
        """A day. A moment is first taken to the reader's zone."""
        if isinstance(day, datetime):
            day = day.astimezone(_zone()).date()
        return _day(day, reader().locale)

    def short_date(self, day: date) -> str:
        """A day without its year, where there is little room: ``11/20``."""
        return _short_day(day, reader().locale)

    def ago(self, moment: datetime) -> str:
        """How long ago, in words."""
        return format_timedelta(moment - clock.now(), add_direction=True, locale=reader_locale())


fmt = Formats()
