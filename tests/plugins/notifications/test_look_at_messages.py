"""What people see and choose: the customer in the shop, staff in the admin."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from flask_appbuilder.security.sqla.models import User
from marshmallow import RAISE
from sqlalchemy import func, select
from zhanggui_bells.plugin import Belfry

from zhanggui.api import Actor, IllegalMove, Invalid, Operation, clock, erase_person, notify, reading, unit_of_work
from zhanggui.audit.models import AuditEntry
from zhanggui.auth import service as accounts
from zhanggui_customers.models import Customer
from zhanggui_notifications import people, rest
from zhanggui_notifications.models import Attempt, Consent, Message, Preference
from zhanggui_notifications.rules import BadText, filled, night_ends, places
from zhanggui_notifications.services import choosing, delivering, kinds, replay, texts

NOW = "2026-03-02T04:00:00+00:00"


def customer_id() -> int:
    with reading() as db:
        return db.scalar(select(func.max(Customer.id))) or 0


@pytest.mark.parametrize("operation", rest.OPERATIONS, ids=lambda one: f"{one.method} {one.path}")
def test_the_example_is_what_the_shop_answers(operation: Operation, sign_in: Any, work: Callable[[], None]):
    from datetime import datetime

    with clock.hold(datetime.fromisoformat(NOW)):
        ann = sign_in()
        work()
        assert operation.example is not None
        asked = operation.example["request"]
        Belfry.missing = {"paid", "free"}
        response = ann.send(operation.method, operation.path, **({"json": asked["body"]} if "body" in asked else {}))
    assert response.status_code == operation.example["status"], response.text
    answer = response.get_json()
    expected = operation.example["response"]
    for item, wanted in zip(answer.get("items", ()), expected.get("items", ()), strict=True):
        item.update({name: wanted[name] for name in ("id", "title") if name in wanted})
    assert answer == expected
    assert operation.answer is not None
    operation.answer(unknown=RAISE).load(answer)


def test_a_customer_reads_his_messages_and_nobody_elses(sign_in: Any, ring: Any, only: Any, work: Any):
    only("service")
    ann = sign_in("ann")
    mine = customer_id()
    bob = sign_in("bob")
    for bell in range(1, 4):
        ring(mine, bell)
        work()  # of two that wait together either may be told first
    first = ann.get("/messages", query_string={"limit": 2})
    assert [item["title"] for item in first["items"]] == ["Bell 3", "Bell 2"] and first["unread"] == 3
    rest_ = ann.get("/messages", query_string={"limit": 2, "cursor": first["next"]})
    assert [item["title"] for item in rest_["items"]] == ["Bell 1"] and rest_["next"] is None
    assert bob.get("/messages")["items"] == []
    assert bob.send("GET", "/messages", query_string={"cursor": first["next"]}).status_code == 400
    bob.post("/messages/read", {"ids": [first["items"][0]["id"]]})
    assert ann.get("/messages")["unread"] == 3
    assert ann.post("/messages/read", {"ids": [first["items"][0]["id"]]}).get_json() == {"unread": 2}
    assert ann.post("/messages/read", {"ids": []}).get_json() == {"unread": 0}


def test_what_a_customer_chooses_is_kept_as_he_said_it(sign_in: Any):
    ann = sign_in()
    said = ann.send("PUT", "/preferences", json={"items": [{"category": "marketing", "allowed": True}, {"category": "service", "channel": "free", "allowed": False}]})
    by_name = {item["category"]: item for item in said.get_json()["items"]}
    assert by_name["marketing"]["allowed"] is True
    assert {one["channel"]: one["allowed"] for one in by_name["service"]["channels"]} == {"paid": True, "free": False}
    ann.send("PUT", "/preferences", json={"items": [{"category": "marketing", "allowed": False}]})
    with reading() as db:
        kept = [(one.category, one.channel, one.allowed) for one in db.scalars(select(Consent).order_by(Consent.id))]
    assert kept == [("marketing", "*", True), ("service", "free", False), ("marketing", "*", False)]


@pytest.mark.parametrize("item", [{"category": "service", "allowed": False}, {"category": "security", "allowed": False}, {"category": "care", "channel": "inbox", "allowed": False}])
def test_facts_of_an_order_and_the_list_cannot_be_switched_off(item: dict[str, Any], sign_in: Any):
    assert sign_in().send("PUT", "/preferences", json={"items": [item]}).status_code == 422


def test_what_was_agreed_to_is_never_changed(ann: int, instance: Any):
    from sqlalchemy.exc import DBAPIError

    with unit_of_work() as db:
        choosing.choose(db, recipient_kind="customer", recipient_id=ann, said=[("care", "*", False)], source="storefront", now=clock.now())
    with pytest.raises(DBAPIError), unit_of_work() as db:
        db.execute(Consent.__table__.update().values(allowed=True))


def told_staff(now: Any, **more: Any) -> None:
    with unit_of_work() as db:
        notify(db, kind="inventory.low", title="Low stock: tea", href="/stock/1", permission=("can_list", "inventory.StockLevel"), now=now, **more)


def test_a_notice_comes_to_who_chose_it_may_see_it_and_works_here(instance: Any, tower: Any, work: Any, told: Any, visit: Any):
    visit("warehouse")
    with unit_of_work() as db:
        accounts.create_user(db, username="guest", password="a long enough one", roles=[], actor=Actor("system"), now=clock.now())  # noqa: S106
        users = dict(db.execute(select(User.username, User.id)).tuples().all())
        for user_id in users.values():
            choosing.choose(db, recipient_kind="user", recipient_id=user_id, said=[("inventory.low", "free", True)], source="admin", now=clock.now())
    told_staff(clock.now())
    work()
    [message] = told()
    assert (message.recipient_id, message.kind_id, message.state) == (users["warehouse"], "inventory.low", "sent")
    assert tower.heard[0][1]["href"].endswith("/stock/1") and tower.heard[0][1]["subject"] == "Low stock: tea"


def test_a_group_is_told_on_the_channels_that_the_shop_chose(instance: Any, owner: Actor, tower: Any, work: Any, told: Any):
    told_staff(clock.now())
    work()
    assert told() == []
    with unit_of_work() as db:
        kinds.switch_channel(db, kind_id="inventory.low", channel="gong", on=True, actor=owner, now=clock.now())
    told_staff(clock.now())
    work()
    assert [(one.recipient_kind, one.channel, one.state) for one in told()] == [("group", "gong", "sent")]
    assert tower.channels() == ["gong"]


def test_a_notice_without_a_kind_of_its_own_is_one_of_the_others(instance: Any, owner: Actor, work: Any, told: Any):
    with unit_of_work() as db:
        kinds.switch_channel(db, kind_id="core.notice", channel="gong", on=True, actor=owner, now=clock.now())
        notify(db, kind="core.task.ended", title="Done", now=clock.now())
    told_staff(clock.now())
    work()
    assert [one.kind_id for one in told()] == ["core.notice"]


def test_the_log_says_why_and_keeps_what_was_said_sealed(only: Any, ring: Any, ann: int, work: Any, visit: Any):
    only("service")
    Belfry.grants, Belfry.word = 0, "the secret of the tower"
    ring(ann)
    work()
    boss = visit("owner")
    listed = boss.get("/sent-messages/").text
    assert "Service" in listed and "the secret" not in listed
    shown = boss.get("/sent-messages/1").text
    assert "has not allowed this message" in shown and "the secret" not in shown
    assert boss.get("/sent-messages/?kind_id=bells.service&channel=free&state=sent").status_code == 200
    said = boss.post("/sent-message-texts/1")
    assert "the secret of the tower" in said.text
    with reading() as db:
        assert db.scalar(select(func.count()).select_from(AuditEntry).where(AuditEntry.action == "notifications.message.revealed")) == 1
    viewer = visit("viewer")
    assert "Read what it said" not in viewer.get("/sent-messages/1").text
    assert viewer.post("/sent-message-texts/1").status_code in (302, 403)


def test_a_page_of_the_log_asks_as_often_however_long_it_is(only: Any, ring: Any, ann: int, work: Any, visit: Any, instance: Any):
    from sqlalchemy import event

    only("service")
    boss, counts = visit("owner"), []
    for bell in range(1, 9):
        ring(ann, bell)
        if bell in (1, 8):
            work()
            asked: list[str] = []

            def note(_c: Any, _u: Any, statement: str, *_rest: Any, asked: list[str] = asked) -> None:
                asked.append(statement)

            boss.get("/sent-messages/")
            event.listen(instance.engine, "before_cursor_execute", note)
            boss.get("/sent-messages/")
            event.remove(instance.engine, "before_cursor_execute", note)
            counts.append(len(asked))
    assert counts[0] == counts[1]


def test_what_did_not_leave_is_sent_again_and_what_left_only_as_another(only: Any, ring: Any, ann: int, owner: Actor, work: Any, told: Any, tower: Any):
    only("only")
    Belfry.nobody = {"paid"}
    ring(ann)
    work()
    [message] = told()
    assert message.state == "failed"
    Belfry.nobody = set()
    with unit_of_work() as db:
        replay.send_again(db, id=message.id, actor=owner, now=clock.now())
    delivering.run()
    assert [one.state for one in told()] == ["sent"]
    with pytest.raises(IllegalMove), unit_of_work() as db:
        replay.send_again(db, id=message.id, actor=owner, now=clock.now())
    with unit_of_work() as db:
        replay.send_twice(db, id=message.id, actor=owner, now=clock.now())
    delivering.run()
    assert [one.dedupe_key.endswith("#2") for one in told()] == [False, True] and len(tower.heard) == 2


def test_what_is_too_late_is_asked_about_before_it_is_sent_again(only: Any, ring: Any, ann: int, owner: Actor, work: Any, told: Any):
    from datetime import timedelta

    only("only")
    Belfry.nobody = {"paid"}
    ring(ann)
    work()
    with clock.hold(clock.now() + timedelta(days=9)):
        with pytest.raises(IllegalMove), unit_of_work() as db:
            replay.send_again(db, id=1, actor=owner, now=clock.now())
        Belfry.nobody = set()
        with unit_of_work() as db:
            replay.send_again(db, id=1, late=True, actor=owner, now=clock.now())
        delivering.run()
    assert told()[0].state == "sent"


def test_kinds_are_switched_on_a_screen_by_who_may(only: Any, visit: Any):
    only("service")
    boss = visit("owner")
    page = boss.get("/message-kinds/").text
    assert "Free bell" in page and "Gong" not in page
    assert "Gong" in boss.get("/message-kinds/?for=staff").text
    assert boss.post("/message-kinds/switch", data={"kind": "bells.service", "channel": "free", "on": "0"}).status_code == 303
    with reading() as db:
        assert kinds.chosen(db)["bells.service"].channels == ("paid", "inbox")
    assert visit("viewer").post("/message-kinds/switch", data={"kind": "bells.service", "channel": "free", "on": "1"}).status_code in (302, 403)
    form = boss.get("/message-kinds/bells.service").text
    assert "Too late after" in form
    assert boss.get("/message-kinds/bells.nothing").status_code == 404


def test_each_of_the_staff_chooses_for_himself(instance: Any, visit: Any):
    clerk = visit("clerk")
    assert "New paid order" in clerk.get("/my-messages/").text
    assert clerk.post("/my-messages/switch", data={"kind": "orders.paid", "channel": "free", "on": "1"}).status_code == 303
    assert clerk.post("/my-messages/switch", data={"kind": "bells.service", "channel": "free", "on": "1"}).status_code == 404
    with reading() as db:
        assert [(one.recipient_kind, one.category, one.channel, one.allowed) for one in db.scalars(select(Preference))] == [("user", "orders.paid", "free", True)]


WRONG = [("{nothing}", "{nothing} is none"), ("{word", "A brace stands alone"), ("", "Write both")]


@pytest.mark.parametrize(("text", "why"), WRONG)
def test_words_that_cannot_be_filled_cannot_be_saved(text: str, why: str, instance: Any, owner: Actor):
    with pytest.raises(Invalid) as refused, unit_of_work() as db:
        texts.change_text(db, kind_id="bells.service", locale="en", subject="Fine {word}", body=text, actor=owner, now=clock.now())
    assert why in str(refused.value.errors["body_en"])


def test_of_somebody_who_is_erased_no_word_stays(only: Any, ring: Any, ann: int, owner: Actor, work: Any):
    only("service")
    Belfry.word = "dear Ann"
    ring(ann)
    work()
    person = ("customers.Customer", ann)
    with reading() as db:
        assert "dear Ann" in str(people.export(db, person))
    with unit_of_work() as db:
        erase_person(db, person, actor=owner, now=clock.now())
    with reading() as db:
        message = db.scalars(select(Message)).one()
        assert (message.subject, message.body, message.data, message.href, message.shown_at) == (None, None, None, None, None)
        assert message.state == "sent"
        assert set(db.scalars(select(Attempt.rendered))) == {None}


def test_braces_and_nights_are_worked_out_without_a_shop():
    from datetime import datetime
    from zoneinfo import ZoneInfo

    assert filled("{{a}} {b}", {"b": "{c}"}) == "{a} {c}"
    assert places("{{no}} {yes}") == ["yes"]
    with pytest.raises(BadText):
        places("{no")
    berlin = ZoneInfo("Europe/Berlin")
    spring = datetime.fromisoformat("2026-03-29T00:30:00+00:00")  # half an hour before the clocks go on
    assert night_ends(spring, berlin, 22, 8) == datetime.fromisoformat("2026-03-29T06:00:00+00:00")
    assert night_ends(spring, berlin, 8, 8) is None
    assert night_ends(datetime.fromisoformat("2026-03-02T02:30:00+00:00"), berlin, 1, 4) == datetime.fromisoformat("2026-03-02T03:00:00+00:00")
