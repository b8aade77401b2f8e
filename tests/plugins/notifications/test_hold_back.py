"""Rules of other plugins are asked before a message leaves: they hold it back for good or for a while, of one person and of a campaign alike."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from campaigning import beats, begun, make, of, r, state, told
from sqlalchemy import select
from zhanggui_bells.plugin import Belfry

from zhanggui.api import Actor, Envelope, clock, reading
from zhanggui_notifications.contracts import Hold
from zhanggui_notifications.models import Message
from zhanggui_notifications.services import delivering

Work = Callable[[], None]


def hold(*people: int, detail: str = "complains", until: Any = None) -> list[Envelope]:
    """Messages to these people are held back; what the rule was asked about."""
    asked: list[Envelope] = []

    def guard(db: Any, envelope: Envelope) -> Hold | None:
        asked.append(envelope)
        return Hold(detail, until) if envelope.recipient.id in people else None

    Belfry.guards = [guard]
    return asked


def test_a_rule_sees_the_words_and_its_no_is_kept_with_the_reason(only: Any, ring: Any, ann: int, tower: Any, work: Work, told: Any, tried: Any):
    only("service")
    asked = hold(ann)
    ring(ann)
    work()
    assert [(one.kind, one.recipient.id, one.subject, one.body, one.address) for one in asked] == [("bells.service", ann, "Bell 1", "It says dong", "")]
    [message] = told()
    assert (message.state, message.reason, message.detail) == ("skipped", "refused_here", "complains")
    assert (tried(message), tower.heard, message.shown_at) == ([], [], None)


def test_what_a_rule_holds_for_a_while_is_asked_about_again_then(only: Any, ring: Any, ann: int, tower: Any, work: Work, told: Any):
    only("service")
    now = clock.now()
    asked = hold(ann, until=now + timedelta(hours=2))
    ring(ann)
    work()
    assert (told()[0].state, told()[0].reason, told()[0].not_before) == ("queued", "refused_here", now + timedelta(hours=2))
    hold()
    for hours, heard in ((1, 0), (3, 1)):
        with clock.hold(now + timedelta(hours=hours)):
            delivering.run()
        assert len(tower.heard) == heard
    assert len(asked) == 1 and told()[0].state == "sent"


def test_what_is_held_longer_than_it_is_worth_is_never_sent_late(only: Any, ring: Any, ann: int, tower: Any, work: Work, told: Any):
    only("service")
    hold(ann, until=clock.now() + timedelta(days=30))
    ring(ann)
    work()
    hold()
    with clock.hold(clock.now() + timedelta(days=4)):
        delivering.run()
    assert (told()[0].state, tower.heard) == ("expired", [])


def test_what_keeps_somebody_safe_is_held_back_by_nobody(only: Any, ring: Any, ann: int, tower: Any, work: Work, told: Any):
    only("safe")
    asked = hold(ann)
    ring(ann)
    work()
    assert (told()[0].state, tower.channels(), asked) == ("sent", ["free"], [])


def test_a_rule_that_fails_holds_nothing_back_and_harms_nothing(only: Any, ring: Any, ann: int, tower: Any, work: Work, told: Any):
    from sqlalchemy import text

    def broken(db: Any, envelope: Envelope) -> None:
        db.execute(text("SELECT nothing FROM nowhere"))

    only("service")
    Belfry.guards = [broken]
    ring(ann)
    work()
    assert (told()[0].state, tower.channels()) == ("sent", ["paid"])


@pytest.mark.parametrize("channels", [["inbox"], ["free", "inbox"]], ids=["list", "far"])
def test_a_campaign_asks_about_each(channels: list[str], instance: Any, owner: Actor, tower: Any):
    """Those that stand in lists alone go by hundreds, unless somebody has to be asked."""
    ids = make(8)
    asked = hold(*ids[2:5])
    id = begun(owner, channels=channels)
    beats(3)
    assert (of(id), state(id)) == ({"sent": 5, "skipped": 3}, "finished")
    assert {one.recipient.id for one in asked} == set(ids)
    with reading() as db:
        held = dict(db.execute(select(r.customer_id, r.reason).where(r.campaign_id == id, r.state == "skipped")).tuples().all())
        shown = set(db.scalars(select(Message.recipient_id).where(Message.shown_at.is_not(None))))
    assert held == dict.fromkeys(ids[2:5], "refused_here")
    assert shown == {*ids[:2], *ids[5:]} and set(told(id)) == set(ids)
