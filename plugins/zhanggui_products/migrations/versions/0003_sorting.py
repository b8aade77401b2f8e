"""what products are sorted by"""

from __future__ import annotations

from alembic import op

revision = "products_0003"
down_revision = "products_0002"
branch_labels = None
depends_on = None

_INDEXES = {"name": "name", "changed": "changed_at", "created": "created_at"}


def upgrade() -> None:
    for name, column in _INDEXES.items():
        op.create_index(f"ix_products__product_{name}", "products__product", [column, "id"])


def downgrade() -> None:
    for name in _INDEXES:
        op.drop_index(f"ix_products__product_{name}", table_name="products__product")
