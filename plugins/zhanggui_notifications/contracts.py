"""What other plugins hand in here."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True)
class Hold:
    """A message is held back: until then, or for good. ``detail`` says why in a few words that staff see."""

    detail: str
    until: datetime | None = None
