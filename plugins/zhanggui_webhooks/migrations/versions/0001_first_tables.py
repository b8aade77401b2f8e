"""first tables"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "webhooks_0001"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table('webhooks__endpoint',
    sa.Column('id', sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
    sa.Column('public_id', sa.String(24).with_variant(sa.String(24, collation="C"), "postgresql"), nullable=False),
    sa.Column('label', sa.String(length=80), nullable=False),
    sa.Column('url', sa.LargeBinary(), nullable=False),
    sa.Column('host', sa.String(length=255), nullable=False),
    sa.Column('events', sa.JSON(), nullable=False),
    sa.Column('headers', sa.LargeBinary(), nullable=True),
    sa.Column('state', sa.String(length=16), nullable=False),
    sa.Column('secret', sa.LargeBinary(), nullable=False),
    sa.Column('secret_seen_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('old_secret', sa.LargeBinary(), nullable=True),
    sa.Column('old_until', sa.DateTime(timezone=True), nullable=True),
    sa.Column('rate_per_minute', sa.Integer(), nullable=False),
    sa.Column('seconds', sa.Integer(), nullable=False),
    sa.Column('ordered', sa.Boolean(), nullable=False),
    sa.Column('failures', sa.Integer(), nullable=False),
    sa.Column('failing_since', sa.DateTime(timezone=True), nullable=True),
    sa.Column('told', sa.Integer(), nullable=False),
    sa.Column('probes', sa.Integer(), nullable=False),
    sa.Column('probe_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('last_ok_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('created_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('row_version', sa.Integer(), server_default='1', nullable=False),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_webhooks__endpoint')),
    sa.UniqueConstraint('public_id', name=op.f('uq_webhooks__endpoint_public_id'))
    )
    op.create_index('ix_webhooks__endpoint_state', 'webhooks__endpoint', ['state', 'probe_at'], unique=False)
    op.create_table('webhooks__delivery',
    sa.Column('id', sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
    sa.Column('endpoint_id', sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
    sa.Column('event_id', sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
    sa.Column('public_id', sa.String(40).with_variant(sa.String(40, collation="C"), "postgresql"), nullable=False),
    sa.Column('type', sa.String(110).with_variant(sa.String(110, collation="C"), "postgresql"), nullable=False),
    sa.Column('key', sa.String(180).with_variant(sa.String(180, collation="C"), "postgresql"), nullable=False),
    sa.Column('sequence', sa.Integer(), nullable=False),
    sa.Column('body', sa.LargeBinary(), nullable=False),
    sa.Column('state', sa.String(length=16), nullable=False),
    sa.Column('tries', sa.Integer(), nullable=False),
    sa.Column('next_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('lease_until', sa.DateTime(timezone=True), nullable=True),
    sa.Column('lease', sa.String(24).with_variant(sa.String(24, collation="C"), "postgresql"), nullable=True),
    sa.Column('last_status', sa.Integer(), nullable=True),
    sa.Column('created_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('done_at', sa.DateTime(timezone=True), nullable=True),
    sa.ForeignKeyConstraint(['endpoint_id'], ['webhooks__endpoint.id'], name=op.f('fk_webhooks__delivery_endpoint_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_webhooks__delivery')),
    sa.UniqueConstraint('endpoint_id', 'event_id', name=op.f('uq_webhooks__delivery_endpoint_id_event_id'))
    )
    op.create_index('ix_webhooks__delivery_due', 'webhooks__delivery', ['endpoint_id', 'state', 'next_at', 'id'], unique=False)
    op.create_index('ix_webhooks__delivery_key', 'webhooks__delivery', ['endpoint_id', 'key', 'sequence'], unique=False)
    op.create_index('ix_webhooks__delivery_leased', 'webhooks__delivery', ['state', 'lease_until'], unique=False)
    op.create_index('ix_webhooks__delivery_newest', 'webhooks__delivery', ['created_at', 'id'], unique=False)
    op.create_table('webhooks__try',
    sa.Column('id', sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
    sa.Column('delivery_id', sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
    sa.Column('endpoint_id', sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
    sa.Column('at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('status', sa.Integer(), nullable=True),
    sa.Column('milliseconds', sa.Integer(), nullable=False),
    sa.Column('trouble', sa.LargeBinary(), nullable=True),
    sa.Column('answer', sa.LargeBinary(), nullable=True),
    sa.Column('cause', sa.String(length=16), nullable=False),
    sa.ForeignKeyConstraint(['delivery_id'], ['webhooks__delivery.id'], name=op.f('fk_webhooks__try_delivery_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_webhooks__try'))
    )
    op.create_index('ix_webhooks__try_delivery', 'webhooks__try', ['delivery_id', 'id'], unique=False)
    op.create_index('ix_webhooks__try_endpoint', 'webhooks__try', ['endpoint_id', 'at'], unique=False)
    # ### end Alembic commands ###


def downgrade() -> None:
    op.drop_index('ix_webhooks__try_endpoint', table_name='webhooks__try')
    op.drop_index('ix_webhooks__try_delivery', table_name='webhooks__try')
    op.drop_table('webhooks__try')
    op.drop_index('ix_webhooks__delivery_newest', table_name='webhooks__delivery')
    op.drop_index('ix_webhooks__delivery_leased', table_name='webhooks__delivery')
    op.drop_index('ix_webhooks__delivery_key', table_name='webhooks__delivery')
    op.drop_index('ix_webhooks__delivery_due', table_name='webhooks__delivery')
    op.drop_table('webhooks__delivery')
    op.drop_index('ix_webhooks__endpoint_state', table_name='webhooks__endpoint')
    op.drop_table('webhooks__endpoint')
    # ### end Alembic commands ###
