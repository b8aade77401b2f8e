"""sealed texts"""

from __future__ import annotations

from zhanggui.api.migrations import seal_column

revision = "inventory_0002"
down_revision = "inventory_0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    seal_column("inventory__stock_movement", "reason")


def downgrade() -> None:
    raise NotImplementedError("what was sealed is not put back in clear; restore the copy made before the upgrade")
