"""names"""

from __future__ import annotations

import unicodedata

from zhanggui.api import blind_index, words
from zhanggui.api.migrations import index_sealed

revision = "customers_0004"
down_revision = "customers_0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Whole names are found however they are typed: also without their accents."""
    index_sealed("customers__customer", "name", "name_index", lambda name: blind_index(f"customers.name:{words.fold(name)}"))


def downgrade() -> None:
    index_sealed("customers__customer", "name", "name_index", lambda name: blind_index(f"customers.name:{_as_before(name)}"))


def _as_before(name: str) -> str:
    return " ".join(unicodedata.normalize("NFKC", name).casefold().split())
