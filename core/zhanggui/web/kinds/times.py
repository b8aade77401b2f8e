"""Kinds that are days and moments."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, date, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from markupsafe import Markup, escape

from ...config import settings
from ...i18n.formats import fmt
from ...i18n.texts import gettext as _
from ...i18n.texts import lazy_gettext as _l
from ...kernel.errors import BadRequest
from .kind import FormContext, Kind, Posted, Show
from .periods import PERIODS

_CLOCK = re.compile(r"([01]?[0-9]|2[0-3]):([0-5][0-9])(?::[0-5][0-9])?\Z", re.ASCII)
_FIRST_YEAR, _LAST_YEAR = 1900, 9000


class Day(Kind):
    """A day. As a filter over moments it is from its first to before the next day's, in the reader's zone."""

    name = "date"
    sent_as = (str,)
    ranged = True
    periods = True
    input_type = "date"
    types = (date,)

    def cell(self, column: Any, currency: str, extra: Mapping[Any, Any] | None) -> Show:
        """In the reader's order."""
        return lambda value, _row: Markup(f'<time datetime="{value.isoformat()}">{escape(fmt.date(value))}</time>')  # noqa: S704 - escaped

    def dumper(self, column: Any, read: Callable[[Any], Any], extra: Mapping[Any, Any], currency: str) -> Callable[[Any], Any]:
        """As ISO 8601 writes it."""
        return _iso(read)

    def schema(self, thing: Any) -> dict[str, Any]:
        """As ISO 8601 writes it."""
        return {"type": "string", "format": "date"}

    def asked_schema(self, f: Any) -> dict[str, Any]:
        """A day of our time."""
        return {"type": "string", "format": "date", "pattern": "^(19[0-9]{2}|[2-8][0-9]{3})-(0[1-9]|1[0-2])-(0[1-9]|[12][0-9]|3[01])$"}

    def parse(self, f: Any, text: str, posted: Posted) -> Any:
        """As a browser's calendar sends it."""
        try:
            return date.fromisoformat(text)
        except (ValueError, OverflowError):
            raise ValueError(_("A date such as 2026-01-31 is needed.")) from None

    def typed(self, f: Any, value: Any, context: FormContext) -> Any:
        """As a browser's calendar takes it."""
        return as_typed(value, context)

    def asked(self, f: Any, text: str, zone: ZoneInfo, currency: str) -> Any:
        """A day of our time: at the edges of the calendar a zone leads out of it."""
        try:
            day = date.fromisoformat(text)
            if not _FIRST_YEAR <= day.year <= _LAST_YEAR:
                raise ValueError
            return day
        except ValueError:
            raise BadRequest(_l("%(name)s needs a date such as 2026-01-31."), name=f.name, field=f.name) from None

    def asked_range(self, f: Any, low: str, high: str, zone: ZoneInfo, currency: str) -> tuple[Any, Any]:
        """The moments between which the days lie."""
        first, last = super().asked_range(f, low, high, zone, currency)
        return (
            datetime.combine(first, time(), zone).astimezone(UTC) if first is not None else None,
            datetime.combine(last + timedelta(days=1), time(), zone).astimezone(UTC) if last is not None else None,
        )

    def asked_period(self, f: Any, word: str, now: datetime, currency: str) -> tuple[Any, Any]:
        """The days of a named period, as the shop's clock has them."""
        if word not in PERIODS:
            raise BadRequest(_l("%(name)s must be one of %(choices)s."), name=f.name, choices=", ".join(PERIODS), field=f.name)
        zone = ZoneInfo(settings.get("instance.time_zone"))
        first, last = PERIODS[word].days(now.astimezone(zone).date())
        return self.asked_range(f, first.isoformat(), last.isoformat(), zone, currency)

    def compare_range(self, column: Any, low: Any, high: Any) -> Any:
        """The day after the last one does not belong to it."""
        from sqlalchemy import and_

        return and_(*([column >= low] if low is not None else []), *([column < high] if high is not None else []))


