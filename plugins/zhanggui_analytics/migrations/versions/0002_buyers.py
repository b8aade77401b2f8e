"""buyers"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "analytics_0002"
down_revision = 'analytics_0001'
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table('analytics__buyer',
    sa.Column('customer_id', sa.BigInteger(), autoincrement=False, nullable=False),
    sa.Column('first_day', sa.Date(), nullable=False),
    sa.Column('again_after', sa.Integer(), nullable=True),
    sa.Column('last_day', sa.Date(), nullable=False),
    sa.Column('orders', sa.Integer(), nullable=False),
    sa.Column('net', sa.BigInteger(), nullable=False),
    sa.Column('recent', sa.SmallInteger(), nullable=False),
    sa.Column('often', sa.SmallInteger(), nullable=False),
    sa.Column('much', sa.SmallInteger(), nullable=False),
    sa.Column('segment', sa.String(24).with_variant(sa.String(24, collation="C"), "postgresql"), nullable=False),
    sa.PrimaryKeyConstraint('customer_id', name=op.f('pk_analytics__buyer'))
    )
    op.create_index('ix_analytics__buyer_segment', 'analytics__buyer', ['segment', 'customer_id'], unique=False)
    # ### end Alembic commands ###


def downgrade() -> None:
    op.drop_index('ix_analytics__buyer_segment', table_name='analytics__buyer')
    op.drop_table('analytics__buyer')
    # ### end Alembic commands ###
