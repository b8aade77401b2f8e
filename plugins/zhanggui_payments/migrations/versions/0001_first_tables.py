"""first tables, and the money that orders kept"""

from __future__ import annotations

from datetime import UTC, datetime

import sqlalchemy as sa
from alembic import op

from zhanggui.api import append_only_guards

revision = "payments_0001"
down_revision = None
branch_labels = None
depends_on = None

_KEY = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
_TIME = sa.DateTime(timezone=True)
BATCH = 2000


def _code(length: int) -> sa.types.TypeEngine[str]:
    return sa.String(length).with_variant(sa.String(length, collation="C"), "postgresql")


def upgrade() -> None:
    op.create_table(
        "payments__attempt",
        sa.Column("id", _KEY, nullable=False),
        sa.Column("number", _code(32), nullable=False),
        sa.Column("order_id", _KEY, nullable=False),
        sa.Column("order_number", _code(32), nullable=False),
        sa.Column("customer_id", _KEY, nullable=True),
        sa.Column("provider", _code(32), nullable=False),
        sa.Column("method", _code(32), nullable=False),
        sa.Column("scene", sa.String(16), nullable=False),
        sa.Column("amount", sa.BigInteger(), nullable=False),
        sa.Column("currency", sa.String(3), nullable=False),
        sa.Column("state", sa.String(16), nullable=False),
        sa.Column("reserved", sa.BigInteger(), nullable=False),
        sa.Column("refunded", sa.BigInteger(), nullable=False),
        sa.Column("provider_number", _code(64), nullable=True),
        sa.Column("reference", sa.LargeBinary(), nullable=True),
        sa.Column("reference_index", _code(96), nullable=True),
        sa.Column("payer", sa.LargeBinary(), nullable=True),
        sa.Column("action", sa.LargeBinary(), nullable=True),
        sa.Column("usable_until", _TIME, nullable=True),
        sa.Column("code", _code(64), server_default="", nullable=False),
        sa.Column("simulated", sa.Boolean(), server_default=sa.false(), nullable=False),
        sa.Column("created_at", _TIME, nullable=False),
        sa.Column("expires_at", _TIME, nullable=True),
        sa.Column("captured_at", _TIME, nullable=True),
        sa.Column("closed_at", _TIME, nullable=True),
        sa.Column("close_wanted", sa.Boolean(), server_default=sa.false(), nullable=False),
        sa.Column("asked", sa.Integer(), nullable=False),
        sa.Column("ask_at", _TIME, nullable=True),
        sa.Column("row_version", sa.Integer(), server_default="1", nullable=False),
        sa.CheckConstraint("reserved >= 0", name=op.f("ck_payments__attempt_reserved")),
        sa.CheckConstraint("reserved <= amount OR amount < 0", name=op.f("ck_payments__attempt_not_more_than_there_is")),
        sa.CheckConstraint("refunded <= reserved", name=op.f("ck_payments__attempt_refunded")),
        sa.ForeignKeyConstraint(["order_id"], ["orders__order.id"], name=op.f("fk_payments__attempt_order_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_payments__attempt")),
        sa.UniqueConstraint("number", name=op.f("uq_payments__attempt_number")),
        sa.UniqueConstraint("provider", "provider_number", name=op.f("uq_payments__attempt_provider_provider_number")),
        sa.UniqueConstraint("provider", "reference_index", name=op.f("uq_payments__attempt_provider_reference_index")),
    )
    for name, columns in {
        "order": ["order_id", "id"], "customer": ["customer_id", "created_at", "id"], "newest": ["created_at", "id"],
        "state": ["state", "created_at", "id"], "due": ["ask_at", "id"], "captured": ["captured_at", "id"],
    }.items():  # fmt: skip
        op.create_index(f"ix_payments__attempt_{name}", "payments__attempt", columns)
    op.create_table(
        "payments__refund",
        sa.Column("id", _KEY, nullable=False),
        sa.Column("number", _code(64), nullable=False),
        sa.Column("attempt_id", _KEY, nullable=False),
        sa.Column("order_id", _KEY, nullable=False),
        sa.Column("order_number", _code(32), nullable=False),
        sa.Column("customer_id", _KEY, nullable=True),
        sa.Column("provider", _code(32), nullable=False),
        sa.Column("amount", sa.BigInteger(), nullable=False),
        sa.Column("currency", sa.String(3), nullable=False),
        sa.Column("state", sa.String(16), nullable=False),
        sa.Column("reason", sa.String(16), nullable=False),
        sa.Column("note", sa.LargeBinary(), nullable=True),
        sa.Column("provider_number", _code(64), nullable=True),
        sa.Column("code", _code(64), server_default="", nullable=False),
        sa.Column("simulated", sa.Boolean(), server_default=sa.false(), nullable=False),
        sa.Column("requested_at", _TIME, nullable=False),
        sa.Column("changed_at", _TIME, nullable=False),
        sa.Column("succeeded_at", _TIME, nullable=True),
        sa.Column("asked", sa.Integer(), nullable=False),
        sa.Column("ask_at", _TIME, nullable=True),
        sa.Column("row_version", sa.Integer(), server_default="1", nullable=False),
        sa.CheckConstraint("amount > 0", name=op.f("ck_payments__refund_amount")),
        sa.ForeignKeyConstraint(["attempt_id"], ["payments__attempt.id"], name=op.f("fk_payments__refund_attempt_id")),
        sa.ForeignKeyConstraint(["order_id"], ["orders__order.id"], name=op.f("fk_payments__refund_order_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_payments__refund")),
        sa.UniqueConstraint("number", name=op.f("uq_payments__refund_number")),
        sa.UniqueConstraint("provider", "provider_number", name=op.f("uq_payments__refund_provider_provider_number")),
    )
    for name, columns in {
        "order": ["order_id", "id"], "attempt": ["attempt_id", "id"], "state": ["state", "requested_at", "id"], "due": ["ask_at", "id"],
        "succeeded": ["succeeded_at", "id"],
    }.items():  # fmt: skip
        op.create_index(f"ix_payments__refund_{name}", "payments__refund", columns)
    op.create_table(
        "payments__refund_line",
        sa.Column("id", _KEY, nullable=False),
        sa.Column("refund_id", _KEY, nullable=False),
        sa.Column("order_line_id", _KEY, nullable=True),
        sa.Column("quantity", sa.Integer(), nullable=False),
        sa.Column("goods", sa.BigInteger(), nullable=False),
        sa.Column("freight", sa.BigInteger(), nullable=False),
        sa.Column("fee", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(["refund_id"], ["payments__refund.id"], name=op.f("fk_payments__refund_line_refund_id")),
        sa.ForeignKeyConstraint(["order_line_id"], ["orders__order_line.id"], name=op.f("fk_payments__refund_line_order_line_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_payments__refund_line")),
    )
    op.create_index(op.f("ix_payments__refund_line_refund_id"), "payments__refund_line", ["refund_id"])
    op.create_index(op.f("ix_payments__refund_line_order_line_id"), "payments__refund_line", ["order_line_id"])
    op.create_table(
        "payments__provider_event",
        sa.Column("id", _KEY, nullable=False),
        sa.Column("event_key", _code(128), nullable=False),
        sa.Column("provider", _code(32), nullable=False),
        sa.Column("attempt_id", _KEY, nullable=True),
        sa.Column("refund_id", _KEY, nullable=True),
        sa.Column("source", sa.String(16), nullable=False),
        sa.Column("state", sa.String(16), nullable=False),
        sa.Column("amount", sa.BigInteger(), nullable=True),
        sa.Column("currency", sa.String(3), nullable=True),
        sa.Column("provider_number", _code(64), nullable=True),
        sa.Column("code", _code(64), server_default="", nullable=False),
        sa.Column("at", _TIME, nullable=False),
        sa.ForeignKeyConstraint(["attempt_id"], ["payments__attempt.id"], name=op.f("fk_payments__provider_event_attempt_id")),
        sa.ForeignKeyConstraint(["refund_id"], ["payments__refund.id"], name=op.f("fk_payments__provider_event_refund_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_payments__provider_event")),
        sa.UniqueConstraint("event_key", name=op.f("uq_payments__provider_event_event_key")),
    )
    op.create_index("ix_payments__provider_event_attempt", "payments__provider_event", ["attempt_id", "id"])
    op.create_index("ix_payments__provider_event_refund", "payments__provider_event", ["refund_id", "id"])
    op.create_table(
        "payments__entry",
        sa.Column("id", _KEY, nullable=False),
        sa.Column("entry_key", _code(96), nullable=False),
        sa.Column("debit", _code(48), nullable=False),
        sa.Column("credit", _code(48), nullable=False),
        sa.Column("amount", sa.BigInteger(), nullable=False),
        sa.Column("currency", sa.String(3), nullable=False),
        sa.Column("attempt_id", _KEY, nullable=True),
        sa.Column("refund_id", _KEY, nullable=True),
        sa.Column("order_id", _KEY, nullable=True),
        sa.Column("customer_id", _KEY, nullable=True),
        sa.Column("simulated", sa.Boolean(), server_default=sa.false(), nullable=False),
        sa.Column("at", _TIME, nullable=False),
        sa.CheckConstraint("amount > 0", name=op.f("ck_payments__entry_amount")),
        sa.CheckConstraint("debit <> credit", name=op.f("ck_payments__entry_sides")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_payments__entry")),
        sa.UniqueConstraint("entry_key", "debit", "credit", name=op.f("uq_payments__entry_entry_key_debit_credit")),
    )
    for name, columns in {
        "debit": ["debit", "at", "id"], "credit": ["credit", "at", "id"], "order": ["order_id", "id"], "customer": ["customer_id", "id"],
    }.items():  # fmt: skip
        op.create_index(f"ix_payments__entry_{name}", "payments__entry", columns)
    op.create_table(
        "payments__case",
        sa.Column("id", _KEY, nullable=False),
        sa.Column("case_key", _code(128), nullable=False),
        sa.Column("kind", sa.String(24), nullable=False),
        sa.Column("state", sa.String(16), nullable=False),
        sa.Column("order_id", _KEY, nullable=True),
        sa.Column("order_number", _code(32), nullable=True),
        sa.Column("attempt_id", _KEY, nullable=True),
        sa.Column("refund_id", _KEY, nullable=True),
        sa.Column("provider", _code(32), nullable=False),
        sa.Column("provider_number", _code(64), nullable=True),
        sa.Column("amount", sa.BigInteger(), nullable=False),
        sa.Column("expected", sa.BigInteger(), nullable=True),
        sa.Column("currency", sa.String(3), nullable=False),
        sa.Column("owner_id", _KEY, nullable=True),
        sa.Column("owner", sa.LargeBinary(), nullable=True),
        sa.Column("note", sa.LargeBinary(), nullable=True),
        sa.Column("opened_at", _TIME, nullable=False),
        sa.Column("closed_at", _TIME, nullable=True),
        sa.Column("row_version", sa.Integer(), server_default="1", nullable=False),
        sa.ForeignKeyConstraint(["order_id"], ["orders__order.id"], name=op.f("fk_payments__case_order_id")),
        sa.ForeignKeyConstraint(["attempt_id"], ["payments__attempt.id"], name=op.f("fk_payments__case_attempt_id")),
        sa.ForeignKeyConstraint(["refund_id"], ["payments__refund.id"], name=op.f("fk_payments__case_refund_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_payments__case")),
        sa.UniqueConstraint("case_key", name=op.f("uq_payments__case_case_key")),
    )
    op.create_index("ix_payments__case_state", "payments__case", ["state", "opened_at", "id"])
    op.create_index("ix_payments__case_order", "payments__case", ["order_id", "state"])
    _take_over()
    op.drop_table("orders__payment")
    _switch_on()
    dialect = op.get_bind().dialect.name
    if dialect == "postgresql":  # whose counters know nothing of ids that were given
        for table in ("attempt", "refund"):
            name = f"payments__{table}"
            op.execute(f"SELECT setval(pg_get_serial_sequence('{name}', 'id'), (SELECT coalesce(max(id), 0) + 1 FROM {name}), false)")  # noqa: S608 - names of ours
    for table, keys, what in (
        ("payments__entry", [["id"], ["entry_key", "debit", "credit"]], "the ledger"),
        ("payments__provider_event", [["id"], ["event_key"]], "the list of what providers said"),
    ):
        for statement in append_only_guards(dialect, table, keys, what):
            op.execute(statement)


def _take_over() -> None:
    """The payments that orders kept, each an attempt that was captured; what a canceled order is owed, a refund to be sent."""
    bind = op.get_bind()
    old = sa.table(
        "orders__payment",
        *(sa.column(name) for name in ("id", "order_id", "provider", "method", "amount", "currency", "status", "reference_index")),
        sa.column("reference", sa.LargeBinary()), sa.column("created_at", _TIME), sa.column("refunded_at", _TIME),
    )  # fmt: skip
    order = sa.table("orders__order", *(sa.column(name) for name in ("id", "number", "customer_id", "status")), sa.column("canceled_at", _TIME))
    new = {name: sa.Table(f"payments__{name}", sa.MetaData(), autoload_with=bind) for name in ("attempt", "refund", "refund_line", "entry")}
    last = 0
    while True:
        rows = bind.execute(
            sa.select(old, order.c.number, order.c.customer_id, order.c.status.label("order_status"), order.c.canceled_at)
            .join(order, order.c.id == old.c.order_id).where(old.c.id > last).order_by(old.c.id).limit(BATCH)
        ).all()  # fmt: skip
        if not rows:
            return
        last = rows[-1].id
        for name, made in _rows(rows).items():
            if made:
                bind.execute(sa.insert(new[name]), made)


def _rows(rows):
    found: dict[str, list[dict[str, object]]] = {"attempt": [], "refund": [], "refund_line": [], "entry": []}
    for row in rows:
        # The ids are kept: numbers that people wrote down still lead to the payment.
        back = row.status == "refunded"
        owed = row.status == "captured" and row.order_status == "canceled" and row.amount > 0
        found["attempt"].append(
            {
                "id": row.id, "number": f"M{row.id}", "order_id": row.order_id, "order_number": row.number, "customer_id": row.customer_id,
                "provider": row.provider if row.provider == "history" else "offline", "method": row.method or ("" if row.provider == "history" else "other"),
                "scene": "" if row.provider == "history" else "offline", "amount": row.amount, "currency": row.currency, "state": "captured",
                "reserved": row.amount if back or owed else 0, "refunded": row.amount if back else 0, "reference": row.reference,
                "reference_index": row.reference_index, "created_at": row.created_at, "captured_at": row.created_at, "asked": 0,
            }
        )  # fmt: skip
        account = f"clearing:{found['attempt'][-1]['provider']}"
        common = {"currency": row.currency, "attempt_id": row.id, "order_id": row.order_id, "customer_id": row.customer_id}
        if row.amount:
            debit, credit = (account, "sales") if row.amount > 0 else ("sales", account)
            found["entry"].append(
                {**common, "entry_key": f"attempt:{row.id}", "debit": debit, "credit": credit, "amount": abs(row.amount), "refund_id": None, "at": row.created_at}
            )
        if back or owed:
            at = row.refunded_at or row.canceled_at or row.created_at
            found["refund"].append(
                {
                    "id": row.id, "number": f"MR{row.id}", "attempt_id": row.id, "order_id": row.order_id, "order_number": row.number,
                    "customer_id": row.customer_id, "provider": found["attempt"][-1]["provider"], "amount": row.amount, "currency": row.currency,
                    "state": "succeeded" if back else "requested", "reason": "canceled", "requested_at": row.canceled_at or at, "changed_at": at,
                    "succeeded_at": at if back else None, "asked": 0,
                }
            )  # fmt: skip
            found["refund_line"].append({"refund_id": row.id, "order_line_id": None, "quantity": 0, "goods": row.amount, "freight": 0, "fee": 0})
        if back:
            found["entry"].append(
                {**common, "entry_key": f"refund:{row.id}", "debit": "refunds", "credit": account, "amount": row.amount, "refund_id": row.id, "at": at}
            )
    return found


def _switch_on() -> None:
    """A shop that took money before goes on taking it: what was a part of orders is a plugin of its own now."""
    bind = op.get_bind()
    plugins = sa.table("core__plugin", sa.column("id"), sa.column("enabled", sa.Boolean()), sa.column("version"), sa.column("changed_at", _TIME))
    running = bind.execute(sa.select(plugins.c.enabled).where(plugins.c.id == "orders")).scalar()
    if not running:
        return
    if bind.execute(sa.select(plugins.c.id).where(plugins.c.id == "payments")).scalar():
        bind.execute(sa.update(plugins).where(plugins.c.id == "payments").values(enabled=True))
    else:
        bind.execute(sa.insert(plugins).values(id="payments", enabled=True, version="0.1.0", changed_at=datetime.now(UTC)))


def downgrade() -> None:
    raise NotImplementedError("the ledger is not taken apart; restore the copy made before the upgrade")
