"""From what happened in the shop to a real mail server and back: how one leaves, what comes back, and a test that only its writer gets."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest
from campaigning import beats, begun
from flask_appbuilder.security.sqla.models import User
from sqlalchemy import func, select, update
from told_shop import FOLDERS, set_to
from werkzeug.test import Client

from zhanggui.api import SYSTEM, Actor, IllegalMove, MessageVariable, Money, acting_as, clock, notify, reading, unit_of_work, written_in
from zhanggui.audit.models import AuditEntry
from zhanggui.auth import service as accounts
from zhanggui.cli import sandbox as sandboxes
from zhanggui.config.loader import PREFIX
from zhanggui.host import refresh
from zhanggui.host.service import enable_plugin
from zhanggui.jobs import runner
from zhanggui.runtime import Runtime, activated, open_runtime
from zhanggui_customers.services import profile
from zhanggui_notifications import leaving, rules
from zhanggui_notifications.jobs import tidy
from zhanggui_notifications.models import Address, Attempt, Consent, Message
from zhanggui_notifications.services import choosing, delivering, kinds, texts, trying
from zhanggui_sandbox import Keyring, Sandbox, running

MAIL = "wang@customers.example"
SHOP = "https://shop.example"
Work = Callable[[], None]


@pytest.fixture(scope="module")
def keys() -> Keyring:
    return Keyring.make()


@pytest.fixture
def sandbox(tmp_path: Path, keys: Keyring) -> Iterator[Sandbox]:
    with running(tmp_path / "sandbox", keys=keys, mail_port=0) as sandbox:
        yield sandbox


@pytest.fixture
def instance(databases: Any, kind: str, tower: Any, sandbox: Sandbox) -> Iterator[Runtime]:
    """A shop with an address of its own, whose mail ends in the sandbox."""
    given = sandboxes.as_settings(sandbox.ask("GET", "/_sim/credentials"), sandbox.url, sandbox.mail_port)
    values = {key.removeprefix(PREFIX): value for key, value in given.items()}
    runtime = open_runtime(databases.fresh(
        kind, OUTSIDE__ALLOWED="127.0.0.1", PLUGINS__FOLDERS=FOLDERS, WEB__PUBLIC_URL=SHOP, WEB__TRUSTED_HOSTS="shop.example,localhost", **values
    ))  # fmt: skip
    with activated(runtime), acting_as(SYSTEM):
        refresh(runtime)
        enable_plugin("bells", actor=SYSTEM, now=clock.now())
        refresh(runtime)
        set_to(quiet_from=0, quiet_until=0)
        yield runtime
    databases.drop(runtime)


@pytest.fixture
def wang(instance: Runtime, owner: Actor) -> int:
    """A customer with a mail address, who is told of the bells by mail."""
    with unit_of_work() as db:
        kinds.change_kind(db, kind_id="bells.care", channels=["email", "inbox"], actor=owner, now=clock.now())
        return profile.create_customer(db, name="Wang Wei", email=MAIL, locale="en", actor=owner, now=clock.now())


def mails(sandbox: Sandbox) -> list[dict[str, Any]]:
    """What came, the newest first."""
    found: list[dict[str, Any]] = sandbox.ask("GET", "/_sim/messages?channel=email")["items"]
    return found


def test_a_mail_bears_the_address_by_which_one_leaves_without_login(only: Any, ring: Any, wang: int, work: Work, told: Any, sandbox: Sandbox, site: Any):
    only("care")
    ring(wang)
    work()
    [mail] = mails(sandbox)
    assert (mail["who"], mail["title"]) == (MAIL, "Bell 1")
    heads = mail["headers"]
    assert heads["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
    leave = heads["List-Unsubscribe"].strip("<>")
    assert leave.startswith(f"{SHOP}{leaving.PATH}/")
    program = Client(site)  # of the mail program: no session, no token of a form
    base = {"base_url": "http://localhost"}
    assert program.get(leave.removeprefix(SHOP), **base).status_code == 200
    ring(wang, 2)
    work()
    assert len(mails(sandbox)) == 2  # looking changed nothing
    assert program.post(leave.removeprefix(SHOP), data={"List-Unsubscribe": "One-Click"}, **base).status_code == 200
    ring(wang, 3)
    work()
    assert len(mails(sandbox)) == 2
    assert (told()[-1].state, told()[-1].reason) == ("skipped", "no_consent")
    with reading() as db:
        assert [(one.recipient_id, one.category, one.allowed, one.source) for one in db.scalars(select(Consent))] == [(wang, "care", False, "email")]


def test_an_address_that_the_server_does_not_know_is_passed_over_from_then_on(only: Any, ring: Any, wang: int, work: Work, told: Any, tried: Any, sandbox: Sandbox, owner: Actor):
    only("care")
    sandbox.ask("POST", "/_sim/faults", {"kind": "refuse", "operation": "mail", "code": 550, "text": "5.1.1 no such user"})
    ring(wang)
    work()
    assert tried(told()[0]) == [("email", "refused", "no_address"), ("inbox", "sent", None)]
    with reading() as db:
        assert [(one.channel, one.state, one.code) for one in db.scalars(select(Address))] == [("email", "bounced", "550")]
    ring(wang, 2)  # the server would take it by now
    work()
    assert tried(told()[1]) == [("email", "passed", "bounced"), ("inbox", "sent", None)]
    assert mails(sandbox) == []
    with unit_of_work() as db:  # a new address is another one
        profile.update_customer(db, id=wang, row_version=None, email="wei@customers.example", actor=owner, now=clock.now())
    ring(wang, 3)
    work()
    assert tried(told()[2]) == [("email", "sent", None)]
    assert [one["who"] for one in mails(sandbox)] == ["wei@customers.example"]


@pytest.mark.parametrize("kind", ["sqlite"])
def test_a_refusal_of_what_is_in_a_mail_says_nothing_against_its_address(only: Any, ring: Any, wang: int, work: Work, told: Any, tried: Any, sandbox: Sandbox):
    only("care")
    sandbox.ask("POST", "/_sim/faults", {"kind": "refuse", "operation": "mail", "code": 550, "text": "5.7.1 we take no mail of yours"})
    ring(wang)
    ring(wang, 2)
    work()
    assert sorted(tried(one)[0][:2] for one in told()) == [("email", "refused"), ("email", "sent")]


def member(name: str = "ann", mail: str = "ann@shop.example") -> Actor:
    """Somebody who writes messages."""
    with unit_of_work() as db:
        number = accounts.create_user(db, username=name, password="correct horse 42", roles=["clerk"], actor=SYSTEM, now=clock.now())
        db.execute(update(User).where(User.id == number).values(email=mail))
    return Actor("user", number, name, everything=True)


@pytest.mark.parametrize("kind", ["sqlite"])
def test_a_test_goes_to_who_writes_it_is_marked_and_is_no_message(only: Any, wang: int, work: Work, told: Any, sandbox: Sandbox):
    ann = member()
    with unit_of_work() as db:
        texts.save_draft(db, kind_id="bells.care", channel="*", locale="en", subject="Hear, {bell}", body="It goes {word}", now=clock.now())
    said = trying.try_out("bells.care", "en", "*", actor=ann, now=clock.now())
    assert "ann@shop.example" in str(said)
    [mail] = mails(sandbox)
    assert (mail["who"], mail["title"]) == ("ann@shop.example", "[Test] Hear, 1")
    assert "[Test]" in mail["body"] and "It goes dong" in mail["body"]
    assert "List-Unsubscribe" not in mail["headers"]
    work()
    with reading() as db:
        assert told() == [] and db.scalar(select(func.count()).select_from(Attempt)) == 0
        assert db.scalar(select(func.count()).select_from(AuditEntry).where(AuditEntry.action == "notifications.text.tried")) == 1


@pytest.mark.parametrize("kind", ["sqlite"])
def test_a_test_that_cannot_be_sent_says_why(wang: int, sandbox: Sandbox):
    with pytest.raises(IllegalMove, match="no e-mail address"):
        trying.try_out("bells.care", "en", "*", actor=member("bob", ""), now=clock.now())
    with pytest.raises(IllegalMove, match="no e-mail address"):
        trying.try_out("bells.care", "en", "*", actor=SYSTEM, now=clock.now())
    ann = member()
    with unit_of_work() as db:
        texts.save_draft(db, kind_id="bells.care", channel="*", locale="en", subject="T", body="{oops}", now=clock.now())
    with pytest.raises(IllegalMove, match="oops"):
        trying.try_out("bells.care", "en", "*", actor=ann, now=clock.now())
    with unit_of_work() as db:
        texts.save_draft(db, kind_id="bells.care", channel="*", locale="en", subject="T", body="{word}", now=clock.now())
    sandbox.ask("POST", "/_sim/faults", {"kind": "refuse", "operation": "mail"})
    with pytest.raises(IllegalMove, match="mail server"):
        trying.try_out("bells.care", "en", "*", actor=ann, now=clock.now())
    assert mails(sandbox) == []
    with clock.hold(clock.now()):
        for _one in range(trying.AN_HOUR - 1):
            trying.try_out("bells.care", "en", "*", actor=ann, now=clock.now())
        with pytest.raises(IllegalMove, match="Enough"):
            trying.try_out("bells.care", "en", "*", actor=ann, now=clock.now())
    assert len(mails(sandbox)) == trying.AN_HOUR - 1


def test_what_was_handed_over_is_forgotten_after_ninety_days_and_that_it_was_stays(only: Any, ring: Any, wang: int, work: Work, told: Any):
    only("care")
    ring(wang)
    work()

    def kept() -> list[Any]:
        with reading() as db:
            return list(db.execute(select(Attempt.channel, Attempt.rendered, Attempt.provider_ref).order_by(Attempt.id)).tuples())

    began = clock.now()
    assert kept()[0][1]["address"] == MAIL
    for days, texts_there, messages_there in ((89, True, 1), (91, False, 1), (401, False, 0)):
        with clock.hold(began + timedelta(days=days)):
            tidy.function()
        rows = kept()
        assert len(told()) == messages_there == len(rows)
        assert all((rendered is not None) == texts_there for _channel, rendered, _ref in rows)
        assert not rows or rows[0][2] == f"<{told()[0].public_id}@sandbox.example>"


@pytest.mark.parametrize("kind", ["sqlite"])
def test_what_waits_is_not_forgotten_however_old(only: Any, ring: Any, wang: int, work: Work, told: Any, setting: Any):
    only("care")
    ring(wang)
    runner.drain("default")
    with clock.hold(clock.now() + timedelta(days=401)):
        tidy.function()
        assert [one.state for one in told()] == ["queued"]
        delivering.run()
    with reading() as db:
        assert db.scalars(select(Message.state)).all() == ["expired"]


@pytest.mark.parametrize("kind", ["sqlite"])
def test_of_two_groups_the_one_that_was_told_is_not_told_again(only: Any, tower: Any, work: Work, told: Any, sandbox: Sandbox, owner: Actor):
    with unit_of_work() as db:
        for channel in ("gong", "feishu"):
            kinds.switch_channel(db, kind_id="core.notice", channel=channel, on=True, actor=owner, now=clock.now())
        notify(db, kind="core.task.ended", title="Done", now=clock.now())
    answers = iter([503, 503])
    tower.answer = lambda channel, said: next(answers, {})
    work()
    for minutes in (2, 9):
        with clock.hold(clock.now() + timedelta(minutes=minutes)):
            delivering.run()
    assert {one.channel: one.state for one in told()} == {"gong": "sent", "feishu": "sent"}
    assert len(tower.heard) == 3
    assert len(sandbox.ask("GET", "/_sim/messages?channel=feishu")["items"]) == 1


@pytest.mark.parametrize("kind", ["sqlite"])
def test_a_campaign_in_one_language_is_read_in_it_by_all(wang: int, owner: Actor, told: Any):
    with unit_of_work() as db:
        choosing.choose(db, recipient_kind="customer", recipient_id=wang, said=[("marketing", choosing.ALL, True)], source="storefront", now=clock.now())
    begun(owner, subject_en="", body_en="", subject_zh_CN="春茶到了", body_zh_CN="{name}，请来看看。")
    beats(2)
    [message] = told()
    assert (message.subject, message.body, message.state, message.locale) == ("春茶到了", "Wang Wei，请来看看。", "sent", "en")


@pytest.mark.parametrize("kind", ["sqlite"])
def test_amounts_and_days_are_written_as_the_reader_writes_them(instance: Runtime):
    variables = [MessageVariable("total", "Total", Money(123450, "CNY"), type="money"), MessageVariable("on", "Day", date(2026, 3, 2), type="date")]
    given = {"total": Money(123450, "CNY"), "on": date(2026, 3, 2)}
    written = {}
    for locale in ("en", "zh_CN"):
        with written_in(locale):
            values = rules.written(variables, given)
            written[locale] = values["total"], values["on"], rules.filled("{total|money} {on|date}", values)
    assert (written["en"][0], written["zh_CN"][0]) == ("¥1,234.50", "¥1,234.50")  # the shop's own currency bears its bare sign
    assert (written["en"][1], written["zh_CN"][1]) == ("2 Mar 2026", "2026-03-02")
    assert all(both == f"{total} {day}" for total, day, both in written.values())
