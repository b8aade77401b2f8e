"""What an argument that was not given stands for where None already means "nothing"."""

from __future__ import annotations

from typing import Any

KEEP: Any = object()  # the default of what a function that changes a row leaves as it is
