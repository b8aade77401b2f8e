"""the trail is closed to REPLACE too, and in sessions that call themselves replicas"""

from __future__ import annotations

from alembic import op

from zhanggui.db.append_only import guards, removal

revision = "core_0004"
down_revision = "core_0003"
branch_labels = None
depends_on = None

TABLE = "core__audit"


def upgrade() -> None:
    dialect = op.get_bind().dialect.name
    # Shops made by the first release have guards of some of these names already.
    for statement in (*removal(dialect, TABLE), *guards(dialect, TABLE, [["id"]], "the audit trail")):
        op.execute(statement)
