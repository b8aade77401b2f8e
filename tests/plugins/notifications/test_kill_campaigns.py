"""Workers are killed while two campaigns run: nobody is left out, nobody is told twice where that costs something, and the sum is right at each moment."""

from __future__ import annotations

import json
import os
import random
import signal
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from campaigning import begun, make, of, state, told
from sqlalchemy import func, select
from zhanggui_bells.plugin import Belfry

from zhanggui.api import Actor, Money, clock, reading
from zhanggui.runtime import Runtime
from zhanggui.testing.instances import environment
from zhanggui_notifications.models import Attempt, Campaign, Message
from zhanggui_notifications.services import delivering, pumping

WORKERS, ONCE = 2, ("granted", "phone")  # channels that send nothing twice
pytestmark = pytest.mark.long


@pytest.fixture
def worker(instance: Runtime, tower: Any, tmp_path: Path) -> Iterator[Callable[[], int]]:
    """``worker()``: the number of one more of them; the bells are hung by then."""
    variables = {
        **os.environ, **environment(instance.config), "ZHANGGUI_OUTSIDE__ALLOWED": "127.0.0.1", "ZHANGGUI_LOG__LEVEL": "ERROR",
        "PYTHONPATH": os.pathsep.join(part for part in sys.path if part),
    }  # fmt: skip
    script, made = Path(__file__).with_name("campaign_worker.py"), list[subprocess.Popen[str]]()
    with (tmp_path / "workers.log").open("w") as log:

        def start() -> int:
            if not made:
                given = {"address": Belfry.address, "granted": sorted(Belfry.granted or ()), "phones": sorted(Belfry.phones or ())}
                command = [sys.executable, str(script), json.dumps(given)]
                made.append(subprocess.Popen(command, env=variables, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=log, text=True))
            nest = made[0]
            assert nest.stdin is not None
            assert nest.stdout is not None
            nest.stdin.write("more\n")
            nest.stdin.flush()
            return int(nest.stdout.readline())

        yield start
        for one in made:
            one.kill()
            one.communicate()


@pytest.mark.proof
def test_killed_again_and_again_it_reaches_everybody_once(
    instance: Runtime, owner: Actor, tower: Any, worker: Any, setting: Any, kind: str, size: Any, keep_figures: Any
):  # fmt: skip
    count, wanted = size(120, 3000), size(2, 20)
    setting(marketing_day=9, marketing_week=9)
    ids = make(count)
    third = count // 3
    Belfry.granted, Belfry.phones = set(ids[:third]), set(ids[third : 2 * third])
    rate = size(400, 1500)  # slow enough that they still run when the last one is killed, however long a worker takes to begin
    far = begun(owner, channels=[*ONCE, "inbox"], budget=Money(1_000_000, "CNY"), rate_per_minute=rate, holdout=5)
    near = begun(owner, name="In lists alone", rate_per_minute=rate, holdout=5)
    rng, killed, sums, began = random.Random(20), 0, 0, time.monotonic()
    crew = [worker() for _one in range(WORKERS)]
    while killed < wanted:
        until = time.monotonic() + rng.uniform(0.3, 1.5)
        while time.monotonic() < until:
            for id in (far, near):
                assert sum(of(id).values()) == count
                sums += 1
        assert state(far) == state(near) == "running", "the campaigns ended before all were killed"
        end(crew.pop(rng.randrange(len(crew))))
        crew.append(worker())
        killed += 1
    for one in crew:
        end(one)
    lost = _sending()
    later = clock.now() + timedelta(minutes=3)  # whoever held a message is known to be gone by then
    for beat in range(count * 60 // rate // 10 + 30):
        with clock.hold(later + timedelta(seconds=10 * beat)):
            pumping.run()
            while delivering.anything_due():
                delivering.run()
            assert sum(of(far).values()) == sum(of(near).values()) == count
        if state(far) == state(near) == "finished":
            break
    heard = Counter((channel, said["to"]) for channel, said in tower.heard)
    with reading() as db:
        unknown = set(db.scalars(select(Message.recipient_id).where(Message.state == "unknown")))
        shown = Counter(db.scalars(select(Message.recipient_id).where(Message.shown_at.is_not(None), Message.fact == f"campaign:{near}")))
        tries = Counter(db.scalars(select(Attempt.message_id).join(Message, Message.id == Attempt.message_id).where(Message.fact == f"campaign:{near}")))
        spent, cost = db.get_one(Campaign, far).spent, db.scalar(select(func.count()).select_from(Message).where(Message.channel == "phone")) or 0
    keep_figures(f"campaign_kills_{kind}", {
        "killed": killed, "people": count, "far": of(far), "near": of(near), "lost_with_a_worker": lost, "unknown": len(unknown), "sums_looked_at": sums,
        "seconds": round(time.monotonic() - began),
    })  # fmt: skip
    for id in (far, near):
        ended = of(id)
        assert state(id) == "finished" and set(ended) <= {"sent", "failed", "control"}
        treated = set(told(id))
        assert set(told(id).values()) == {1} and len(treated) == count - ended["control"] and treated <= set(ids)
    assert of(near).get("failed", 0) == 0
    assert set(shown) == set(told(near)) and set(shown.values()) == {1} == set(tries.values())
    assert set(heard.values()) == {1}, "somebody was told twice"
    reached = {int(to.partition(":")[2]) for _channel, to in heard}
    assert {one for one in told(far) if one in ids[: 2 * third]} <= reached | unknown, "somebody was left out"
    assert len(unknown) == of(far).get("failed", 0) == lost
    assert spent == 5 * cost


def end(number: int) -> None:
    """Kill it, and wait until it is gone."""
    os.kill(number, signal.SIGKILL)
    for _n in range(500):
        if not Path(f"/proc/{number}").exists():
            return
        time.sleep(0.01)
    raise AssertionError("a worker that was killed is still there")


def _sending() -> int:
    with reading() as db:
        return db.scalar(select(func.count()).select_from(Message).where(Message.state == "sending")) or 0
