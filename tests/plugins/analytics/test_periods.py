"""Periods by a word, and what each is compared with."""

from __future__ import annotations

from datetime import UTC, date, datetime
from zoneinfo import ZoneInfo

import pytest

from zhanggui.api import BadRequest
from zhanggui_analytics.periods import Span, compared, midnight, span_of, steps
from zhanggui_analytics.statements import pieces

SHANGHAI, LONDON = ZoneInfo("Asia/Shanghai"), ZoneInfo("Europe/London")
NOW = datetime(2026, 3, 3, 6, tzinfo=UTC)  # 14:00 in Shanghai, a Tuesday


def days(first: str, last: str) -> tuple[date, date]:
    return date.fromisoformat(first), date.fromisoformat(last)


@pytest.mark.parametrize(
    ("word", "first", "last"),
    [
        ("today", "2026-03-03", "2026-03-03"), ("yesterday", "2026-03-02", "2026-03-02"), ("last_7_days", "2026-02-25", "2026-03-03"),
        ("last_30_days", "2026-02-02", "2026-03-03"), ("this_week", "2026-03-02", "2026-03-03"), ("last_week", "2026-02-23", "2026-03-01"),
        ("this_month", "2026-03-01", "2026-03-03"), ("last_month", "2026-02-01", "2026-02-28"), ("this_quarter", "2026-01-01", "2026-03-03"),
        ("last_quarter", "2025-10-01", "2025-12-31"), ("this_year", "2026-01-01", "2026-03-03"), ("last_year", "2025-01-01", "2025-12-31"),
        ("2026-02", "2026-02-01", "2026-02-28"), ("2026-03", "2026-03-01", "2026-03-03"), ("2024-02-01..2024-02-29", "2024-02-01", "2024-02-29"),
    ],
)  # fmt: skip
def test_a_word_means_days(word: str, first: str, last: str) -> None:
    span = span_of(word, NOW, SHANGHAI)
    assert (span.first, span.last) == days(first, last)


@pytest.mark.parametrize("word", ["", "soon", "2026-13", "2026-02-30..2026-03-01", "2026-03-02..2026-03-01", "1900-01-01..2026-01-01", "last_8_days", "2026-3"])
def test_another_word_is_none(word: str) -> None:
    with pytest.raises(BadRequest):
        span_of(word, NOW, SHANGHAI)


@pytest.mark.parametrize(
    ("now", "word", "how", "first", "last", "until"),
    [
        # The same part of the time before, while it runs ...
        ("2026-03-03T06:00", "this_month", "previous_calendar", "2026-02-01", "2026-02-03", "2026-02-03T06:00"), ("2026-03-03T06:00", "today", "previous", "2026-03-02", "2026-03-02", "2026-03-02T06:00"),
        ("2026-03-03T06:00", "last_7_days", "previous", "2026-02-18", "2026-02-24", "2026-02-24T06:00"), ("2026-03-03T06:00", "this_year", "previous_year", "2025-01-01", "2025-03-03", "2025-03-03T06:00"),
        # ... of a shorter month all of it ...
        ("2026-03-31T15:00", "this_month", "previous_calendar", "2026-02-01", "2026-02-28", None),
        # ... and the whole of what is over.
        ("2026-04-05T06:00", "last_month", "previous", "2026-02-01", "2026-02-28", None), ("2026-04-05T06:00", "2026-03", "previous_calendar", "2026-02-01", "2026-02-28", None),
        ("2026-04-05T06:00", "2026-03-02..2026-03-08", "previous", "2026-02-23", "2026-03-01", None), ("2026-04-05T06:00", "2026-03-02..2026-03-08", "previous_year_weekday", "2025-03-03", "2025-03-09", None),
        ("2024-03-05T06:00", "2024-02-29..2024-02-29", "previous_year", "2023-02-28", "2023-02-28", None),
    ],
)  # fmt: skip
def test_like_is_compared_with_like(now: str, word: str, how: str, first: str, last: str, until: str | None) -> None:
    moment = datetime.fromisoformat(now).replace(tzinfo=UTC)
    before = compared(span_of(word, moment, SHANGHAI), how, moment, SHANGHAI)
    assert before is not None
    assert (before.first, before.last) == days(first, last)
    assert before.until == (None if until is None else datetime.fromisoformat(until).replace(tzinfo=UTC))


def test_steps_cover_each_day_once() -> None:
    span = Span(date(2025, 12, 30), date(2026, 3, 3))
    for by in ("", "day", "week", "month", "quarter", "year", "weekday"):
        covered = [day for step in steps(span, by) for day in range(step.first.toordinal(), step.end.toordinal())]
        assert covered == [day.toordinal() for day in span.each()], by
    assert [step.label for step in steps(span, "month")] == ["2025-12-01", "2026-01-01", "2026-02-01", "2026-03-01"]
    # Months after the 31st: none is left out, none is there twice.
    assert [step.label for step in steps(Span(date(2026, 1, 31), date(2026, 5, 31)), "month")] == [f"2026-0{n}-01" for n in range(1, 6)]


def test_days_are_read_in_as_few_stretches_as_there_can_be() -> None:
    span = Span(date(2026, 10, 24), date(2026, 10, 27))
    every = set(span.each())
    assert [(p.start, p.end) for p in pieces(steps(span, ""), every, LONDON)] == [(midnight(span.first, LONDON), midnight(date(2026, 10, 28), LONDON))]
    split = pieces(steps(span, ""), every, LONDON, hours=True)
    assert [(p.start.isoformat(), p.offset) for p in split] == [("2026-10-23T23:00:00+00:00", 3600), ("2026-10-25T01:00:00+00:00", 0)]
    assert len(pieces(steps(span, "day"), every, LONDON)) == 4
    assert len(pieces(steps(span, ""), every - {date(2026, 10, 25)}, LONDON)) == 2
