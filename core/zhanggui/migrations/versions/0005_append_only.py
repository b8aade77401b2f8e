"""the trail is closed to REPLACE too, and in sessions that call themselves replicas"""

from __future__ import annotations

from alembic import op

from zhanggui.db.append_only import guards

revision = "core_0005"
down_revision = "core_0001"
branch_labels = None
depends_on = None

TABLE = "core__audit"


def upgrade() -> None:
    dialect = op.get_bind().dialect.name
    on = f" ON {TABLE}" if dialect == "postgresql" else ""
    # Shops made by the first release have guards of these names already.
    for name in ("no_change", "no_truncate") if on else ("no_update", "no_delete"):
        op.execute(f"DROP TRIGGER IF EXISTS {TABLE}_{name}{on}")
    for statement in guards(dialect, TABLE, [["id"]], "the audit trail"):
        op.execute(statement)
