"""Rules that look before they write hold when everybody looks at once."""

from __future__ import annotations

from sqlalchemy import func, insert, select

from zhanggui.config.models import StoredSetting
from zhanggui.db.locks import one_at_a_time
from zhanggui.db.uow import reading
from zhanggui.testing.racing import race, refused

_t = StoredSetting.__table__


class Taken(Exception):
    pass


def _at_most_three(db, number):
    if db.scalar(select(func.count()).select_from(_t).where(_t.c.key.like("race.%"))) >= 3:
        raise Taken
    db.execute(insert(_t).values(key=f"race.{number}", value=1))


def test_of_those_who_wait_for_a_name_each_sees_what_the_one_before_did(instance):
    def act(db, number):
        one_at_a_time(db, "test.three")
        _at_most_three(db, number)

    assert refused(race(24, act), Taken) == 21
    with reading() as db:
        assert db.scalar(select(func.count()).select_from(_t).where(_t.c.key.like("race.%"))) == 3


def test_without_waiting_the_race_shows_it(instance, kind):
    # The control: on a database with many writers the same rule breaks, so the race is a race.
    outcomes = race(24, _at_most_three)
    assert (refused(outcomes, Taken) == 21) == (kind == "sqlite")
