"""WeChat Pay keeps to what every provider of payments has to keep to."""

from __future__ import annotations

from typing import Any

import pytest

from zhanggui.testing.payments import ProviderContract
from zhanggui_wechatpay.provider import WechatPay


class TestWechatPay(ProviderContract):
    """One database is enough: a provider knows none."""

    @pytest.fixture
    def kind(self) -> str:
        return "sqlite"

    @pytest.fixture
    def provider(self, instance: Any) -> WechatPay:
        return WechatPay()

    def payer(self) -> str | None:
        return "oAlice0123456789"
