"""Tables to which rows are added and nothing else, by triggers: whoever opens the database meets them too.

On SQLite ``REPLACE`` (and every ``OR REPLACE``) takes the row in its way out without telling the delete
triggers, unless the connection asked for that, and a connection from outside did not. So an insert that would
meet a row is stopped before it does.
"""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import Table, UniqueConstraint


class AppendOnly:
    """Mixin of such a model. The migration that makes its table runs the statements of :func:`guards`."""


def unique_keys(table: Table) -> list[list[str]]:
    """Every set of columns in which two rows of a table must differ."""
    keys = [[c.name for c in table.primary_key]]
    keys += [[c.name for c in constraint.columns] for constraint in table.constraints if isinstance(constraint, UniqueConstraint)]
    return keys + [[c.name for c in index.columns] for index in table.indexes if index.unique]


def guards(dialect: str, table: str, keys: Sequence[Sequence[str]], what: str) -> list[str]:
    """The statements that close a table.

    :param keys: every set of columns in which two rows must differ (see :func:`unique_keys`); the first is one number.
    :param what: named in the refusal ("the audit trail").
    """
    if dialect == "postgresql":
        return [
            f"CREATE OR REPLACE FUNCTION {table}_refuse() RETURNS trigger LANGUAGE plpgsql AS "
            f"$$ BEGIN RAISE EXCEPTION '{what} is append-only'; END $$",
            f"CREATE TRIGGER {table}_no_change BEFORE UPDATE OR DELETE ON {table} FOR EACH ROW EXECUTE FUNCTION {table}_refuse()",
            f"CREATE TRIGGER {table}_no_truncate BEFORE TRUNCATE ON {table} EXECUTE FUNCTION {table}_refuse()",
            # In a session that calls itself a replica, ordinary triggers sleep.
            f"ALTER TABLE {table} ENABLE ALWAYS TRIGGER {table}_no_change",
            f"ALTER TABLE {table} ENABLE ALWAYS TRIGGER {table}_no_truncate",
        ]
    refuse = f"BEGIN SELECT RAISE(ABORT, '{what} is append-only'); END"
    # The names come from a migration; a trigger takes no parameters.
    met = " OR ".join(
        f"EXISTS (SELECT 1 FROM {table} WHERE {' AND '.join(f'{c} = NEW.{c}' for c in key)})"  # noqa: S608 - see above
        for key in keys
    )
    number = keys[0][0]
    return [
        *(f"CREATE TRIGGER {table}_no_{verb} BEFORE {verb.upper()} ON {table} {refuse}" for verb in ("update", "delete")),
        f"CREATE TRIGGER {table}_no_replace BEFORE INSERT ON {table} WHEN {met} {refuse}",
        # A number that is yet to be given reads as -1 above: a row that has it would stand in the way of every other.
        f"CREATE TRIGGER {table}_no_minus AFTER INSERT ON {table} WHEN NEW.{number} < 1 {refuse}",
    ]


def removal(dialect: str, table: str) -> list[str]:
    """The statements that open a table, for a migration that has to write in it and closes it again."""
    if dialect == "postgresql":
        return [f"DROP TRIGGER IF EXISTS {table}_{name} ON {table}" for name in ("no_change", "no_truncate")]
    return [f"DROP TRIGGER IF EXISTS {table}_{name}" for name in ("no_update", "no_delete", "no_replace", "no_minus")]
