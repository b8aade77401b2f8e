"""Columns keep time in UTC and personal text unreadable."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone

import pytest
from cryptography.exceptions import InvalidTag
from sqlalchemy.dialects import sqlite

from zhanggui.db import crypto
from zhanggui.db.types import Pii, UTCDateTime


def test_a_time_without_a_zone_is_refused():
    with pytest.raises(ValueError, match="time zone"):
        UTCDateTime().process_bind_param(datetime(2026, 1, 1), sqlite.dialect())


def test_a_time_is_kept_in_utc():
    shanghai = datetime(2026, 1, 1, 8, tzinfo=timezone(timedelta(hours=8)))
    stored = UTCDateTime().process_bind_param(shanghai, sqlite.dialect())
    assert UTCDateTime().process_result_value(stored, sqlite.dialect()) == datetime(2026, 1, 1, tzinfo=UTC)


def test_personal_text_is_not_in_the_file_and_comes_back(instance):
    sealed = Pii().process_bind_param("王小明 13800138000", sqlite.dialect())
    assert "王小明".encode() not in sealed and b"138" not in sealed
    assert Pii().process_result_value(sealed, sqlite.dialect()) == "王小明 13800138000"


def test_a_changed_byte_is_noticed(instance):
    sealed = bytearray(crypto.seal("secret"))
    sealed[-1] ^= 1
    with pytest.raises(InvalidTag):
        crypto.unseal(bytes(sealed))


def test_a_blind_index_is_stable_for_one_instance_and_other_for_another(instance):
    mine = crypto.blind_index("13800138000")
    assert mine == crypto.blind_index("13800138000") and len(mine) == 40
    assert mine != crypto.Keyring("another secret that is long enough").blind_index("13800138000")
