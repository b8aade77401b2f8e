"""first tables"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from zhanggui.api import append_only_guards

revision = "help_0001"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table('help__article',
    sa.Column('id', sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
    sa.Column('public_id', sa.String(24).with_variant(sa.String(24, collation="C"), "postgresql"), nullable=False),
    sa.Column('audience', sa.String(16).with_variant(sa.String(16, collation="C"), "postgresql"), nullable=False),
    sa.Column('title', sa.String(length=120), nullable=False),
    sa.Column('body', sa.Text(), nullable=False),
    sa.Column('keywords', sa.String(length=200), nullable=False),
    sa.Column('published', sa.Integer(), nullable=True),
    sa.Column('differs', sa.Boolean(), nullable=False),
    sa.Column('changed_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('row_version', sa.Integer(), server_default='1', nullable=False),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_help__article')),
    sa.UniqueConstraint('public_id', name=op.f('uq_help__article_public_id'))
    )
    op.create_table('help__entry',
    sa.Column('id', sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
    sa.Column('ref', sa.String(120).with_variant(sa.String(120, collation="C"), "postgresql"), nullable=False),
    sa.Column('locale', sa.String(16).with_variant(sa.String(16, collation="C"), "postgresql"), nullable=False),
    sa.Column('owner', sa.String(40).with_variant(sa.String(40, collation="C"), "postgresql"), nullable=False),
    sa.Column('audience', sa.String(16).with_variant(sa.String(16, collation="C"), "postgresql"), nullable=False),
    sa.Column('rights', sa.JSON(), nullable=False),
    sa.Column('title', sa.String(length=200), nullable=False),
    sa.Column('lead', sa.String(length=400), nullable=False),
    sa.Column('digest', sa.String(40).with_variant(sa.String(40, collation="C"), "postgresql"), nullable=False),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_help__entry')),
    sa.UniqueConstraint('ref', 'locale', name='uq_help__entry_ref')
    )
    op.create_index('ix_help__entry_owner', 'help__entry', ['owner'], unique=False)
    op.create_table('help__query',
    sa.Column('id', sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
    sa.Column('day', sa.Date(), nullable=False),
    sa.Column('locale', sa.String(16).with_variant(sa.String(16, collation="C"), "postgresql"), nullable=False),
    sa.Column('text', sa.String(length=80), nullable=False),
    sa.Column('asked', sa.Integer(), nullable=False),
    sa.Column('found', sa.Integer(), nullable=False),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_help__query')),
    sa.UniqueConstraint('day', 'locale', 'text', name='uq_help__query_day')
    )
    op.create_index('ix_help__query_found', 'help__query', ['found', 'day'], unique=False)
    op.create_table('help__tour_run',
    sa.Column('user_id', sa.Integer(), autoincrement=False, nullable=False),
    sa.Column('tour', sa.String(80).with_variant(sa.String(80, collation="C"), "postgresql"), nullable=False),
    sa.Column('digest', sa.String(40).with_variant(sa.String(40, collation="C"), "postgresql"), nullable=False),
    sa.Column('step', sa.Integer(), nullable=False),
    sa.Column('ended', sa.String(20).with_variant(sa.String(20, collation="C"), "postgresql"), nullable=False),
    sa.Column('at', sa.DateTime(timezone=True), nullable=False),
    sa.PrimaryKeyConstraint('user_id', 'tour', name=op.f('pk_help__tour_run'))
    )
    op.create_table('help__vote',
    sa.Column('id', sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
    sa.Column('user_id', sa.Integer(), nullable=False),
    sa.Column('ref', sa.String(120).with_variant(sa.String(120, collation="C"), "postgresql"), nullable=False),
    sa.Column('digest', sa.String(40).with_variant(sa.String(40, collation="C"), "postgresql"), nullable=False),
    sa.Column('locale', sa.String(16).with_variant(sa.String(16, collation="C"), "postgresql"), nullable=False),
    sa.Column('clear', sa.Boolean(), nullable=False),
    sa.Column('reason', sa.String(20).with_variant(sa.String(20, collation="C"), "postgresql"), nullable=False),
    sa.Column('at', sa.DateTime(timezone=True), nullable=False),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_help__vote')),
    sa.UniqueConstraint('user_id', 'ref', 'digest', name='uq_help__vote_user')
    )
    op.create_index('ix_help__vote_ref', 'help__vote', ['ref', 'digest'], unique=False)
    op.create_table('help__word',
    sa.Column('term', sa.String(40).with_variant(sa.String(40, collation="C"), "postgresql"), nullable=False),
    sa.Column('entries', sa.Integer(), nullable=False),
    sa.PrimaryKeyConstraint('term', name=op.f('pk_help__word'))
    )
    op.create_table('help__term',
    sa.Column('term', sa.String(40).with_variant(sa.String(40, collation="C"), "postgresql"), nullable=False),
    sa.Column('entry_id', sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
    sa.Column('weight', sa.SmallInteger(), nullable=False),
    sa.ForeignKeyConstraint(['entry_id'], ['help__entry.id'], name=op.f('fk_help__term_entry_id'), ondelete='CASCADE'),
    sa.PrimaryKeyConstraint('term', 'entry_id', 'weight', name=op.f('pk_help__term'))
    )
    op.create_index(op.f('ix_help__term_entry_id'), 'help__term', ['entry_id'], unique=False)
    op.create_table('help__version',
    sa.Column('id', sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
    sa.Column('article_id', sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
    sa.Column('number', sa.Integer(), nullable=False),
    sa.Column('audience', sa.String(16).with_variant(sa.String(16, collation="C"), "postgresql"), nullable=False),
    sa.Column('texts', sa.JSON(), nullable=False),
    sa.Column('author', sa.String(length=120), nullable=False),
    sa.Column('at', sa.DateTime(timezone=True), nullable=False),
    sa.ForeignKeyConstraint(['article_id'], ['help__article.id'], name=op.f('fk_help__version_article_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_help__version')),
    sa.UniqueConstraint('article_id', 'number', name='uq_help__version_article')
    )
    for statement in append_only_guards(op.get_bind().dialect.name, "help__version", [["id"], ["article_id", "number"]], "the list of versions"):
        op.execute(statement)


def downgrade() -> None:
    op.drop_table('help__version')
    op.drop_index(op.f('ix_help__term_entry_id'), table_name='help__term')
    op.drop_table('help__term')
    op.drop_table('help__word')
    op.drop_index('ix_help__vote_ref', table_name='help__vote')
    op.drop_table('help__vote')
    op.drop_table('help__tour_run')
    op.drop_index('ix_help__query_found', table_name='help__query')
    op.drop_table('help__query')
    op.drop_index('ix_help__entry_owner', table_name='help__entry')
    op.drop_table('help__entry')
    op.drop_table('help__article')
    # ### end Alembic commands ###
