"""A creation sent twice under one key happens once."""

from __future__ import annotations

from datetime import timedelta

import pytest
from sqlalchemy import func, select

from zhanggui import audit
from zhanggui.audit.models import AuditEntry
from zhanggui.auth.idempotency import Answer, KeyReused, fingerprint, once
from zhanggui.db.uow import reading
from zhanggui.kernel import clock
from zhanggui.kernel.actors import SYSTEM
from zhanggui.kernel.errors import BadRequest
from zhanggui.testing.fixtures import NOON
from zhanggui.testing.racing import at_once, refused

PRINT = fingerprint("POST", "/orders", b"{}")


def effect(db):
    audit.record(db, "core.test.done", actor=SYSTEM, now=NOON)
    return Answer(201, b'{"id": 1}')


def effects():
    with reading() as db:
        return db.scalar(select(func.count()).where(AuditEntry.action == "core.test.done"))


def test_parallel_requests_of_one_key_have_one_effect_and_one_answer(instance):
    answers = at_once(24, lambda number: once("customer:1", "k1", PRINT, effect))
    assert refused(answers) == 0
    assert {(a.status, a.body) for a in answers} == {(201, b'{"id": 1}')}
    assert sum(not a.replayed for a in answers) == 1
    assert effects() == 1


def test_another_request_under_the_same_key_is_refused(instance):
    once("customer:1", "k1", PRINT, effect)
    with pytest.raises(KeyReused) as refused:
        once("customer:1", "k1", fingerprint("POST", "/orders", b'{"more": 1}'), effect)
    assert (refused.value.status, effects()) == (422, 1)


def test_keys_of_two_customers_never_meet(instance):
    once("customer:1", "k1", PRINT, effect)
    assert not once("customer:2", "k1", PRINT, effect).replayed
    assert effects() == 2


def test_a_failure_is_not_remembered(instance):
    with pytest.raises(ZeroDivisionError):
        once("customer:1", "k1", PRINT, lambda db: 1 // 0)
    assert not once("customer:1", "k1", PRINT, effect).replayed


def test_a_key_is_free_again_after_a_day(instance):
    with clock.hold(NOON):
        once("customer:1", "k1", PRINT, effect)
    with clock.hold(NOON + timedelta(hours=25)):
        assert not once("customer:1", "k1", PRINT, effect).replayed
    assert effects() == 2


@pytest.mark.parametrize("key", ["", "x" * 256, "a\nb", "a\x00b"])
def test_a_key_that_is_no_key_is_refused(instance, key):
    with pytest.raises(BadRequest):
        once("customer:1", key, PRINT, effect)
