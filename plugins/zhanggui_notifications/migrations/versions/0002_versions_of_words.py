"""versions of words, addresses that came back"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "notifications_0002"
down_revision = "notifications_0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table('notifications__address',
    sa.Column('recipient_kind', sa.String(length=16), nullable=False),
    sa.Column('recipient_id', sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
    sa.Column('channel', sa.String(40).with_variant(sa.String(40, collation="C"), "postgresql"), nullable=False),
    sa.Column('index', sa.String(40).with_variant(sa.String(40, collation="C"), "postgresql"), nullable=False),
    sa.Column('state', sa.String(length=16), nullable=False),
    sa.Column('code', sa.String(80).with_variant(sa.String(80, collation="C"), "postgresql"), nullable=True),
    sa.Column('at', sa.DateTime(timezone=True), nullable=False),
    sa.PrimaryKeyConstraint('channel', 'index', name=op.f('pk_notifications__address'))
    )
    op.create_index('ix_notifications__address_who', 'notifications__address', ['recipient_kind', 'recipient_id'], unique=False)
    op.add_column('notifications__attempt', sa.Column('version', sa.Integer(), nullable=True))
    op.add_column('notifications__message', sa.Column('version', sa.Integer(), nullable=True))
    op.add_column('notifications__template', sa.Column(
        'channel', sa.String(40).with_variant(sa.String(40, collation="C"), "postgresql"), server_default='*', nullable=False,
    ))
    op.add_column('notifications__template', sa.Column('version', sa.Integer(), server_default='1', nullable=False))
    op.add_column('notifications__template', sa.Column('state', sa.String(length=16), server_default='published', nullable=False))
    op.drop_constraint(op.f('uq_notifications__template_kind_id_locale'), 'notifications__template', type_='unique')
    op.create_unique_constraint(op.f('uq_notifications__template_kind_id_channel_locale_version'), 'notifications__template', ['kind_id', 'channel', 'locale', 'version'])


def downgrade() -> None:
    op.drop_constraint(op.f('uq_notifications__template_kind_id_channel_locale_version'), 'notifications__template', type_='unique')
    op.execute("DELETE FROM notifications__template WHERE state <> 'published' OR channel <> '*'")
    op.create_unique_constraint(op.f('uq_notifications__template_kind_id_locale'), 'notifications__template', ['kind_id', 'locale'])
    for column in ('state', 'version', 'channel'):
        op.drop_column('notifications__template', column)
    op.drop_column('notifications__message', 'version')
    op.drop_column('notifications__attempt', 'version')
    op.drop_index('ix_notifications__address_who', table_name='notifications__address')
    op.drop_table('notifications__address')
