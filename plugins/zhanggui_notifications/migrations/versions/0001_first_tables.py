"""first tables"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from zhanggui.api import append_only_guards

revision = "notifications_0001"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table('notifications__breaker',
    sa.Column('channel', sa.String(40).with_variant(sa.String(40, collation="C"), "postgresql"), nullable=False),
    sa.Column('failures', sa.Integer(), nullable=False),
    sa.Column('opened', sa.Integer(), nullable=False),
    sa.Column('probe_at', sa.DateTime(timezone=True), nullable=True),
    sa.PrimaryKeyConstraint('channel', name=op.f('pk_notifications__breaker'))
    )
    op.create_table('notifications__consent',
    sa.Column('id', sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
    sa.Column('recipient_kind', sa.String(length=16), nullable=False),
    sa.Column('recipient_id', sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
    sa.Column('category', sa.String(80).with_variant(sa.String(80, collation="C"), "postgresql"), nullable=False),
    sa.Column('channel', sa.String(40).with_variant(sa.String(40, collation="C"), "postgresql"), nullable=False),
    sa.Column('allowed', sa.Boolean(), nullable=False),
    sa.Column('wording', sa.Integer(), nullable=False),
    sa.Column('source', sa.String(length=16), nullable=False),
    sa.Column('at', sa.DateTime(timezone=True), nullable=False),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_notifications__consent'))
    )
    op.create_index('ix_notifications__consent_who', 'notifications__consent', ['recipient_kind', 'recipient_id', 'id'], unique=False)
    op.create_table('notifications__kind_setting',
    sa.Column('kind_id', sa.String(80).with_variant(sa.String(80, collation="C"), "postgresql"), nullable=False),
    sa.Column('enabled', sa.Boolean(), nullable=False),
    sa.Column('channels', sa.JSON(), nullable=True),
    sa.Column('at_night', sa.String(length=8), nullable=False),
    sa.Column('ttl_minutes', sa.Integer(), nullable=True),
    sa.Column('row_version', sa.Integer(), server_default='1', nullable=False),
    sa.PrimaryKeyConstraint('kind_id', name=op.f('pk_notifications__kind_setting'))
    )
    op.create_table('notifications__message',
    sa.Column('id', sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
    sa.Column('public_id', sa.String(24).with_variant(sa.String(24, collation="C"), "postgresql"), nullable=False),
    sa.Column('kind_id', sa.String(80).with_variant(sa.String(80, collation="C"), "postgresql"), nullable=False),
    sa.Column('category', sa.String(length=16), nullable=False),
    sa.Column('recipient_kind', sa.String(length=16), nullable=False),
    sa.Column('recipient_id', sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
    sa.Column('fact', sa.String(120).with_variant(sa.String(120, collation="C"), "postgresql"), nullable=False),
    sa.Column('dedupe_key', sa.String(240).with_variant(sa.String(240, collation="C"), "postgresql"), nullable=False),
    sa.Column('event_id', sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
    sa.Column('data', sa.LargeBinary(), nullable=True),
    sa.Column('pinned', sa.String(40).with_variant(sa.String(40, collation="C"), "postgresql"), nullable=True),
    sa.Column('passed', sa.JSON(), nullable=False),
    sa.Column('locale', sa.String(length=16), nullable=True),
    sa.Column('state', sa.String(length=16), nullable=False),
    sa.Column('reason', sa.String(length=24), nullable=True),
    sa.Column('detail', sa.String(80).with_variant(sa.String(80, collation="C"), "postgresql"), nullable=True),
    sa.Column('channel', sa.String(40).with_variant(sa.String(40, collation="C"), "postgresql"), nullable=True),
    sa.Column('tries', sa.Integer(), nullable=False),
    sa.Column('counted', sa.DateTime(timezone=True), nullable=True),
    sa.Column('subject', sa.LargeBinary(), nullable=True),
    sa.Column('body', sa.LargeBinary(), nullable=True),
    sa.Column('href', sa.LargeBinary(), nullable=True),
    sa.Column('shown_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('read_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('not_before', sa.DateTime(timezone=True), nullable=False),
    sa.Column('expires_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('lease', sa.String(24).with_variant(sa.String(24, collation="C"), "postgresql"), nullable=True),
    sa.Column('lease_until', sa.DateTime(timezone=True), nullable=True),
    sa.Column('created_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('done_at', sa.DateTime(timezone=True), nullable=True),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_notifications__message')),
    sa.UniqueConstraint('dedupe_key', name=op.f('uq_notifications__message_dedupe_key')),
    sa.UniqueConstraint('public_id', name=op.f('uq_notifications__message_public_id'))
    )
    op.create_index('ix_notifications__message_due', 'notifications__message', ['state', 'not_before', 'id'], unique=False)
    op.create_index('ix_notifications__message_fact', 'notifications__message', ['fact'], unique=False)
    op.create_index('ix_notifications__message_kind', 'notifications__message', ['kind_id', 'created_at'], unique=False)
    op.create_index('ix_notifications__message_leased', 'notifications__message', ['state', 'lease_until'], unique=False)
    op.create_index('ix_notifications__message_newest', 'notifications__message', ['created_at', 'id'], unique=False)
    op.create_index('ix_notifications__message_recipient', 'notifications__message', ['recipient_kind', 'recipient_id', 'id'], unique=False)
    op.create_index('ix_notifications__message_shown', 'notifications__message', ['recipient_id', 'shown_at'], unique=False)
    op.create_table('notifications__preference',
    sa.Column('id', sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
    sa.Column('recipient_kind', sa.String(length=16), nullable=False),
    sa.Column('recipient_id', sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
    sa.Column('category', sa.String(80).with_variant(sa.String(80, collation="C"), "postgresql"), nullable=False),
    sa.Column('channel', sa.String(40).with_variant(sa.String(40, collation="C"), "postgresql"), nullable=False),
    sa.Column('allowed', sa.Boolean(), nullable=False),
    sa.Column('source', sa.String(length=16), nullable=False),
    sa.Column('at', sa.DateTime(timezone=True), nullable=False),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_notifications__preference')),
    sa.UniqueConstraint('recipient_kind', 'recipient_id', 'category', 'channel', name=op.f('uq_notifications__preference_recipient_kind_recipient_id_category_channel'))
    )
    op.create_table('notifications__rate',
    sa.Column('scope', sa.String(80).with_variant(sa.String(80, collation="C"), "postgresql"), nullable=False),
    sa.Column('window_start', sa.DateTime(timezone=True), nullable=False),
    sa.Column('used', sa.Integer(), nullable=False),
    sa.PrimaryKeyConstraint('scope', 'window_start', name=op.f('pk_notifications__rate'))
    )
    op.create_table('notifications__template',
    sa.Column('id', sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
    sa.Column('kind_id', sa.String(80).with_variant(sa.String(80, collation="C"), "postgresql"), nullable=False),
    sa.Column('locale', sa.String(length=16), nullable=False),
    sa.Column('subject', sa.String(length=200), nullable=False),
    sa.Column('body', sa.String(length=2000), nullable=False),
    sa.Column('changed_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('row_version', sa.Integer(), server_default='1', nullable=False),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_notifications__template')),
    sa.UniqueConstraint('kind_id', 'locale', name=op.f('uq_notifications__template_kind_id_locale'))
    )
    op.create_table('notifications__attempt',
    sa.Column('id', sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
    sa.Column('message_id', sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
    sa.Column('n', sa.Integer(), nullable=False),
    sa.Column('channel', sa.String(40).with_variant(sa.String(40, collation="C"), "postgresql"), nullable=False),
    sa.Column('state', sa.String(length=16), nullable=False),
    sa.Column('reason', sa.String(length=24), nullable=True),
    sa.Column('code', sa.String(80).with_variant(sa.String(80, collation="C"), "postgresql"), nullable=True),
    sa.Column('provider_ref', sa.String(120).with_variant(sa.String(120, collation="C"), "postgresql"), nullable=True),
    sa.Column('rendered', sa.LargeBinary(), nullable=True),
    sa.Column('cost', sa.Integer(), nullable=False),
    sa.Column('at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('milliseconds', sa.Integer(), nullable=True),
    sa.ForeignKeyConstraint(['message_id'], ['notifications__message.id'], name=op.f('fk_notifications__attempt_message_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_notifications__attempt')),
    sa.UniqueConstraint('message_id', 'n', name=op.f('uq_notifications__attempt_message_id_n'))
    )
    op.create_index('ix_notifications__attempt_ref', 'notifications__attempt', ['channel', 'provider_ref'], unique=False)
    for statement in append_only_guards(op.get_bind().dialect.name, "notifications__consent", [["id"]], "the list of consents"):
        op.execute(statement)


def downgrade() -> None:
    op.drop_index('ix_notifications__attempt_ref', table_name='notifications__attempt')
    op.drop_table('notifications__attempt')
    op.drop_table('notifications__template')
    op.drop_table('notifications__rate')
    op.drop_table('notifications__preference')
    op.drop_index('ix_notifications__message_shown', table_name='notifications__message')
    op.drop_index('ix_notifications__message_recipient', table_name='notifications__message')
    op.drop_index('ix_notifications__message_newest', table_name='notifications__message')
    op.drop_index('ix_notifications__message_leased', table_name='notifications__message')
    op.drop_index('ix_notifications__message_kind', table_name='notifications__message')
    op.drop_index('ix_notifications__message_fact', table_name='notifications__message')
    op.drop_index('ix_notifications__message_due', table_name='notifications__message')
    op.drop_table('notifications__message')
    op.drop_table('notifications__kind_setting')
    op.drop_index('ix_notifications__consent_who', table_name='notifications__consent')
    op.drop_table('notifications__consent')
    op.drop_table('notifications__breaker')
    # ### end Alembic commands ###
