"""notes and nicknames"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "notes_0001"
down_revision = None
branch_labels = None
depends_on = None

KEY = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    op.create_table(
        "notes__note",
        sa.Column("id", KEY, nullable=False),
        sa.Column("code", sa.String(20), nullable=False),
        sa.Column("title", sa.String(80), nullable=False),
        sa.Column("price", sa.BigInteger(), nullable=True),
        sa.Column("due", sa.Date(), nullable=True),
        sa.Column("done", sa.Boolean(), nullable=False),
        sa.Column("row_version", sa.Integer(), server_default="1", nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_notes__note")),
        sa.UniqueConstraint("code", name=op.f("uq_notes__note_code")),
    )
    op.create_table(
        "notes__nickname",
        sa.Column("product_id", KEY, nullable=False, autoincrement=False),
        sa.Column("name", sa.String(40), nullable=False),
        sa.PrimaryKeyConstraint("product_id", name=op.f("pk_notes__nickname")),
    )
    op.create_table(
        "notes__pin",
        sa.Column("id", KEY, nullable=False),
        sa.Column("note_id", KEY, nullable=False),
        sa.ForeignKeyConstraint(["note_id"], ["notes__note.id"], name=op.f("fk_notes__pin_note_id_notes__note")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_notes__pin")),
    )