class Moment(Kind):
    """A moment: UTC in the database, the reader's zone on screen."""

    name = "datetime"
    sent_as = (str,)
    input_type = "datetime-local"
    types = (datetime,)

    def cell(self, column: Any, currency: str, extra: Mapping[Any, Any] | None) -> Show:
        """To the minute."""
        return lambda value, _row: Markup(f'<time datetime="{value.isoformat()}">{escape(fmt.datetime(value))}</time>')  # noqa: S704 - escaped

    def check(self, value: Any) -> None:
        """:raises TypeError: for one without a zone: nobody knows what it means."""
        super().check(value)
        if value.tzinfo is None:
            raise TypeError("a time needs its zone")

    def csv(self, column: Any, values: Sequence[Any], rows: Sequence[Any], extra: Any, zone: ZoneInfo, currency: str) -> Sequence[Any]:
        """To the second, in the instance's zone."""
        return ["" if v is None else v.astimezone(zone).isoformat(" ", "seconds")[:19] for v in values]

    def dumper(self, column: Any, read: Callable[[Any], Any], extra: Mapping[Any, Any], currency: str) -> Callable[[Any], Any]:
        """As ISO 8601 writes it."""
        return _iso(read)

    def schema(self, thing: Any) -> dict[str, Any]:
        """As ISO 8601 writes it."""
        return {"type": "string", "format": "date-time"}

    def parse(self, f: Any, text: str, posted: Posted) -> Any:
        """In the reader's zone unless it names another."""
        try:
            moment = datetime.fromisoformat(text)
            return moment.replace(tzinfo=moment.tzinfo or posted.context.zone).astimezone(UTC)
        except (ValueError, OverflowError):
            raise ValueError(_("A date and time such as 2026-01-31 18:00 is needed.")) from None

    def typed(self, f: Any, value: Any, context: FormContext) -> Any:
        """As a browser's clock takes it."""
        return as_typed(value, context)


def as_typed(value: Any, context: FormContext) -> Any:
    """A day or moment as a browser's input takes it."""
    if isinstance(value, datetime):
        return value.astimezone(context.zone).strftime("%Y-%m-%dT%H:%M")
    return value.isoformat() if isinstance(value, date) else value


def _iso(read: Callable[[Any], Any]) -> Callable[[Any], Any]:
    return lambda row: value.isoformat() if isinstance(value := read(row), date | time) else value


class Clock(Kind):
    """A time of day, the same in every zone: when a shop opens."""

    name = "time"
    sent_as = (str,)
    ranged = True
    input_type = "time"
    types = (time,)

    def cell(self, column: Any, currency: str, extra: Mapping[Any, Any] | None) -> Show:
        """To the minute, on a clock of 24 hours as everywhere here."""
        return lambda value, _row: Markup(f'<time datetime="{value:%H:%M}">{value:%H:%M}</time>')  # noqa: S704 - digits

    def csv(self, column: Any, values: Sequence[Any], rows: Sequence[Any], extra: Any, zone: ZoneInfo, currency: str) -> Sequence[Any]:
        """To the minute."""
        return ["" if v is None else f"{v:%H:%M}" for v in values]

    sheet = csv

    def dumper(self, column: Any, read: Callable[[Any], Any], extra: Mapping[Any, Any], currency: str) -> Callable[[Any], Any]:
        """To the minute."""
        return lambda row: None if (value := read(row)) is None else f"{value:%H:%M}"

    def schema(self, thing: Any) -> dict[str, Any]:
        """To the minute."""
        return {"type": "string", "pattern": "^([01][0-9]|2[0-3]):[0-5][0-9]$"}

    def parse(self, f: Any, text: str, posted: Posted) -> Any:
        """As a browser's clock sends it."""
        found = _CLOCK.match(unicodedata.normalize("NFKC", text))
        if found is None:
            raise ValueError(_("A time such as 18:30 is needed."))
        return time(int(found[1]), int(found[2]))

    def typed(self, f: Any, value: Any, context: FormContext) -> Any:
        """As a browser's clock takes it."""
        return f"{value:%H:%M}"

    def asked_schema(self, f: Any) -> dict[str, Any]:
        """To the minute."""
        return {"type": "string", "pattern": "^([01]?[0-9]|2[0-3]):[0-5][0-9](:[0-5][0-9])?$"}

    def asked(self, f: Any, text: str, zone: ZoneInfo, currency: str) -> Any:
        """As a browser's clock sends it."""
        found = _CLOCK.match(text)
        if found is None:
            raise BadRequest(_l("%(name)s needs a time such as 18:30."), name=f.name, field=f.name)
        return time(int(found[1]), int(found[2]))


KINDS = (Day(), Moment(), Clock())
