"""Every test may use the fixtures that plugin authors get."""

from __future__ import annotations

pytest_plugins = ["zhanggui.testing.fixtures"]
