"""files that are brought on the screen, what became of their rows, how columns were matched, which columns were taken; pictures of refused forms"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "core_0013"
down_revision = "core_0012"
branch_labels = None
depends_on = None


def _code(length: int) -> sa.types.TypeEngine[str]:
    return sa.String(length).with_variant(sa.String(length, collation="C"), "postgresql")


def upgrade() -> None:
    time, key = sa.DateTime(timezone=True), sa.BigInteger().with_variant(sa.Integer(), "sqlite")
    op.create_table(
        "core__import_file",
        sa.Column("id", key, nullable=False),
        sa.Column("kind", _code(64), nullable=False),
        sa.Column("state", sa.String(length=10), nullable=False),
        sa.Column("file_id", sa.String(length=24), nullable=True),
        sa.Column("file_name", sa.LargeBinary(), nullable=True),
        sa.Column("heads", sa.LargeBinary(), nullable=False),
        sa.Column("rows", sa.BigInteger(), nullable=True),
        sa.Column("mapping", sa.JSON(), nullable=False),
        sa.Column("counts", sa.JSON(), nullable=False),
        sa.Column("zone", sa.String(length=64), nullable=False),
        sa.Column("task_id", key, nullable=True),
        sa.Column("import_id", key, nullable=True),
        sa.Column("user_id", sa.Integer(), nullable=True),
        sa.Column("actor", sa.String(length=128), nullable=False),
        sa.Column("created_at", time, nullable=False),
        sa.Column("written_at", time, nullable=True),
        sa.Column("undo_until", time, nullable=True),
        sa.Column("expires_at", time, nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_core__import_file")),
    )
    op.create_index("ix_core__import_file_ends", "core__import_file", ["expires_at"])
    op.create_table(
        "core__import_file_row",
        sa.Column("file_id", key, nullable=False),
        sa.Column("row", key, nullable=False, autoincrement=False),
        sa.Column("what", sa.String(length=10), nullable=False),
        sa.Column("target", key, nullable=True),
        sa.Column("told", sa.LargeBinary(), nullable=False),
        sa.Column("reason", sa.String(length=64), nullable=False),
        sa.Column("undone", sa.String(length=10), nullable=False),
        sa.Column("stayed_because", sa.String(length=64), nullable=False),
        sa.ForeignKeyConstraint(["file_id"], ["core__import_file.id"], name=op.f("fk_core__import_file_row_file_id_core__import_file")),
        sa.PrimaryKeyConstraint("file_id", "row", name=op.f("pk_core__import_file_row")),
    )
    op.create_index("ix_core__import_file_row_what", "core__import_file_row", ["file_id", "what", "row"])
    op.create_table(
        "core__import_matching",
        sa.Column("kind", _code(64), nullable=False),
        sa.Column("fields", sa.JSON(), nullable=False),
        sa.Column("changed_at", time, nullable=False),
        sa.PrimaryKeyConstraint("kind", name=op.f("pk_core__import_matching")),
    )
    op.create_table(
        "core__export_choice",
        sa.Column("user_id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("kind", _code(64), nullable=False),
        sa.Column("columns", sa.JSON(), nullable=False),
        sa.PrimaryKeyConstraint("user_id", "kind", name=op.f("pk_core__export_choice")),
    )
    op.add_column("core__file", sa.Column("expires_at", time, nullable=True))
    op.create_index("ix_core__file_expires_at", "core__file", ["expires_at"])


def downgrade() -> None:
    op.drop_index("ix_core__file_expires_at", "core__file")
    op.drop_column("core__file", "expires_at")
    for table in ("core__export_choice", "core__import_matching", "core__import_file_row", "core__import_file"):
        op.drop_table(table)
