"""Claim, work, answer: nobody far away is called inside a transaction, and nothing that was claimed is forgotten."""

from __future__ import annotations

import threading
from datetime import timedelta

import pytest
from labor import marks, rows, run_due
from sqlalchemy.exc import IntegrityError

from zhanggui.api import OutsideTrouble, ProviderError, ThreePhases, in_phases, unit_of_work
from zhanggui.auth.idempotency import LEASE, Answer, KeyReused, StillWorking, fingerprint, once_in_phases
from zhanggui.db.uow import in_transaction
from zhanggui.kernel import clock
from zhanggui.kernel.errors import WiringError
from zhanggui.testing.fixtures import NOON

PRINT = fingerprint("POST", "/refunds", b"{}")


class Killed(BaseException):
    """The process ends here."""


def phases(work, **more):
    from zhanggui_labor import jobs

    def claim(db, *, thing):
        jobs.mark(db, "claim", thing)
        return {"thing": thing}

    def answer(db, result, *, actor, now, thing):
        jobs.mark(db, "answer", f"{thing} {result}")
        return {"said": result}

    return ThreePhases(claim, work, answer, **{"resume": jobs.go_on, **more})


def go(asked):
    return in_phases(asked, lambda db: asked.claim(db, thing=7), lambda _db, said: said)


def keyed(asked, key="k1", print_=PRINT):
    return once_in_phases("customer:1", key, print_, asked, lambda db: asked.claim(db, thing=7), lambda said: Answer(201, said["said"].encode()))


def test_the_claim_is_there_for_all_while_somebody_far_away_is_called(workshop):
    from zhanggui_labor.jobs import mark

    seen = []

    def work(*, thing):
        seen.append((marks(), in_transaction(), [row.name for row in rows()]))
        with unit_of_work() as db:  # others write meanwhile
            mark(db, "other", "x")
        return "paid"

    assert go(phases(work)) == {"said": "paid"}
    assert seen == [([("claim", "7")], False, ["labor.go_on"])]
    assert marks() == [("claim", "7"), ("other", "x"), ("answer", "7 paid")]
    assert rows() == []


@pytest.mark.parametrize("error", [ProviderError("a.example cannot be reached.", retry=True), Killed()])
def test_what_was_claimed_and_not_answered_is_gone_on_with(workshop, error):
    def work(*, thing):
        raise error

    with clock.hold(NOON):
        with pytest.raises((OutsideTrouble, Killed)) as trouble:
            go(phases(work))
        assert isinstance(trouble.value, Killed) or (trouble.value.text(), trouble.value.status) == ("a.example cannot be reached.", 503)
        assert marks() == [("claim", "7")]
        assert run_due() == []
    with clock.hold(NOON + timedelta(minutes=2, seconds=1)):
        assert run_due() == ["done"]
    assert marks() == [("claim", "7"), ("go_on", "7")]


def test_what_nobody_could_go_on_with_is_not_begun(workshop):
    from zhanggui_labor import jobs

    with pytest.raises(WiringError, match="without db"):
        phases(print, resume=jobs.note)
    stranger = jobs.job(lane="io")(test_what_nobody_could_go_on_with_is_not_begun)
    with pytest.raises(WiringError, match="register_jobs must name"):
        go(phases(print, resume=stranger))
    assert marks() == []


def test_the_same_request_is_told_to_wait_and_then_answered_the_same(workshop):
    at_work, through = threading.Event(), threading.Event()
    answers = []

    def work(*, thing):
        at_work.set()
        assert through.wait(10)
        return "paid"

    asked = phases(work)
    first = threading.Thread(target=lambda: answers.append(keyed(asked)))
    first.start()
    assert at_work.wait(10)
    with pytest.raises(StillWorking) as wait:
        keyed(asked)
    assert (wait.value.status, wait.value.retry_after) == (409, 2)
    through.set()
    first.join()
    answers += [keyed(asked), keyed(asked)]
    assert [(a.status, a.body, a.replayed) for a in answers] == [(201, b"paid", False), (201, b"paid", True), (201, b"paid", True)]
    assert marks() == [("claim", "7"), ("answer", "7 paid")]
    with pytest.raises(KeyReused):
        keyed(asked, print_=fingerprint("POST", "/refunds", b"[]"))


def test_a_key_is_free_again_when_the_work_failed(workshop):
    results = iter([ProviderError("no", retry=True), "paid"])

    def work(*, thing):
        result = next(results)
        if isinstance(result, Exception):
            raise result
        return result

    with pytest.raises(OutsideTrouble):
        keyed(phases(work))
    assert keyed(phases(work)).body == b"paid"


def test_what_breaks_while_the_key_is_held_is_not_taken_for_another_request(workshop):
    def work(*, thing):
        raise IntegrityError("INSERT", {}, Exception("another constraint"))

    with pytest.raises(IntegrityError):
        keyed(phases(work))
    assert keyed(phases(lambda *, thing: "paid")).body == b"paid"  # and the key is free


def test_a_key_whose_process_was_killed_is_free_again_after_its_lease(workshop):
    from sqlalchemy import insert

    from zhanggui.auth.idempotency import blind_index, kept_key
    from zhanggui.auth.models import IdempotencyKey

    with clock.hold(NOON), unit_of_work() as db:
        left = {"owner": "customer:1", "key": kept_key("customer:1", "k1"), "fingerprint": blind_index(f"idempotency:{PRINT}"), "status": 0}
        db.execute(insert(IdempotencyKey.__table__).values(**left, body=b"", created_at=NOON))
    with clock.hold(NOON + LEASE - timedelta(seconds=1)), pytest.raises(StillWorking):
        keyed(phases(lambda *, thing: "paid"))
    with clock.hold(NOON + LEASE + timedelta(seconds=1)):
        assert keyed(phases(lambda *, thing: "paid")).body == b"paid"
