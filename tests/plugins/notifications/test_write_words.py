"""Words are written as a draft, published when they can be filled, kept in every version; and who wants to leave, leaves by one tap."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Any

import pytest
from sqlalchemy import select
from werkzeug.test import Client
from zhanggui_bells.plugin import Belfry

from zhanggui.api import Actor, Invalid, Recipient, clock, reading, unit_of_work
from zhanggui_notifications import leaving, rules
from zhanggui_notifications.models import Address, Consent, Template
from zhanggui_notifications.services import addresses, kinds, texts

KIND = "bells.only"
Work = Callable[[], None]


def write(subject: str, body: str, **more: Any) -> None:
    with unit_of_work() as db:
        texts.save_draft(db, kind_id=KIND, **{"channel": "*", "locale": "en", **more}, subject=subject, body=body, now=clock.now())


def publish(owner: Actor, channel: str = "*") -> None:
    with unit_of_work() as db:
        texts.publish(db, kind_id=KIND, channel=channel, actor=owner, now=clock.now())


def test_nobody_is_told_in_the_words_of_a_draft(only: Any, ring: Any, ann: int, owner: Actor, tower: Any, work: Work, told: Any):
    only("only")
    write("New", "Now {word}")
    ring(ann)
    work()
    publish(owner)
    ring(ann, 2)
    work()
    assert [said["body"] for _channel, said in tower.heard] == ["It says dong", "Now dong"]
    with reading() as db:
        from zhanggui_notifications.models import Attempt

        assert list(db.scalars(select(Attempt.version).order_by(Attempt.id))) == [None, 1]


def test_a_channel_has_words_of_its_own(only: Any, ring: Any, ann: int, owner: Actor, tower: Any, work: Work):
    only("service")
    with unit_of_work() as db:
        texts.change_text(db, kind_id="bells.service", locale="en", subject="P", body="Paid {word}", channel="paid", actor=owner, now=clock.now())
    ring(ann)
    Belfry.nobody = set()
    work()
    Belfry.nobody = {"paid"}
    ring(ann, 2)
    work()
    assert [(channel, said["body"]) for channel, said in tower.heard] == [("paid", "Paid dong"), ("free", "It says dong")]


def test_an_earlier_version_is_brought_back_as_a_new_one(instance: Any, owner: Actor):
    for body in ("First {word}", "Second {word}"):
        write("T", body)
        publish(owner)
    with reading() as db:
        first = texts.history(db, KIND, "*")[-1]
    with unit_of_work() as db:
        texts.bring_back(db, id=first.id, actor=owner, now=clock.now())
    with reading() as db:
        rows = db.execute(select(Template.version, Template.state, Template.body).order_by(Template.version)).all()
        assert [tuple(row) for row in rows] == [(1, "retired", "First {word}"), (2, "retired", "Second {word}"), (3, "published", "First {word}")]
        assert kinds.chosen(db, [KIND])[KIND].words("*", "en").body == "First {word}"


@pytest.mark.parametrize(
    ("body", "why"),
    [("{nothing}", "is none"), ("{word", "brace"), ("{word|money}", "cannot be used"), ("{word|rot}", "cannot be used")],
)
def test_what_cannot_be_filled_is_kept_as_a_draft_and_not_published(body: str, why: str, instance: Any, owner: Actor, visit: Any):
    write("T", body)
    with pytest.raises(Invalid) as refused:
        publish(owner)
    assert why in str(refused.value.errors["body_en"])
    page = visit("owner").get(f"/message-words/{KIND}").text
    assert why in page and "draft" in page


def test_a_text_longer_than_its_channel_takes_is_not_published(instance: Any, owner: Actor):
    write("T", "x" * 21, channel="free")
    with pytest.raises(Invalid) as refused:
        publish(owner, "free")
    assert "20" in str(refused.value.errors["body_en"])


def test_filters_are_a_closed_list():
    values = rules.Values(name="Wang Xiaoming", items="tea, cup, pot")
    values.raw = {"name": "Wang Xiaoming", "items": ["tea", "cup", "pot"]}
    assert rules.filled("{name|mask} {items|first:2}", values) == "W******g tea, cup…"


def test_the_preview_says_what_is_wrong_and_keeps_nothing(instance: Any, visit: Any):
    boss = visit("owner")
    page = boss.post(f"/message-words/{KIND}/preview", data={"subject_en": "Hi {bell}", "body_en": "{oops}", "subject_zh_CN": "钟", "body_zh_CN": "响 {word}"}).text
    assert "{oops}" in page and "响 dong" in page
    with reading() as db:
        assert db.scalar(select(Template.id)) is None
    assert visit("viewer").post(f"/message-words/{KIND}/preview", data={}).status_code in (302, 403)


def test_words_are_published_from_the_screen(instance: Any, visit: Any):
    boss = visit("owner")
    assert boss.post(f"/message-words/{KIND}", data={"subject_en": "Hi", "body_en": "{oops}", "do": "publish"}).status_code == 422
    assert boss.post(f"/message-words/{KIND}", data={"subject_en": "Hi", "body_en": "{word}!", "do": "publish"}).status_code == 303
    assert "In use" in boss.get(f"/message-words/{KIND}").text
    with reading() as db:
        assert kinds.chosen(db, [KIND])[KIND].words("*", "en").body == "{word}!"


def test_looking_at_the_page_of_leaving_changes_nothing_and_a_tap_cancels_what_waits(
    only: Any, ring: Any, ann: int, work: Work, told: Any, setting: Any, site: Any
):  # fmt: skip
    only("care")
    setting(quiet_from=22, quiet_until=8)
    with clock.hold(datetime.fromisoformat("2026-03-02T15:00:00+00:00")):
        ring(ann)
        work()
        where = leaving.PATH + leaving.address(ann, "care", "email").partition(leaving.PATH)[2]
        outside = Client(site)  # no session, so no token of a form
        assert outside.get(where).status_code == 200
        assert told()[0].state == "held"
        assert outside.post(where, data={"List-Unsubscribe": "One-Click"}).status_code == 200
        assert (told()[0].state, told()[0].reason) == ("canceled", "no_consent")
    with reading() as db:
        assert [(one.category, one.channel, one.allowed, one.source) for one in db.scalars(select(Consent))] == [("care", "*", False, "email")]
    assert outside.post(where[:-3] + "abc").status_code == 404


def test_what_keeps_safe_cannot_be_left(instance: Any):
    assert leaving.address(1, "security", "email") == ""


def test_an_address_from_which_mail_came_back_is_passed_over(only: Any, ring: Any, ann: int, tower: Any, work: Work, told: Any, tried: Any):
    only("service")
    with unit_of_work() as db:
        addresses.came_back(db, channel="paid", recipient=Recipient("customer", ann), address=f"paid:customer:{ann}", code="550", now=clock.now())
    ring(ann)
    work()
    assert tried(told()[0]) == [("paid", "passed", "bounced"), ("free", "sent", None)]
    with reading() as db:
        assert db.scalar(select(Address.code)) == "550"


def test_the_sixth_of_a_kind_in_an_hour_stands_in_the_list_alone(only: Any, ring: Any, ann: int, tower: Any, work: Work, told: Any, setting: Any, tried: Any):
    only("service")
    setting(service_hour=5)
    for bell in range(1, 7):
        ring(ann, bell)
    work()
    assert tower.channels() == ["paid"] * 5
    last = next(one for one in told() if one.channel == "inbox")
    assert last.state == "sent" and ("paid", "passed", "capped") in tried(last)
