"""first tables"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "backup_0001"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table('backup__run',
    sa.Column('id', sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
    sa.Column('kind', sa.String(length=16), nullable=False),
    sa.Column('state', sa.String(length=16), nullable=False),
    sa.Column('cause', sa.String(length=16), nullable=False),
    sa.Column('name', sa.String(80).with_variant(sa.String(80, collation="C"), "postgresql"), nullable=False),
    sa.Column('target', sa.String(length=16), nullable=False),
    sa.Column('started_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('finished_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('tables', sa.Integer(), nullable=False),
    sa.Column('rows', sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
    sa.Column('files', sa.Integer(), nullable=False),
    sa.Column('totals', sa.JSON(none_as_null=True), nullable=True),
    sa.Column('why', sa.Text(), nullable=True),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_backup__run'))
    )
    op.create_index('ix_backup__run_kind', 'backup__run', ['kind', 'state', 'id'], unique=False)
    op.create_index('ix_backup__run_name', 'backup__run', ['name', 'kind', 'id'], unique=False)


def downgrade() -> None:
    op.drop_table('backup__run')
