"""Order, attempts, refunds, callbacks and cases beside a plain model: whatever happens in whatever order, both say the same."""

from __future__ import annotations

import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, settings
from hypothesis.stateful import run_state_machine_as_test
from shop import add_product

from zhanggui.api import SYSTEM, Actor, acting_as, clock, unit_of_work
from zhanggui.host import refresh
from zhanggui.host.service import enable_plugin
from zhanggui.runtime import Runtime, activated, open_runtime

STEPS = 50  # of one order
BEGUN = "customer_begins_to_pay provider_is_asked_to_take_it "
PENDING = BEGUN + "answer_is_written_down "
PAID = PENDING + "customer_pays provider_is_asked "
SENT = PAID + "staff_gives_back(what=amount,amount=700) provider_is_asked_to_give_back answer_is_written_down "
# Every move of the tables once, whatever chance brings.
SCRIPTS = (
    BEGUN + "customer_pays provider_is_asked parcel_goes_on parcel_goes_on",
    PAID + "order_is_called_off staff_settles_it_otherwise",
    PAID + "order_is_called_off staff_sends_what_is_owed next_question_goes_wrong(fate=refuse) provider_is_asked_to_give_back answer_is_written_down",
    "customer_begins_to_pay time_goes_by(minutes=125) provider_is_asked",
    PENDING + "time_goes_by(minutes=125) provider_writes_a_letter provider_is_asked",
    PENDING + "payment_fails_there provider_is_asked customer_pays provider_writes_a_letter letter_arrives message_is_handled",
    PENDING + "provider_writes_a_letter order_is_called_off customer_pays job_closes_what_shall_not_be_paid",
    PENDING + "order_is_called_off job_closes_what_shall_not_be_paid payment_crosses_the_closing letter_arrives message_is_handled staff_works_on_a_case(how=refund)",
    # Closed in words of before the payment, which arrives after them.
    PENDING + "customer_begins_to_pay(scene=page) provider_is_asked_to_take_it answer_is_written_down",
    "customer_begins_to_pay customer_begins_to_pay next_question_goes_wrong(fate=refuse) provider_is_asked_to_take_it provider_is_asked_to_take_it"
    " customer_pays answer_is_written_down provider_writes_a_letter letter_arrives message_is_handled",
    SENT + "refund_ends(state=succeeded) provider_is_asked_of_a_refund",
    SENT + "refund_ends(state=failed) provider_is_asked_of_a_refund",
    SENT + "refund_ends(state=abnormal) provider_is_asked_of_a_refund refund_ends(state=succeeded) provider_is_asked_of_a_refund",
    SENT + "refund_ends(state=abnormal) provider_is_asked_of_a_refund refund_ends(state=failed) provider_is_asked_of_a_refund",
    # The payment is created at the provider after a job that closes it was told that nobody knows it.
    "customer_begins_to_pay customer_begins_to_pay provider_is_asked_to_take_it time_goes_by(minutes=1) order_is_called_off"
    " process_is_killed customer_pays job_closes_what_shall_not_be_paid",
)


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
    wanted = size(3000, 50_000) if kind == "sqlite" else size(300, 50_000)
    how = settings(
        max_examples=wanted // STEPS, stateful_step_count=STEPS, deadline=None, derandomize=True, database=None, print_blob=False,
        suppress_health_check=list(HealthCheck),
    )  # fmt: skip
    began = time.process_time()
    with instance.read_bind.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        Machine.cursor = connection.connection.cursor()
        for script in SCRIPTS:
            Machine.play(script)
        run_state_machine_as_test(Machine, settings=how)
    keep_figures(f"money_model_{kind}", {
        "steps": Machine.steps, "refused": Machine.refusals, "refused_in": len(Machine.refused_in), "orders": wanted // STEPS, "differences": 0, "moves_reached": len(reached), "moves": len(LEGAL),
        "cpu_s": round(time.process_time() - began),
    })  # fmt: skip
    assert Machine.steps >= wanted
    if kind == "sqlite":
        assert LEGAL - reached == set()
