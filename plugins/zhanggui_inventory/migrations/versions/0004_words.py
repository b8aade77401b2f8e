"""words"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from zhanggui.api.migrations import store_words

revision = "inventory_0004"
down_revision = "inventory_0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("inventory__stock_level", sa.Column("search_text", sa.Text(), server_default="", nullable=False))
    store_words("inventory__stock_level", "search_text", of=["title"])


def downgrade() -> None:
    op.drop_column("inventory__stock_level", "search_text")
