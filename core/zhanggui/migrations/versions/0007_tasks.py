"""tasks and private files"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from zhanggui.db.types import Pii, SealedJson, UTCDateTime, code_string
from zhanggui.migrations.sealing import batches

revision = "core_0007"
down_revision = "core_0006"
branch_labels = None
depends_on = None

_KEY = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
_MOVED = ("state", "phase", "position", "step", "actor", "started_at", "finished_at")


def upgrade() -> None:
    op.create_table(
        "core__task",
        sa.Column("id", _KEY, nullable=False),
        sa.Column("name", code_string(120), nullable=False),
        sa.Column("state", sa.String(length=10), nullable=False),
        sa.Column("title", sa.LargeBinary(), nullable=True),
        sa.Column("sentence", sa.LargeBinary(), nullable=True),
        sa.Column("done", sa.BigInteger(), nullable=False),
        sa.Column("total", sa.BigInteger(), nullable=True),
        sa.Column("step", sa.BigInteger(), nullable=False),
        sa.Column("place", sa.LargeBinary(), nullable=True),
        sa.Column("arguments", sa.LargeBinary(), nullable=True),
        sa.Column("file_id", sa.String(length=24), nullable=True),
        sa.Column("file_size", sa.BigInteger(), nullable=False),
        sa.Column("job_id", _KEY, nullable=True),
        sa.Column("user_id", sa.Integer(), nullable=True),
        sa.Column("actor_kind", sa.String(length=16), nullable=False),
        sa.Column("actor", sa.String(length=128), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("started_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("changed_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("finished_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_core__task")),
    )
    op.create_index("ix_core__task_user", "core__task", ["user_id", "id"])
    op.create_index("ix_core__task_ends", "core__task", ["expires_at"])
    op.create_table(
        "core__private_file",
        sa.Column("id", sa.String(length=24), nullable=False),
        sa.Column("resource", sa.String(length=64), nullable=False),
        sa.Column("row_id", sa.String(length=64), nullable=False),
        sa.Column("field", sa.String(length=64), nullable=False),
        sa.Column("name", sa.LargeBinary(), nullable=True),
        sa.Column("media_type", sa.String(length=100), nullable=False),
        sa.Column("size", sa.BigInteger(), nullable=False),
        sa.Column("digest", sa.String(length=64), nullable=False),
        sa.Column("user_id", sa.Integer(), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_core__private_file")),
    )
    op.create_index("ix_core__private_file_row", "core__private_file", ["resource", "row_id"])
    op.create_index("ix_core__private_file_ends", "core__private_file", ["expires_at"])
    op.add_column("core__import", sa.Column("task_id", _KEY, nullable=True))
    _move_imports()
    for column in _MOVED:
        op.drop_column("core__import", column)


def _move_imports() -> None:
    """How far each import is becomes its task: what was interrupted goes on when its command is given again."""
    connection = op.get_bind()
    imports = sa.table(
        "core__import", sa.column("id"), sa.column("kind"), sa.column("file_name", Pii()), sa.column("rows"), sa.column("tally", sa.JSON()),
        sa.column("state"), sa.column("phase"), sa.column("position", Pii()), sa.column("step"), sa.column("actor"),
        sa.column("started_at", UTCDateTime()), sa.column("finished_at", UTCDateTime()), sa.column("task_id"),
    )  # fmt: skip
    tasks = sa.table(
        "core__task", sa.column("id"), sa.column("name"), sa.column("state"), sa.column("title", SealedJson()), sa.column("place", SealedJson()),
        sa.column("done"), sa.column("total"), sa.column("step"), sa.column("file_size"), sa.column("actor_kind"), sa.column("actor"),
        sa.column("created_at", UTCDateTime()), sa.column("started_at", UTCDateTime()), sa.column("changed_at", UTCDateTime()),
        sa.column("finished_at", UTCDateTime()),
    )  # fmt: skip
    names = [column.name for column in imports.c if column.name != "task_id"]
    for rows in batches(connection, imports, names):
        for row in rows:
            done = row.state == "done"
            values = {
                "name": "core.import", "state": "done" if done else "failed",
                "title": {"text": "Import of %(kind)s from %(file)s", "with": {"kind": row.kind, "file": row.file_name or ""}},
                "place": None if done else {"phase": row.phase, "position": row.position or ""},
                "done": sum(count for count, _amount in row.tally.get("outcomes", {}).values()), "total": row.rows, "step": row.step,
                "file_size": 0, "actor_kind": "system", "actor": row.actor, "created_at": row.started_at, "started_at": row.started_at,
                "changed_at": row.finished_at or row.started_at, "finished_at": row.finished_at,
            }  # fmt: skip
            task_id = connection.execute(tasks.insert().values(**values).returning(tasks.c.id)).scalar_one()
            connection.execute(imports.update().where(imports.c.id == row.id).values(task_id=task_id))


def downgrade() -> None:
    raise NotImplementedError("how far imports are stands in tasks now; restore the copy made before the upgrade")
