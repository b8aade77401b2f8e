"""Which backups stay: the newest of each day, week and month that is kept, and never none."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from zhanggui.backup import places
from zhanggui.backup.places import Backup, Keep, spare
from zhanggui.kernel.errors import NotFound

SHANGHAI = ZoneInfo("Asia/Shanghai")
NOON = datetime(2026, 3, 15, 4, 0, tzinfo=UTC)


def made(at: datetime, kind: str = "scheduled") -> Backup:
    return Backup(Path(f"{at:%Y%m%dT%H%M%SZ}-{kind}.age"), at, kind, 1)


def test_a_year_of_nights_leaves_days_weeks_and_months():
    nights = [made(NOON - timedelta(days=n)) for n in range(365)]
    gone = spare(nights, Keep(7, 4, 12), SHANGHAI)
    left = sorted({b.made_at for b in nights} - {b.made_at for b in gone}, reverse=True)
    assert left[:7] == [NOON - timedelta(days=n) for n in range(7)]
    assert len(left) <= 7 + 4 + 12
    assert len({(at.year, at.month) for at in left}) == 12
    assert gone == sorted(gone, key=lambda b: b.made_at)


def test_of_one_day_the_newest_stays():
    morning, evening = made(NOON), made(NOON + timedelta(hours=8))
    assert spare([morning, evening], Keep(7, 0, 0), SHANGHAI) == [morning]


def test_days_are_those_of_the_shop():
    """23:30 and 00:30 in Shanghai are one day in UTC and two for the shop."""
    late = made(datetime(2026, 3, 15, 15, 30, tzinfo=UTC))
    early = made(datetime(2026, 3, 15, 16, 30, tzinfo=UTC))
    assert spare([late, early], Keep(2, 0, 0), SHANGHAI) == []
    assert spare([late, early], Keep(2, 0, 0), UTC) == [late]


def test_the_newest_always_stays_and_those_before_upgrades_are_counted_apart():
    upgrades = [made(NOON - timedelta(days=n), "upgrade") for n in range(1, 8)]
    assert spare([made(NOON), *upgrades], Keep(1, 0, 0, upgrade=5), SHANGHAI) == [upgrades[6], upgrades[5]]
    assert spare([upgrades[0]], Keep(1, 0, 0, upgrade=0), SHANGHAI) == []


def test_what_lies_beside_them_is_no_backup(tmp_path):
    for name in ("20260315T040000Z-manual.age", "20260316T040000Z-scheduled.age", "notes.age", "20260315T040000Z-manual.part", "before-upgrade.sqlite3"):
        (tmp_path / name).write_bytes(b"x")
    (tmp_path / "20260316T040000Z-scheduled.json").write_text("{broken")
    assert [b.name for b in places.backups(tmp_path)] == ["20260316T040000Z-scheduled.age", "20260315T040000Z-manual.age"]
    assert places.find(tmp_path, "latest").kind == "scheduled"
    assert places.find(tmp_path, str(tmp_path / "20260315T040000Z-manual.age")).kind == "manual"
    for name in ("notes.age", "20990101T000000Z-manual.age", "../x"):
        with pytest.raises(NotFound):
            places.find(tmp_path, name)
    places.remove(places.find(tmp_path, "latest"))
    assert not (tmp_path / "20260316T040000Z-scheduled.json").exists()


def test_there_is_none_yet(tmp_path):
    with pytest.raises(NotFound, match="no backup yet"):
        places.find(tmp_path, "latest")
