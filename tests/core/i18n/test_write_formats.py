"""Money, numbers and times as their reader writes them."""

from __future__ import annotations

import time
from datetime import UTC, date, datetime
from decimal import Decimal
from gettext import NullTranslations
from zoneinfo import ZoneInfo

import pytest
from babel.numbers import format_currency

from zhanggui.i18n import formats
from zhanggui.i18n.formats import _money_pattern, fmt
from zhanggui.i18n.texts import NOBODY, Reader, read_by, reader
from zhanggui.kernel.money import exponent

LATE = datetime(2026, 3, 1, 23, 30, 59, tzinfo=UTC)  # half past seven of the next morning in Shanghai


def reads(locale: str, zone: str = "Asia/Shanghai") -> None:
    read_by(Reader(locale, NullTranslations(), ZoneInfo(zone)))


@pytest.mark.parametrize("turn", ["before", "after"])
def test_whoever_read_in_the_test_before_has_gone(turn: str) -> None:
    assert reader() is NOBODY, turn
    reads("zh_CN")


@pytest.fixture(autouse=True)
def no_shop(monkeypatch: pytest.MonkeyPatch) -> None:
    """No shop is open, whose own currency would be written by its bare sign."""
    monkeypatch.setattr(formats, "_own_currency", lambda: "")


@pytest.mark.parametrize(
    ("locale", "amount", "currency", "shown"),
    [
        ("zh_CN", 123456, "CNY", "¥1,234.56"),
        ("en", 123456, "CNY", "CN¥1,234.56"),
        ("en", 123456, "USD", "$1,234.56"),
        ("zh_CN", 1500, "JPY", "JP¥1,500"),
        ("en", -50, "EUR", "-€0.50"),
    ],
)
def test_money_has_the_decimals_of_its_currency(locale: str, amount: int, currency: str, shown: str):
    reads(locale)
    assert fmt.money(amount, currency) == shown


@pytest.mark.parametrize(
    ("locale", "zone", "shown"),
    [
        ("zh_CN", "Asia/Shanghai", "2026-03-02 07:30"),
        ("en", "Asia/Shanghai", "2 Mar 2026, 07:30"),
        ("en", "America/New_York", "1 Mar 2026, 18:30"),
    ],
)
def test_a_moment_is_shown_in_the_readers_zone(locale: str, zone: str, shown: str):
    reads(locale, zone)
    assert fmt.datetime(LATE) == shown


def test_the_day_of_a_moment_is_the_readers_day_and_a_date_has_no_zone():
    reads("zh_CN")
    assert fmt.date(LATE) == "2026-03-02"
    assert fmt.date(date(2026, 3, 1)) == "2026-03-01"


def test_numbers_have_the_readers_separators():
    reads("en")
    assert fmt.number(541909) == "541,909"


def test_how_long_ago_is_said_in_words(noon: datetime):
    reads("en")
    assert fmt.ago(LATE) == "4 hours ago"
    reads("zh_CN")
    assert fmt.ago(LATE) == "4小时前"


def test_a_page_of_cells_costs_less_than_two_milliseconds():
    """The goal is one; shared machines get twice that."""
    reads("zh_CN")
    rows = [(LATE.replace(minute=n), 1990 + n, n) for n in range(25)]

    def page() -> None:
        for moment, amount, count in rows:
            fmt.datetime(moment), fmt.money(amount, "CNY"), fmt.number(count)

    page()
    times = []
    for _ in range(20):
        started = time.perf_counter()
        page()
        times.append(time.perf_counter() - started)
    assert min(times) < 0.002


@pytest.mark.parametrize("locale", ["en", "zh_CN", "de", "es", "pl", "fr", "ar", "hi", "en_IN", "de_CH"])
@pytest.mark.parametrize("currency", ["CNY", "USD", "JPY", "KWD"])
def test_money_is_written_just_as_babel_does(locale: str, currency: str):
    read_by(Reader(locale, NullTranslations()))
    assert _money_pattern("CNY", False, "", locale) is not None or locale in ("hi", "en_IN")  # else it proves nothing
    for amount in (0, 1, 9, 99, 100, 1990, 99999, 100000, 123456, 99999999, 123456789, -1, -1990, -123456789, 10**15):
        exact = Decimal(amount).scaleb(-exponent(currency))
        assert fmt.money(amount, currency) == format_currency(exact, currency, locale=locale)
