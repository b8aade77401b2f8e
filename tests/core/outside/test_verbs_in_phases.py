"""A button, a bulk of rows, REST and the storefront call somebody far away without holding a transaction."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import select
from werkzeug.test import Client

from zhanggui.api import ProviderError
from zhanggui.app import Site
from zhanggui.audit.models import AuditEntry
from zhanggui.auth import service as accounts
from zhanggui.db.uow import in_transaction, reading, unit_of_work
from zhanggui.host import refresh
from zhanggui.host.service import enable_plugin
from zhanggui.jobs.models import Job
from zhanggui.kernel import clock
from zhanggui.kernel.actors import SYSTEM, Actor, acting_as
from zhanggui.runtime import activated, open_runtime
from zhanggui.testing.browsing import Visitor
from zhanggui.testing.fixtures import PASSWORD

sys.path[:0] = [str(Path(__file__).parents[2] / "plugins" / name) for name in ("orders", "storefront")]

from shop import add_customer  # noqa: E402 - found by the line above
from shoppers import Shopper, allow_demo_login  # noqa: E402

DONE = ["courier.recall.claimed", "courier.recall.answered"]
OWNER = Actor("user", name="owner", everything=True)


class Doors:
    """Who may call the carrier, and from where."""

    def __init__(self, runtime) -> None:
        refresh(runtime)
        allow_demo_login()
        enable_plugin("courier", actor=SYSTEM, now=clock.now())
        with unit_of_work() as db:
            self.customer = add_customer(db, OWNER)
            accounts.create_user(db, username="boss", password=PASSWORD, roles=["owner"], actor=SYSTEM, now=clock.now())
        site = Site(runtime)
        self.boss = Visitor(Client(site))
        self.boss.log_in("boss", PASSWORD)
        login = {"username": "boss", "password": PASSWORD}
        self.api = Client(site)
        self.token = self.api.post("/api/v1/security/login", json=login).get_json()["access_token"]
        self.ann = Shopper(site, Shopper(site).post("/session", {"code": "demo:ann"}).get_json()["token"])

    def page(self):
        return self.boss.post(f"/customers/{self.customer}/courier__recall")

    def bulk(self):
        return self.boss.post("/customers/bulk/courier__recall", data={"ids": str(self.customer)})

    def rest(self):
        return self.api.post(f"/api/v1/customers/customers/{self.customer}/courier__recall", headers={"Authorization": f"Bearer {self.token}"})

    def shop(self, **headers):
        return self.ann.post("/parcels/recall", headers=headers)


def done() -> list[str]:
    with reading() as db:
        return list(db.scalars(select(AuditEntry.action).where(AuditEntry.action.like("courier.%")).order_by(AuditEntry.id)))


def waiting() -> int:
    with reading() as db:
        return len(db.execute(select(Job.id).where(Job.name == "courier.go_on_with_recall")).all())


@pytest.fixture
def doors(databases, kind, repository) -> Iterator[Doors]:
    folder = repository / "tests" / "plugins_for_tests"
    runtime = open_runtime(databases.fresh(kind, PLUGINS__FOLDERS=f"{repository}/plugins,{folder}"))
    with activated(runtime), acting_as(SYSTEM):
        yield Doors(runtime)
    databases.drop(runtime)


@pytest.fixture
def far(doors, monkeypatch):
    """What the carrier does, and what was there when it was called."""
    from zhanggui_courier import plugin

    seen = []

    def answer():
        seen.append((in_transaction(), done()[-1], waiting()))
        return "ok"

    def unreachable():
        raise ProviderError("The carrier cannot be reached.", retry=True)

    monkeypatch.setattr(plugin, "FAR", [answer])

    def fail():
        plugin.FAR[:] = [unreachable]

    return seen, fail


def test_each_door_claims_commits_calls_and_answers(doors, far):
    seen, _fail = far
    statuses = [door().status_code for door in (doors.page, doors.bulk, doors.rest, doors.shop)]
    assert statuses[:2] == [303, 303] and statuses[2] in (200, 204) and statuses[3] == 200
    assert seen == [(False, "courier.recall.claimed", 1)] * 4
    assert (done(), waiting()) == (DONE * 4, 0)


def test_what_was_claimed_stays_when_the_far_end_is_away_and_people_are_told(doors, far):
    _seen, fail = far
    fail()
    assert doors.page().status_code == 303
    assert "The carrier cannot be reached." in doors.boss.get(f"/customers/{doors.customer}").text
    assert "The carrier cannot be reached." in doors.bulk().text
    for door in (doors.rest, doors.shop):
        answer = door()
        assert (answer.status_code, answer.get_json()["code"], answer.headers["Retry-After"]) == (503, "outside_trouble", "30")
    assert (done(), waiting()) == (DONE[:1] * 4, 4)


def test_the_storefront_answers_a_key_once(doors, far):
    answers = [doors.shop(**{"Idempotency-Key": "k1"}) for _ in range(3)]
    assert {(a.status_code, a.text) for a in answers} == {(200, '{"recalled":"ok"}')}
    assert done() == DONE
