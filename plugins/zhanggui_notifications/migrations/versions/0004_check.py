"""check"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "notifications_0004"
down_revision = 'notifications_0003'
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.drop_index(op.f('ix_notifications__campaign_state'), table_name='notifications__campaign')
    op.drop_table('notifications__campaign')
    op.drop_index(op.f('ix_notifications__campaign_recipient_ended'), table_name='notifications__campaign_recipient')
    op.drop_index(op.f('ix_notifications__campaign_recipient_state'), table_name='notifications__campaign_recipient')
    op.drop_table('notifications__campaign_recipient')
    # ### end Alembic commands ###


def downgrade() -> None:
    op.create_table('notifications__campaign_recipient',
    sa.Column('campaign_id', sa.INTEGER(), nullable=False),
    sa.Column('customer_id', sa.INTEGER(), nullable=False),
    sa.Column('state', sa.VARCHAR(length=16), nullable=False),
    sa.Column('reason', sa.VARCHAR(length=24), nullable=True),
    sa.Column('channel', sa.VARCHAR(length=40), nullable=True),
    sa.Column('message_id', sa.INTEGER(), nullable=True),
    sa.Column('ended_at', sa.DATETIME(), nullable=True),
    sa.ForeignKeyConstraint(['campaign_id'], ['notifications__campaign.id'], name=op.f('fk_notifications__campaign_recipient_campaign_id')),
    sa.PrimaryKeyConstraint('campaign_id', 'customer_id', name=op.f('pk_notifications__campaign_recipient')),
    sa.UniqueConstraint('message_id', name=op.f('uq_notifications__campaign_recipient_message_id'))
    )
    op.create_index(op.f('ix_notifications__campaign_recipient_state'), 'notifications__campaign_recipient', ['campaign_id', 'state', 'customer_id'], unique=False)
    op.create_index(op.f('ix_notifications__campaign_recipient_ended'), 'notifications__campaign_recipient', ['campaign_id', 'ended_at'], unique=False)
    op.create_table('notifications__campaign',
    sa.Column('id', sa.INTEGER(), nullable=False),
    sa.Column('name', sa.VARCHAR(length=80), nullable=False),
    sa.Column('audience_id', sa.VARCHAR(length=80), nullable=False),
    sa.Column('texts', sa.JSON(), nullable=False),
    sa.Column('channels', sa.JSON(), nullable=False),
    sa.Column('href', sa.VARCHAR(length=200), nullable=False),
    sa.Column('rate_per_minute', sa.INTEGER(), nullable=False),
    sa.Column('hour_from', sa.INTEGER(), nullable=False),
    sa.Column('hour_until', sa.INTEGER(), nullable=False),
    sa.Column('budget', sa.INTEGER(), nullable=False),
    sa.Column('spent', sa.INTEGER(), nullable=False),
    sa.Column('holdout_bp', sa.INTEGER(), nullable=False),
    sa.Column('starts_at', sa.DATETIME(), nullable=True),
    sa.Column('state', sa.VARCHAR(length=16), nullable=False),
    sa.Column('reason', sa.VARCHAR(length=24), nullable=True),
    sa.Column('freezing', sa.BOOLEAN(), nullable=False),
    sa.Column('frozen_at', sa.DATETIME(), nullable=True),
    sa.Column('forecast', sa.JSON(), nullable=True),
    sa.Column('ticked_at', sa.DATETIME(), nullable=True),
    sa.Column('watched_from', sa.DATETIME(), nullable=True),
    sa.Column('created_at', sa.DATETIME(), nullable=False),
    sa.Column('started_at', sa.DATETIME(), nullable=True),
    sa.Column('ended_at', sa.DATETIME(), nullable=True),
    sa.Column('row_version', sa.INTEGER(), server_default=sa.text("'1'"), nullable=False),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_notifications__campaign'))
    )
    op.create_index(op.f('ix_notifications__campaign_state'), 'notifications__campaign', ['state', 'id'], unique=False)
    # ### end Alembic commands ###
