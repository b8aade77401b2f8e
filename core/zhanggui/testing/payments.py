"""What every provider of payments has to keep to, as tests: a provider's own test class inherits them.

    class TestPandaPay(ProviderContract):
        @pytest.fixture
        def provider(self, instance): return PandaPay()

        @pytest.fixture
        def far_end(self): ...   # a real server that speaks the protocol

The far end offers: ``pay(number)`` (somebody pays there), ``broken(how)`` (a context in which answers are "down": refused before
anything is done; "lost": done, the line is cut; "unsigned": done, nobody signed it; "garbled": done, cannot be read),
``given_back(number)`` (minor units that went back of a charge, by its own books), ``notification(number)`` and
``forged(number)`` (an ``Arrival``, and a list of them that are none).
"""

from __future__ import annotations

import secrets
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import timedelta
from importlib import import_module
from pathlib import Path
from typing import Any

import pytest

from ..config import settings
from ..db.uow import unit_of_work
from ..host import refresh
from ..host.service import enable_plugin, upgrade
from ..kernel import clock
from ..kernel.actors import SYSTEM, acting_as
from ..kernel.errors import NotGenuine, ProviderError
from ..kernel.money import Money
from ..runtime import Runtime, activated, open_runtime
from .instances import Databases


@contextmanager
def provider_shop(databases: Databases, kind: str, plugin: str, folders: Sequence[Path], values: Mapping[str, Any]) -> Iterator[Runtime]:
    """A shop with a provider's plugin switched on and its settings entered, that may call this machine.

    :param folders: where the bundled plugins lie, and the provider's.
    :param values: its settings by their keys.
    """

    def switch_on(runtime: Runtime) -> None:
        with activated(open_runtime(runtime)), acting_as(SYSTEM):
            upgrade(runtime)
            refresh(runtime)
            enable_plugin(plugin, actor=SYSTEM, now=clock.now())

    given = {"PLUGINS__FOLDERS": ",".join(map(str, folders)), "OUTSIDE__ALLOWED": "127.0.0.1"}
    runtime = open_runtime(databases.prepared(kind, f"provider {plugin}", switch_on, **given))
    with activated(runtime), acting_as(SYSTEM):
        with unit_of_work() as db:
            for key, value in values.items():
                settings.set(db, key, value, actor=SYSTEM, now=clock.now())
        refresh(runtime)
        yield runtime
    databases.drop(runtime)


