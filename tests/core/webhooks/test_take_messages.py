"""What is told from outside is verified, kept once, answered, and handled by a job."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta

import pytest
from sqlalchemy import event, select
from werkzeug.test import Client

from zhanggui import webhooks
from zhanggui.app import Site
from zhanggui.audit.models import AuditEntry
from zhanggui.auth.jobs import clean_up
from zhanggui.db.uow import reading, unit_of_work
from zhanggui.host import checks, refresh
from zhanggui.host.declare import Webhook, WebhookMessage
from zhanggui.host.models import PluginFault
from zhanggui.host.service import disable_plugin, enable_plugin
from zhanggui.jobs import runner
from zhanggui.jobs.models import Job
from zhanggui.kernel import clock
from zhanggui.kernel.actors import SYSTEM, acting_as
from zhanggui.kernel.errors import WiringError
from zhanggui.runtime import Runtime, activated, open_runtime
from zhanggui.testing.racing import at_once
from zhanggui.webhooks.models import ArrivedMessage

TAKEN = "courier.report.taken"


class Carrier:
    """Who reports about parcels, and what the shop made of it."""

    def __init__(self, runtime: Runtime) -> None:
        refresh(runtime)
        enable_plugin("courier", actor=SYSTEM, now=clock.now())
        self.site = Site(runtime)
        [self.webhook] = self.site.app({}).extensions["zhanggui_host"].parts["courier"].webhooks

    def send(self, raw: bytes = b"", *, signature: str | None = None, to: str = "acme", **told: object):
        from zhanggui_courier.plugin import sign

        body = raw or json.dumps(told).encode()
        headers = {"Courier-Signature": sign(body) if signature is None else signature, "Content-Type": "application/json"}
        return Client(self.site).post(f"/notify/courier/reports/{to}", data=body, headers=headers)


def kept() -> list[ArrivedMessage]:
    with reading() as db:
        return list(db.scalars(select(ArrivedMessage)))


def jobs() -> dict[int, str]:
    with reading() as db:
        return dict(db.execute(select(Job.id, Job.state).where(Job.name == "courier.take_report")).tuples().all())


def taken() -> list[dict]:
    with reading() as db:
        return [row.after for row in db.scalars(select(AuditEntry).where(AuditEntry.action == TAKEN))]


@pytest.fixture
def carrier(databases, kind, repository) -> Iterator[Carrier]:
    sys.path.append(str(repository / "tests" / "plugins_for_tests"))
    runtime = open_runtime(databases.fresh(kind, PLUGINS__FOLDERS=f"{repository}/plugins,{repository}/tests/plugins_for_tests"))
    with activated(runtime), acting_as(SYSTEM):
        yield Carrier(runtime)
    databases.drop(runtime)
    sys.path.remove(str(repository / "tests" / "plugins_for_tests"))


def test_a_message_is_kept_once_answered_the_same_and_handled_once(carrier):
    answers = at_once(8, lambda number: carrier.send(id="m1", parcel="P-1"))
    answers += [carrier.send(id="m1", parcel="P-1"), carrier.send(id="m2", parcel="P-2", later=True)]
    assert [(a.status_code, a.text) for a in answers] == [(200, "success")] * 9 + [(202, "later")]
    assert len(kept()) == len(jobs()) == 2
    assert {runner.run(job_id) for job_id in [*jobs(), *jobs()]} == {"done", "skipped"}
    assert sorted(entry["parcel"] for entry in taken()) == ["P-1", "P-2"]
    assert "Set-Cookie" not in answers[0].headers


def test_what_is_forged_or_too_long_leaves_nothing(carrier):
    forged = [carrier.send(id="m1", parcel="P-1", signature=text) for text in ("", "x" * 64)]
    assert [(a.status_code, a.get_json()["code"]) for a in forged] == [(401, "not_genuine")] * 2
    assert carrier.send(b"x" * 2001).status_code == 413
    assert carrier.send(id="m1", parcel="P-1", to="a b").status_code == 404
    assert Client(carrier.site).get("/notify/courier/reports/acme").status_code == 405
    assert carrier.send(challenge="echo me").text == "echo me"
    assert kept() == [] and jobs() == {}


def test_a_verification_that_raises_is_named_and_never_closed(carrier):
    answers = [carrier.send(b"no json") for _ in range(5)]
    assert {(a.status_code, a.get_json()["code"], a.headers["Retry-After"]) for a in answers} == {(503, "plugin_failed", "60")}
    with reading() as db:
        fault = db.get(PluginFault, "courier:webhook:courier")
        assert fault is not None and fault.sentence.startswith("JSONDecodeError")
        assert fault.paused_at is None
    assert carrier.send(id="m1", parcel="P-1").status_code == 200


def test_what_fails_in_the_handler_is_given_up_like_any_job(carrier):
    assert carrier.send(id="m1", parcel="lost").status_code == 200
    [job_id] = jobs()
    assert runner.run(job_id) == "dead"
    assert taken() == []


def test_it_is_verified_before_any_transaction_begins(carrier):
    webhook = carrier.webhook
    sent: list[str] = []
    event.listen(carrier.site.runtime.engine, "before_cursor_execute", lambda _c, _cursor, sql, *_more: sent.append(sql))
    verify = webhook.verify
    seen: list[list[str]] = []

    def look(arrival):
        seen.append(list(sent))
        return verify(arrival)

    object.__setattr__(webhook, "verify", look)
    assert carrier.send(id="m1", parcel="P-1").status_code == 200
    assert seen == [[]] and any("core__webhook" in sql for sql in sent)


def test_of_a_disabled_plugin_there_is_no_address_and_its_messages_wait(carrier):
    carrier.send(id="m1", parcel="P-1")
    disable_plugin("courier", actor=SYSTEM, now=clock.now())
    assert carrier.send(id="m2", parcel="P-2").status_code == 404
    [job_id] = jobs()
    assert runner.run(job_id) == "held"
    enable_plugin("courier", actor=SYSTEM, now=clock.now())
    assert carrier.send(id="m2", parcel="P-2").status_code == 200


def test_what_was_said_is_sealed_and_forgotten_after_its_time(carrier):
    carrier.send(id="openid-123", parcel="P-1")
    with carrier.site.runtime.engine.connect() as connection:
        [row] = connection.exec_driver_sql("SELECT * FROM core__webhook").mappings()
    assert not any("P-1" in str(value) or "openid" in str(value) for value in row.values())
    with clock.hold(clock.now() + webhooks.KEEP + timedelta(hours=1)), unit_of_work() as db:
        clean_up.function(db)
    assert kept() == []


GOOD = Webhook("acme-pay", "/<account>", lambda arrival: WebhookMessage("m1"), clean_up)


@pytest.mark.parametrize(
    ("wrong", "sentence"),
    [({"id": "Acme Pay"}, "an id is made of"), ({"path": "reports"}, "the path “reports”"), ({"path": "/<path:all>"}, "the path"),
     ({"cap": 0}, "the cap must be"), ({"handle": replace(clean_up, takes_db=False)}, "must take db first")],
)  # fmt: skip
def test_a_webhook_that_cannot_work_is_refused_when_it_is_loaded(wrong, sentence):
    checks.check_webhook(GOOD)
    with pytest.raises(WiringError, match=sentence):
        checks.check_webhook(replace(GOOD, **wrong))
