"""Platform certificates, the public key, and the weeks in which a merchant goes from one to the other."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from typing import Any

import pytest
from merchant import enter, settings_of
from sqlalchemy import select, update

from zhanggui.api import Money, clock, reading, unit_of_work
from zhanggui_payments.facade import AttemptView, OutcomeUnknown
from zhanggui_sandbox import Sandbox
from zhanggui_wechatpay import jobs, queries
from zhanggui_wechatpay.models import Certificate
from zhanggui_wechatpay.provider import WECHATPAY

ALONE = {"public_key": None, "public_key_id": None}  # a merchant that has certificates and no public key


@pytest.fixture
def entered() -> Mapping[str, Any]:
    return ALONE


def attempt(number: str) -> AttemptView:
    now = clock.now()
    return AttemptView(number, "wechatpay", "qr", Money(1990, "CNY"), "#1", now, now + timedelta(hours=2))


def fetched(sandbox: Sandbox) -> int:
    return sum(one["operation"] == "certificates" for one in sandbox.ask("GET", "/_sim/requests?limit=1000")["items"])


def serials() -> list[str]:
    with reading() as db:
        return sorted(db.scalars(select(Certificate.serial)))


def test_certificates_are_fetched_for_questions_and_never_for_messages(instance: Any, sandbox: Sandbox, far_end: Any, listening: Any) -> None:
    sandbox.ask("POST", "/_sim/keys", {"mode": "certificate", "notify_with": "certificate"})
    WECHATPAY.create(attempt("PCERTIFIED00000000001"))
    first = serials()
    assert (len(first), fetched(sandbox)) == (1, 1)
    far_end.pay("PCERTIFIED00000000001")
    listening.wait()
    assert (WECHATPAY.query(attempt("PCERTIFIED00000000001")).state, listening.said, fetched(sandbox)) == ("captured", [200], 1)
    # They sign with another one from now on: a message with it is refused and makes nobody call; a question of ours does.
    sandbox.ask("POST", "/_sim/keys", {"rotate": True})
    far_end.notification("PCERTIFIED00000000001")
    assert (listening.said[-1], fetched(sandbox)) == (401, 1)
    assert WECHATPAY.query(attempt("PCERTIFIED00000000001")).state == "captured"
    assert (len(serials()), fetched(sandbox)) == (2, 2)
    far_end.notification("PCERTIFIED00000000001")
    assert listening.said[-1] == 200
    # With their server out of reach nothing is forgotten.
    sandbox.ask("POST", "/_sim/faults", {"kind": "status", "status": 503, "operation": "certificates", "count": 0})
    with pytest.raises(Exception, match="503"):
        jobs.refresh_certificates.function()
    sandbox.ask("POST", "/_sim/faults", {"kind": "sign_serial", "operation": "query"})
    with pytest.raises(OutcomeUnknown):
        WECHATPAY.query(attempt("PCERTIFIED00000000001"))
    assert len(serials()) == 2
    # One that has expired signs nothing any more, and goes with the next fetching.
    with unit_of_work() as db:
        db.execute(update(Certificate).where(Certificate.serial == first[0]).values(expires_at=clock.now() - timedelta(seconds=1)))
    assert first[0] not in queries.certificates(clock.now())


def test_during_the_change_both_are_believed(instance: Any, sandbox: Sandbox, far_end: Any, listening: Any) -> None:
    jobs.refresh_certificates.function()
    enter({name: value for name, value in settings_of(sandbox).items() if name in ALONE})
    WECHATPAY.create(attempt("PCHANGING000000000001"))  # answered under the public key, which is what was asked for
    far_end.pay("PCHANGING000000000001")
    listening.wait()
    for notify_with in ("certificate", "public_key", "certificate"):
        sandbox.ask("POST", "/_sim/keys", {"notify_with": notify_with})
        arrival = far_end.notification("PCHANGING000000000001")
        assert arrival.headers["Wechatpay-Serial"].startswith("PUB_KEY_ID_") == (notify_with == "public_key")
        assert listening.said[-1] == 200
    # Afterwards there are no certificates: the job finds nothing and leaves what is there.
    sandbox.ask("POST", "/_sim/keys", {"mode": "public_key", "notify_with": "public_key"})
    jobs.refresh_certificates.function()
    assert len(serials()) == 1
    assert WECHATPAY.query(attempt("PCHANGING000000000001")).state == "captured"
