"""Notices are tried in the workshop of the job tests."""

from __future__ import annotations

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1] / "jobs"))

from labor import processes, workshop, workshops  # noqa: E402, F401
