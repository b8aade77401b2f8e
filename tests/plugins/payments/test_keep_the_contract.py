"""Panda Pay keeps to what every provider has to keep to."""

from __future__ import annotations

from typing import Any

import pytest

from zhanggui.runtime import Runtime
from zhanggui.testing.payments import ProviderContract


class TestPandaPay(ProviderContract):
    """One database is enough: a provider knows none."""

    @pytest.fixture
    def kind(self) -> str:
        return "sqlite"

    @pytest.fixture
    def provider(self, instance: Runtime) -> Any:
        from zhanggui_pandapay.provider import PANDA

        return PANDA
