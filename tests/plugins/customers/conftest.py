"""The tests of the shop's plugins share their goods and people: ``shop.py`` beside the tests of orders."""

from __future__ import annotations

import sys
from pathlib import Path

sys.path[:0] = [str(Path(__file__).parent), str(Path(__file__).parents[1] / "orders")]