class ProviderContract:
    """Inherit this; give the fixtures ``provider`` and ``far_end``."""

    amount = Money(1990, "CNY")

    @pytest.fixture
    def payments(self) -> Any:
        """The facade of the plugin that providers are written for."""
        return import_module("zhanggui_payments.facade")

    @pytest.fixture
    def attempt(self, payments: Any, provider: Any) -> Any:
        """A payment that the provider has not heard of."""
        method = provider.capabilities().methods[0]
        number = "P" + secrets.token_hex(11).upper()
        now = clock.now()  # a far end has a clock of its own
        return payments.AttemptView(number, method.id, method.scenes[0], self.amount, "#1", now, now + timedelta(hours=2), payer=self.payer())

    def payer(self) -> str | None:
        """The customer's id at the provider, where its payments need one."""
        return None

    def refund_of(self, payments: Any, attempt: Any, amount: int) -> Any:
        """A refund that the provider has not heard of."""
        return payments.RefundRequest("R" + secrets.token_hex(11).upper(), Money(amount, self.amount.currency), attempt, "customer")

    @pytest.fixture
    def paid(self, provider: Any, far_end: Any, attempt: Any) -> Any:
        """A payment that somebody made."""
        provider.create(attempt)
        far_end.pay(attempt.number)
        return attempt

    def test_it_says_what_it_can(self, provider: Any) -> None:
        can = provider.capabilities()
        assert can.methods, "a provider has at least one method"
        assert all(method.scenes for method in can.methods)
        assert len({method.id for method in can.methods}) == len(can.methods)

    def test_it_waits_for_the_customer(self, provider: Any, far_end: Any, attempt: Any) -> None:
        assert provider.query(attempt).state == "unknown"
        made = provider.create(attempt)
        assert made.type in ("mini_program", "redirect", "qr")
        assert provider.query(attempt).state == "pending"

    def test_the_same_number_is_one_payment(self, provider: Any, far_end: Any, attempt: Any) -> None:
        provider.create(attempt)
        provider.create(attempt)
        far_end.pay(attempt.number)
        said = provider.query(attempt)
        assert (said.state, said.number, said.amount) == ("captured", attempt.number, attempt.amount)

    def test_what_was_paid_is_told_to_the_last_fen(self, provider: Any, paid: Any) -> None:
        said = provider.query(paid)
        assert (said.state, said.amount) == ("captured", self.amount)
        assert said.provider_number
        assert said.at is not None
        assert said.at.tzinfo is not None

    def test_what_is_closed_cannot_be_paid(self, provider: Any, far_end: Any, attempt: Any) -> None:
        provider.create(attempt)
        assert provider.close(attempt).state == "closed"
        far_end.pay(attempt.number)
        assert provider.query(attempt).state == "closed"

    def test_who_paid_before_wins_over_the_closing(self, provider: Any, paid: Any) -> None:
        said = provider.close(paid)
        assert said.state == "captured" or provider.query(paid).state == "captured"

    def test_the_same_refund_number_is_one_refund(self, payments: Any, provider: Any, far_end: Any, paid: Any) -> None:
        refund = self.refund_of(payments, paid, 990)
        assert provider.query_refund(refund).state == "unknown"
        for _once_more in range(2):
            assert provider.refund(refund).state in ("processing", "succeeded")
        assert far_end.given_back(paid.number) <= 990
        assert provider.query_refund(refund).number == refund.number

    def test_more_than_was_paid_does_not_go_back(self, payments: Any, provider: Any, far_end: Any, paid: Any) -> None:
        with pytest.raises(payments.Declined):
            provider.refund(self.refund_of(payments, paid, self.amount.amount + 1))
        assert far_end.given_back(paid.number) == 0

    @pytest.mark.parametrize("how", ["lost", "unsigned", "garbled"])
    def test_an_answer_that_cannot_be_trusted_is_an_unknown_outcome(self, payments: Any, provider: Any, far_end: Any, paid: Any, how: str) -> None:
        refund = self.refund_of(payments, paid, 500)
        with far_end.broken(how), pytest.raises(ProviderError) as met:
            provider.refund(refund)
        assert self._meant(met.value) is payments.OutcomeUnknown
        assert provider.query_refund(refund).state in ("processing", "succeeded")

    def test_nothing_is_declined_because_they_are_down(self, payments: Any, provider: Any, far_end: Any, attempt: Any) -> None:
        with far_end.broken("down"), pytest.raises(ProviderError) as met:
            provider.create(attempt)
        assert self._meant(met.value) in (payments.Retryable, payments.OutcomeUnknown)
        assert provider.query(attempt).state == "unknown"

    def test_a_genuine_message_says_what_a_question_would(self, provider: Any, far_end: Any, paid: Any) -> None:
        message = provider.parse_notification(far_end.notification(paid.number))
        assert message.id
        (said,) = message.told
        assert (said.number, said.state, said.amount) == (paid.number, "captured", self.amount)

    def test_a_forged_message_is_none(self, provider: Any, far_end: Any, paid: Any) -> None:
        for arrival in far_end.forged(paid.number):
            with pytest.raises(NotGenuine):
                provider.parse_notification(arrival)

    @staticmethod
    def _meant(trouble: ProviderError) -> type[ProviderError]:
        """Plain trouble of the core's client is read as the one of the four that it means."""
        rules = import_module("zhanggui_payments.rules")
        return type(rules.outcome(trouble))
