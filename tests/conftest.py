"""Every test may use the fixtures that plugin authors get."""

from __future__ import annotations

import pytest

pytest_plugins = ["zhanggui.testing.fixtures"]


def pytest_addoption(parser: pytest.Parser) -> None:
    """``--full-matrix``: every screen in every look, as ``make ui-matrix`` asks for."""
    parser.addoption("--full-matrix", action="store_true", help="every screen at every width, language and appearance")
