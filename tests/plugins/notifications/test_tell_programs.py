"""Other plugins and messages: they hear what became of them, and lend them words."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

from sqlalchemy import select
from zhanggui_bells.plugin import Belfry

from zhanggui.api import Actor, KindVariable, MessageVariable, clock, reading, unit_of_work
from zhanggui.events.models import OutboxEvent
from zhanggui_notifications.services import kinds, texts

Work = Callable[[], None]


def published(name: str) -> list[dict[str, Any]]:
    """What was told of messages, the first first."""
    with reading() as db:
        rows = db.scalars(select(OutboxEvent.payload).where(OutboxEvent.name == f"notifications.{name}").order_by(OutboxEvent.id))
        return [json.loads(row) if isinstance(row, str) else row for row in rows]


def test_who_listens_is_told_what_was_sent_what_failed_and_which_address_is_none(only: Any, ring: Any, ann: int, tower: Any, work: Work, told: Any):
    only("only")
    ring(ann)
    work()
    [first] = told()
    tower.answer = lambda channel, said: {"refuse": "no_address", "code": 550, "gone": True}
    ring(ann, 2)
    work()
    second = told()[-1]
    assert published("message.sent") == [{"message_id": first.id, "kind": "bells.only", "channel": "paid"}]
    assert published("message.failed") == [{"message_id": second.id, "kind": "bells.only", "channel": "paid", "reason": "no_address"}]
    assert published("address.bounced") == [{"recipient_kind": "customer", "recipient_id": ann, "channel": "paid"}]


def test_words_of_another_plugin_are_filled_and_one_that_fails_or_left_is_empty(only: Any, ring: Any, ann: int, tower: Any, work: Work, told: Any, owner: Actor):
    only("service")
    asked: list[Any] = []

    def points(db: Any, event: Any, locale: str) -> int:
        asked.append((event["bell_id"], locale))
        if event["bell_id"] == 2:
            raise RuntimeError("the club is closed")
        return 1200

    Belfry.words = [KindVariable({"bells.service"}, MessageVariable("points", "Points", 7, "number", required=True), points)]
    kind = kinds.kind_of("bells.service")
    for text in ("Bell {points}", "{strange}"):
        assert (texts.wrong_text(kind, text) is None) == (text == "Bell {points}")
    with unit_of_work() as db:
        texts.change_text(db, kind_id="bells.service", locale="en", subject="Bell {bell}", body="{points} points", actor=owner, now=clock.now())
    for bell in (1, 2):
        ring(ann, bell)
        work()
    Belfry.words = []  # its plugin is switched off
    ring(ann, 3)
    work()
    assert [one.body for one in told()] == ["1,200 points", "points", "points"]
    assert [one.state for one in told()] == ["sent"] * 3
    assert asked[0] == (1, "en")
