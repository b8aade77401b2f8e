"""The clock can be held, and does not tell naive times."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from zhanggui.kernel import clock


def test_it_stands_still_while_held():
    moment = datetime(2026, 1, 1, tzinfo=UTC)
    with clock.hold(moment):
        assert clock.now() == moment
    assert clock.now() != moment


def test_it_cannot_be_held_at_a_time_without_a_zone():
    with pytest.raises(ValueError), clock.hold(datetime(2026, 1, 1)):
        pass
