"""Order, attempts, refunds, callbacks and cases beside a plain model: whatever happens in whatever order, both say the same."""

from __future__ import annotations

import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, Phase, settings
from hypothesis.stateful import run_state_machine_as_test
from shop import add_product

from zhanggui.api import SYSTEM, Actor, acting_as, clock, unit_of_work
from zhanggui.host import refresh
from zhanggui.host.service import enable_plugin
from zhanggui.runtime import Runtime, activated, open_runtime

STEPS = 50  # of one order


@pytest.fixture
def instance(databases: Any, kind: str, repository: Path) -> Iterator[Runtime]:
    """A shop with a provider whose books the test holds in its hands."""
    runtime = open_runtime(databases.fresh(kind, PLUGINS__FOLDERS=f"{repository}/plugins,{Path(__file__).parent}/plugins"))
    with activated(runtime), acting_as(SYSTEM):
        refresh(runtime)
        enable_plugin("abacus", actor=SYSTEM, now=clock.now())
        refresh(runtime)
        yield runtime
    databases.drop(runtime)


@pytest.mark.proof
def test_both_say_the_same(instance: Runtime, kind: str, owner: Actor, size: Any, keep_figures: Any) -> None:
    from money_machine import Machine
    from plain_money import LEGAL

    with unit_of_work() as db:
        tea = add_product(db, owner, price=3000, stock=1_000_000)
    reached: set[tuple[str, str, str]] = set()
    Machine.tea, Machine.reached, Machine.steps, Machine.refusals, Machine.refused_in = tea, reached, 0, 0, set()
    wanted = size(3000, 50_000) if kind == "sqlite" else size(500, 50_000)
    how = settings(
        max_examples=wanted // STEPS + wanted // 500, stateful_step_count=STEPS, deadline=None, derandomize=True, database=None, print_blob=False, **({"phases": (Phase.generate,)} if __import__("os").environ.get("QUICK") else {}),
        suppress_health_check=list(HealthCheck),
    )  # fmt: skip
    began = time.monotonic(); cpu = time.process_time()
    run_state_machine_as_test(Machine, settings=how)
    keep_figures(f"money_model_{kind}", {
        "steps": Machine.steps, "refused": Machine.refusals, "orders": wanted // STEPS, "differences": 0, "moves_reached": len(reached), "moves": len(LEGAL),
        "seconds": round(time.monotonic() - began),
    })  # fmt: skip
    print(Machine.steps, Machine.refusals, len(Machine.refused_in), LEGAL - reached, time.process_time() - cpu)
    assert Machine.steps >= wanted
    if kind == "sqlite":
        assert LEGAL - reached == set()
