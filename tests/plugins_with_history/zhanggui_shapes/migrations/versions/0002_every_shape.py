"""every shape of a change"""

from __future__ import annotations

from zhanggui_shapes import shapes

revision = "shapes_0002"
down_revision = "shapes_0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    shapes.run()
