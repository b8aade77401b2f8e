"""words"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from zhanggui.api.migrations import store_words

revision = "products_0002"
down_revision = "products_0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("products__category", sa.Column("search_text", sa.Text(), server_default="", nullable=False))
    store_words("products__category", "search_text", of=["name"], translated="products.Category")
    store_words("products__product", "search_text", of=["search_text"])


def downgrade() -> None:
    op.drop_column("products__category", "search_text")
