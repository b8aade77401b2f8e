"""first tables"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "analytics_0001"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table('analytics__bucket',
    sa.Column('fact', sa.String(80).with_variant(sa.String(80, collation="C"), "postgresql"), nullable=False),
    sa.Column('day', sa.Date(), nullable=False),
    sa.Column('dirty_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('computed_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('version', sa.String(40).with_variant(sa.String(40, collation="C"), "postgresql"), nullable=False),
    sa.Column('rows', sa.Integer(), nullable=False),
    sa.PrimaryKeyConstraint('fact', 'day', name=op.f('pk_analytics__bucket'))
    )
    op.create_index('ix_analytics__bucket_dirty', 'analytics__bucket', ['dirty_at'], unique=False)
    op.create_table('analytics__cell',
    sa.Column('id', sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
    sa.Column('kept', sa.String(160).with_variant(sa.String(160, collation="C"), "postgresql"), nullable=False),
    sa.Column('day', sa.Date(), nullable=False),
    sa.Column('hour', sa.SmallInteger(), nullable=False),
    sa.Column('currency', sa.String(length=3), nullable=False),
    sa.Column('d1', sa.String(96).with_variant(sa.String(96, collation="C"), "postgresql"), nullable=False),
    sa.Column('d2', sa.String(96).with_variant(sa.String(96, collation="C"), "postgresql"), nullable=False),
    sa.Column('d3', sa.String(96).with_variant(sa.String(96, collation="C"), "postgresql"), nullable=False),
    sa.Column('n1', sa.BigInteger(), nullable=False),
    sa.Column('n2', sa.BigInteger(), nullable=False),
    sa.Column('n3', sa.BigInteger(), nullable=False),
    sa.Column('n4', sa.BigInteger(), nullable=False),
    sa.Column('n5', sa.BigInteger(), nullable=False),
    sa.Column('n6', sa.BigInteger(), nullable=False),
    sa.Column('n7', sa.BigInteger(), nullable=False),
    sa.Column('n8', sa.BigInteger(), nullable=False),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_analytics__cell'))
    )
    op.create_index('ix_analytics__cell_day', 'analytics__cell', ['kept', 'day'], unique=False)
    op.create_table('analytics__repair',
    sa.Column('id', sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
    sa.Column('fact', sa.String(80).with_variant(sa.String(80, collation="C"), "postgresql"), nullable=False),
    sa.Column('day', sa.Date(), nullable=False),
    sa.Column('name', sa.String(40).with_variant(sa.String(40, collation="C"), "postgresql"), nullable=False),
    sa.Column('kept_sum', sa.BigInteger(), nullable=False),
    sa.Column('right_sum', sa.BigInteger(), nullable=False),
    sa.Column('at', sa.DateTime(timezone=True), nullable=False),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_analytics__repair'))
    )
    op.create_index(op.f('ix_analytics__repair_at'), 'analytics__repair', ['at'], unique=False)
    # ### end Alembic commands ###


def downgrade() -> None:
    op.drop_index(op.f('ix_analytics__repair_at'), table_name='analytics__repair')
    op.drop_table('analytics__repair')
    op.drop_index('ix_analytics__cell_day', table_name='analytics__cell')
    op.drop_table('analytics__cell')
    op.drop_index('ix_analytics__bucket_dirty', table_name='analytics__bucket')
    op.drop_table('analytics__bucket')
    # ### end Alembic commands ###
