"""WeChat Pay keeps to what every provider of payments has to keep to."""

from __future__ import annotations

from typing import Any

import pytest

from zhanggui.testing.payments import ProviderContract
from zhanggui_wechatpay.provider import WechatPay


class TestWechatPay(ProviderContract):
    """One database is enough: a provider knows none."""

    @pytest.fixture
    def far_end(self, of_all: Any) -> Any:
        return of_all

    @pytest.fixture
    def provider(self, of_all: Any) -> WechatPay:
        return WechatPay()

    def payer(self) -> str | None:
        return "oAlice0123456789"
