"""Makes a table, fills it, then fails."""

import sqlalchemy as sa
from alembic import op

revision = "broken_migration_0001"
down_revision = None
branch_labels = None
depends_on = None


def upgrade():
    op.create_table("broken_migration__thing", sa.Column("id", sa.Integer, primary_key=True))
    op.execute("INSERT INTO broken_migration__thing (id) VALUES (1)")
    raise RuntimeError("half way")


def downgrade():
    op.drop_table("broken_migration__thing")
