"""Alipay keeps to what every provider has to keep to, with keys and with certificates."""

from __future__ import annotations

from typing import Any

import pytest

from zhanggui.runtime import Runtime
from zhanggui.testing.payments import ProviderContract


@pytest.mark.parametrize("mode", ["keys", "certificates"], indirect=True)
class TestAlipay(ProviderContract):
    """One database is enough: a provider knows none."""

    @pytest.fixture
    def kind(self) -> str:
        return "sqlite"

    @pytest.fixture
    def provider(self, instance: Runtime) -> Any:
        from zhanggui_alipay.provider import ALIPAY

        return ALIPAY

    def payer(self) -> str | None:
        return "0Bob0123456789"
