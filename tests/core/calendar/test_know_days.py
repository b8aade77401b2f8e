"""Which days are off, which festival is when, and what of it is only estimated."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from sqlalchemy.orm import Session

from zhanggui.api import Actor, Calendar, Invalid, NotFound, spring_festival
from zhanggui.calendar import Day, china, screen
from zhanggui.testing.fixtures import NOON

YEAR = timedelta(days=366)


def calendar(first: date, last: date | None = None) -> Calendar:
    return Calendar(first, last or first + YEAR)


def test_decreed_days_of_2026() -> None:
    days = calendar(date(2026, 1, 1))
    assert days.is_working(date(2026, 2, 14)) and days.is_working(date(2026, 2, 28))  # Saturdays
    assert not any(days.is_working(date(2026, 2, 15) + timedelta(days=n)) for n in range(9))
    assert days.is_working(date(2026, 2, 24))
    assert not days.is_working(date(2026, 2, 8))  # a Sunday like others
    assert not any(days.day(date(2026, 1, 1) + timedelta(days=n)).estimated for n in range(365))


def test_a_year_without_a_decree_is_estimated() -> None:
    days = calendar(date(2027, 1, 1), date(2027, 12, 31))
    assert days.day(date(2027, 2, 6)) == Day(date(2027, 2, 6), False, estimated=True)
    assert not days.is_working(date(2027, 2, 5)) and days.is_working(date(2027, 2, 9))
    assert all(days.day(date(2027, 1, 1) + timedelta(days=n)).estimated for n in range(365))
    estimated = {one.id for one in days.festivals() if one.estimated}
    assert estimated == {"spring", "qingming", "labor", "dragon_boat", "mid_autumn", "national", "new_year"}  # of 1111 nothing has to be decreed
    assert not any(one.estimated for one in Calendar(date(2026, 1, 1), date(2026, 12, 1)).festivals() if one.day.year == 2026)


def test_festivals_stand_with_the_days_off_around_them() -> None:
    found = {one.id: one for one in calendar(date(2026, 1, 10), date(2026, 12, 31)).festivals()}
    assert (found["spring"].day, found["spring"].first, found["spring"].last) == (date(2026, 2, 17), date(2026, 2, 15), date(2026, 2, 23))
    assert (found["national"].first, found["national"].last) == (date(2026, 10, 1), date(2026, 10, 7))
    assert found["qixi"].first == found["qixi"].last == date(2026, 8, 19)
    assert found["trade_1111"].day == date(2026, 11, 11) and found["trade_618"].day == date(2026, 6, 18)
    begun = [one.id for one in Calendar(date(2026, 2, 20), date(2026, 2, 20)).festivals()]
    assert begun == ["spring"]  # also where it began before


@pytest.mark.parametrize(("year", "day"), [(2010, date(2010, 2, 14)), (2026, date(2026, 2, 17)), (2027, date(2027, 2, 6)), (2033, date(2033, 1, 31)), (2060, date(2060, 2, 2))])
def test_the_moons_year_begins(year: int, day: date) -> None:
    assert spring_festival(year) == day


def test_the_tables_hold_together() -> None:
    assert list(china.LUNAR) == list(range(2000, 2061))
    for year, text in china.LUNAR.items():
        spring, lantern, dragon, qixi, autumn, ninth, qingming = (date(year, int(part[:2]), int(part[2:])) for part in text.split())
        assert lantern - spring == timedelta(days=14)
        assert date(year, 1, 21) <= spring <= date(year, 2, 20) and qingming in (date(year, 4, 4), date(year, 4, 5))
        # Between two of them lie months of the moon, one more in a year of thirteen.
        for earlier, later, months in ((spring, dragon, 4), (dragon, qixi, 2), (qixi, autumn, 1), (autumn, ninth, 1)):
            moon = ((later - earlier).days - {4: 4, 2: 2}.get(months, 8 if later is autumn else -6)) / 29.53
            assert round(moon, 1) in (months, months + 1), (year, earlier, later)
    for year, (off, work) in china.DECREED.items():
        days = [{date(year, int(part[:2]), int(part[2:])) for part in text.split()} for text in (off, work)]
        assert not days[0] & days[1]
        assert all(day.weekday() >= 5 for day in days[1])  # only weekends are made days at work
        assert len(days[0]) >= 25 and date(year, 10, 1) in days[0]


def test_the_merchants_own_days_count_first(db: Session, owner: Actor) -> None:
    sunday = date(2026, 3, 8)
    one = screen.create_day(db, actor=owner, now=NOON, day=sunday, kind="work", name="Spring sale")
    screen.create_day(db, actor=owner, now=NOON, day=date(2027, 2, 9), kind="off")
    screen.create_day(db, actor=owner, now=NOON, day=date(2026, 3, 9), kind="named", name="Anniversary")
    days = Calendar.load(db, date(2026, 3, 1), date(2027, 3, 1))
    assert days.day(sunday) == Day(sunday, True, "Spring sale", own=True)
    assert days.day(date(2027, 2, 9)) == Day(date(2027, 2, 9), False, own=True)  # what he says is not estimated
    assert days.day(date(2026, 3, 9)) == Day(date(2026, 3, 9), True, "Anniversary", own=True)
    assert [(f.label, f.day) for f in days.festivals() if f.id == "own"] == [("Spring sale", sunday), ("Anniversary", date(2026, 3, 9))]
    screen.update_day(db, id=one, row_version=None, actor=owner, now=NOON, kind="named")
    assert not Calendar.load(db, sunday, sunday).is_working(sunday)
    screen.remove_day(db, id=one, actor=owner, now=NOON)
    assert Calendar.load(db, sunday, sunday).day(sunday) == Day(sunday, False)
    with pytest.raises(NotFound):
        screen.remove_day(db, id=one, actor=owner, now=NOON)


def test_a_day_stands_once_and_a_name_is_one(db: Session, owner: Actor) -> None:
    day = {"actor": owner, "now": NOON, "day": date(2026, 3, 9)}
    screen.create_day(db, kind="off", **day)
    with pytest.raises(Invalid) as refused:
        screen.create_day(db, kind="work", **day)
    assert set(refused.value.errors) == {"day"}
    with pytest.raises(Invalid) as refused:
        screen.create_day(db, kind="named", name=" ", **{**day, "day": date(2026, 3, 10)})
    assert set(refused.value.errors) == {"name"}
