"""What happened reaches who it concerns: once, by the first channel that can, with the reason of each that could not."""

from __future__ import annotations

import threading
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import select, update
from zhanggui_bells.plugin import Belfry

from zhanggui.api import SYSTEM, Actor, Later, Sent, Unknown, clock, reading, unit_of_work
from zhanggui.host.service import disable_plugin
from zhanggui_customers import facade as customers
from zhanggui_customers.services import profile
from zhanggui_notifications import facade
from zhanggui_notifications.models import Attempt, Breaker, Message
from zhanggui_notifications.services import choosing, delivering, kinds, routing
from zhanggui_notifications.states import MOVES, REASONS, MessageState

Work = Callable[[], None]


def later(**time_: float) -> None:
    """What is due so much later is sent."""
    with clock.hold(clock.now() + timedelta(**time_)):
        delivering.run()


def test_what_happened_reaches_the_customer(only: Any, ring: Any, ann: int, tower: Any, work: Work, told: Any, tried: Any):
    only("service")
    ring(ann)
    work()
    [message] = told()
    assert (message.state, message.channel, message.reason) == ("sent", "paid", None)
    assert tower.heard[0][1]["subject"] == "Bell 1" and tower.heard[0][1]["body"] == "It says dong"
    assert tried(message) == [("paid", "sent", None)]
    assert [type(outcome) for _id, outcome in Belfry.settled] == [Sent]
