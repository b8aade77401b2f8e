"""The database itself refuses to change or delete the trail; a migration runs these statements."""

from __future__ import annotations

TABLE = "core__audit"

SQLITE = [
    f"CREATE TRIGGER {TABLE}_no_{verb} BEFORE {verb.upper()} ON {TABLE} "
    "BEGIN SELECT RAISE(ABORT, 'the audit trail is append-only'); END"
    for verb in ("update", "delete")
]

POSTGRESQL = [
    f"CREATE FUNCTION {TABLE}_refuse() RETURNS trigger LANGUAGE plpgsql AS "
    "$$ BEGIN RAISE EXCEPTION 'the audit trail is append-only'; END $$",
    f"CREATE TRIGGER {TABLE}_no_change BEFORE UPDATE OR DELETE ON {TABLE} FOR EACH ROW EXECUTE FUNCTION {TABLE}_refuse()",
    f"CREATE TRIGGER {TABLE}_no_truncate BEFORE TRUNCATE ON {TABLE} EXECUTE FUNCTION {TABLE}_refuse()",
]


def statements(dialect: str) -> list[str]:
    """The statements for one kind of database."""
    return POSTGRESQL if dialect == "postgresql" else SQLITE


def removal(dialect: str) -> list[str]:
    """The statements that take them off, for a migration that seals old rows and puts them back."""
    if dialect == "postgresql":
        names = [f"{TABLE}_no_change", f"{TABLE}_no_truncate"]
        return [*(f"DROP TRIGGER {name} ON {TABLE}" for name in names), f"DROP FUNCTION {TABLE}_refuse()"]
    return [f"DROP TRIGGER {TABLE}_no_{verb}" for verb in ("update", "delete")]
