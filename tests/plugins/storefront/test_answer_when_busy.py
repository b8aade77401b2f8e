"""When others write for longer than a writer waits, people and programs are told so, and nothing is half done."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from sqlalchemy import func, select

from zhanggui.auth.models import IdempotencyKey
from zhanggui.db.uow import reading
from zhanggui.db.write_queue import Turn, queue_of
from zhanggui.events.models import OutboxEvent
from zhanggui.runtime import Runtime
from zhanggui.testing.instances import Databases
from zhanggui_inventory.models import StockLevel
from zhanggui_orders.models import Order


@pytest.fixture
def kind() -> str:
    return "sqlite"


@pytest.fixture
def databases(databases: Databases, monkeypatch: pytest.MonkeyPatch) -> Databases:
    """Instances whose writers wait for a second at most."""
    fresh = databases.fresh
    monkeypatch.setattr(databases, "fresh", lambda kind: fresh(kind, database__write_wait_seconds=1))
    return databases


@contextmanager
def somebody_writes(instance: Runtime) -> Iterator[None]:
    queue, there, over = queue_of(str(instance.engine.url.database)), threading.Event(), threading.Event()

    def hold() -> None:
        turn = Turn()
        queue.take(turn, 10)
        there.set()
        over.wait()
        queue.leave(turn)

    thread = threading.Thread(target=hold)
    thread.start()
    there.wait()
    try:
        yield
    finally:
        over.set()
        thread.join()


def counts() -> tuple[int, ...]:
    with reading() as db:
        return tuple(db.scalar(question) or 0 for question in (
            select(func.count()).select_from(Order), select(func.sum(StockLevel.reserved)), select(func.count()).select_from(IdempotencyKey),
            select(func.count()).select_from(OutboxEvent),
        ))  # fmt: skip


def test_an_order_is_answered_with_when_to_try_again_and_is_placed_once_then(instance: Runtime, sign_in, tea):
    alice, before = sign_in("alice"), counts()
    key = {"Idempotency-Key": "k1"}
    body = {"lines": [{"variant_id": tea.public_id, "quantity": 2}]}
    with somebody_writes(instance):
        answer = alice.post("/orders", body, headers=key)
    assert (answer.status_code, answer.mimetype, answer.headers["Retry-After"]) == (503, "application/problem+json", "2")
    assert answer.get_json()["code"] == "busy"
    assert counts() == before
    assert alice.post("/orders", body, headers=key).status_code == 201
    assert counts()[:3] == (before[0] + 1, before[1] + 2, before[2] + 1)


def test_a_person_reads_one_sentence_in_her_language(instance: Runtime, visit):
    clerk = visit("clerk")
    clerk.get("/me/")
    with somebody_writes(instance):
        answer = clerk.post("/me/time-zone", {"time_zone": ""}, headers={"Accept": "text/html", "Accept-Language": "zh-CN"})
    assert answer.status_code == 503
    assert answer.headers["Retry-After"] == "2"
    assert "店铺正忙，没有保存任何内容，请稍后再试。" in answer.get_data(as_text=True)
