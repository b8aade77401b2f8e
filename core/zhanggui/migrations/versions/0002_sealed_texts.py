"""sealed texts"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from zhanggui.audit import Told
from zhanggui.auth.idempotency import kept_key
from zhanggui.db.crypto import blind_index, seal
from zhanggui.db.key_check import SENTENCE
from zhanggui.db.people import keys_of, unseal_with
from zhanggui.migrations.sealing import leave_nothing_behind, seal_column, seal_trail

revision = "core_0002"
down_revision = "core_0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "core__key_check",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("sealed", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_core__key_check")),
    )
    check = sa.table("core__key_check", sa.column("id"), sa.column("sealed", sa.LargeBinary()))
    op.execute(check.insert().values(id=1, sealed=seal(SENTENCE)))
    seal_trail(read=_as_it_was_written, also={"reason": ""})
    op.drop_column("core__audit", "reason")
    for table, column in (("core__event", "payload"), ("core__job", "kwargs"), ("core__notice", "params"), ("core__session", "data")):
        seal_column(table, column, json=True)
    for table, column in (
        ("core__job", "last_error"), ("core__job", "traceback"), ("core__notice", "body"), ("core__import", "file_name"),
        ("core__import", "position"),
    ):  # fmt: skip
        seal_column(table, column)
    _hide_idempotency_keys()


def _as_it_was_written(db, rows):
    """Rows whose label, reason, before and after stood in the open, and which sealed personal data alone."""
    subjects = [(row.subject_type, row.subject_id) if row.subject_type else None for row in rows]
    keys = keys_of(db, [subject for subject in subjects if subject])
    return [
        Told(row.label, row.reason, row.before or {}, row.after or {}, unseal_with(keys, subject, row.sealed) if row.sealed else None)
        for row, subject in zip(rows, subjects, strict=True)
    ]


def _hide_idempotency_keys() -> None:
    leave_nothing_behind()
    connection = op.get_bind()
    table = sa.table("core__idempotency", sa.column("owner"), sa.column("key"), sa.column("fingerprint"))
    for owner, key, old in connection.execute(sa.select(table.c.owner, table.c.key, table.c.fingerprint)).all():
        mine = (table.c.owner == owner) & (table.c.key == key)
        hidden = {"key": kept_key(owner, key), "fingerprint": blind_index(f"idempotency:{old}")}
        connection.execute(sa.update(table).where(mine).values(**hidden))


def downgrade() -> None:
    raise NotImplementedError("what was sealed is not put back in clear; restore the copy made before the upgrade")
