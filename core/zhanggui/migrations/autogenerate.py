"""For plugin authors: write the next migration of a component from what its models say.

    python -m zhanggui.migrations.autogenerate orders "add a remark"

Runs the component's history on a scratch SQLite file first, so no instance is needed. Read what it
writes: it cannot tell a rename from a drop and an add.
"""

from __future__ import annotations

import importlib
import re
import secrets
import sys
import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from alembic.autogenerate import compare_metadata, produce_migrations, render_python_code
from alembic.migration import MigrationContext
from sqlalchemy import Connection, Integer, LargeBinary, String, create_engine, event
from sqlalchemy.types import TypeEngine

from ..db.base import metadata
from ..db.crypto import Keyring, with_keyring
from ..db.types import BlindIndex, Pii, SealedJson, UTCDateTime
from ..host.discovery import discover
from ..host.manifest import Manifest
from .runner import components, scripts, version_table

PLUGIN_FOLDERS = ["plugins"]  # beside those that are installed

_HEAD = '''"""{message}"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "{revision}"
down_revision = {down!r}
branch_labels = None
depends_on = None


def upgrade() -> None:
    {up}


def downgrade() -> None:
    {down_body}
'''


def import_models(manifests: Mapping[str, Manifest]) -> None:
    """Fill the metadata with the tables of the core and of every installed plugin."""
    from . import core_tables

    core_tables.load()
    for manifest in manifests.values():
        if (manifest.path / "models.py").exists():
            importlib.import_module(f"{manifest.package}.models")


def owner(table: str) -> str:
    """Which component a table belongs to."""
    return "core" if table.startswith("ab_") else table.split("__")[0]


def _context(connection: Connection, component: str) -> MigrationContext:
    def mine(name: str | None, kind: str, parents: Mapping[str, Any]) -> bool:
        if kind == "schema":
            return True  # the default one, by the name None: without it nothing would be compared
        table = name if kind == "table" else parents.get("table_name")
        return bool(table) and owner(str(table)) == component and table != version_table(component)

    def mine_object(obj: Any, name: str | None, kind: str, _reflected: bool, _other: Any) -> bool:
        table = obj if kind == "table" else obj.table
        return owner(table.name) == component and table.name != version_table(component)

    return MigrationContext.configure(
        connection,
        opts={
            "version_table": version_table(component), "include_name": mine, "include_object": mine_object,
            "render_item": _render, "compare_type": _compare_type, "render_as_batch": False,
            "target_metadata": metadata, "sqlalchemy_module_prefix": "sa.", "alembic_module_prefix": "op.",
            "user_module_prefix": None,
        },
    )  # fmt: skip


def _compare_type(_context: Any, _inspected: Any, _metadata: Any, found: TypeEngine[Any], wanted: TypeEngine[Any]) -> bool | None:
    if isinstance(wanted, UTCDateTime | Pii | SealedJson):
        return False
    if isinstance(wanted, Integer) and isinstance(found, Integer):
        return False  # BigInteger on PostgreSQL, INTEGER on SQLite
    return None


def _render(kind: str, obj: Any, _context: Any) -> str | bool:
    if kind != "type":
        return False
    if isinstance(obj, UTCDateTime):
        return "sa.DateTime(timezone=True)"
    if isinstance(obj, Pii | SealedJson):
        return "sa.LargeBinary()"
    if isinstance(obj, BlindIndex):
        return 'sa.String(40).with_variant(sa.String(40, collation="C"), "postgresql")'
    if isinstance(obj, LargeBinary):
        return "sa.LargeBinary()"
    variants = getattr(obj, "_variant_mapping", {})
    if "sqlite" in variants:
        return 'sa.BigInteger().with_variant(sa.Integer(), "sqlite")'
    if "postgresql" in variants and isinstance(obj, String):
        return f'sa.String({obj.length}).with_variant(sa.String({obj.length}, collation="C"), "postgresql")'
    return False


def differences(connection: Connection, component: str) -> list[Any]:
    """What the models say and the database does not; empty when the history is complete."""
    found: list[Any] = compare_metadata(_context(connection, component), metadata)
    return found


def write(component: str, message: str, folder: Path) -> Path | None:
    """Write the next revision of a component, or nothing when there is no difference."""
    manifests = discover(PLUGIN_FOLDERS).manifests
    import_models(manifests)
    # Histories that seal old rows need a key, also where there are no rows.
    with tempfile.TemporaryDirectory() as scratch, with_keyring(Keyring(secrets.token_hex(32))):
        engine = create_engine(f"sqlite:///{scratch}/scratch.sqlite3", connect_args={"isolation_level": None})
        event.listen(engine, "begin", lambda connection: connection.exec_driver_sql("BEGIN"))
        with engine.begin() as connection:
            for name, path in components(manifests).items():
                script = scripts(path)
                if script is None:
                    continue
                opts = {"version_table": version_table(name), "fn": lambda rev, _c, s=script: s._upgrade_revs("head", rev)}
                context = MigrationContext.configure(connection, opts=opts)
                from alembic.operations import Operations

                with Operations.context(context):
                    context.run_migrations()
            context = _context(connection, component)
            plan = produce_migrations(context, metadata)
        engine.dispose()
    if plan.upgrade_ops is None or plan.upgrade_ops.is_empty():
        return None
    history = scripts(folder)
    previous = history.get_current_head() if history else None
    number = len(list(folder.glob("versions/*.py"))) + 1
    slug = re.sub(r"[^a-z0-9]+", "_", message.lower()).strip("_")[:40]
    revision = f"{component}_{number:04d}"
    body = _HEAD.format(
        message=message, revision=revision, down=previous,
        up=_code(plan.upgrade_ops), down_body=_code(plan.downgrade_ops),
    )  # fmt: skip
    target = folder / "versions" / f"{number:04d}_{slug}.py"
    target.parent.mkdir(parents=True, exist_ok=True)
    target.write_text(body, encoding="utf-8")
    return target


def _code(ops: Any) -> str:
    text = render_python_code(
        ops, sqlalchemy_module_prefix="sa.", alembic_module_prefix="op.", render_item=_render, render_as_batch=False
    )
    lines = [line for line in text.splitlines() if "### commands" not in line]
    return "\n    ".join(line.removeprefix("    ") for line in lines).strip() or "pass"


if __name__ == "__main__":
    component_, message_ = sys.argv[1:3]
    path_ = components(discover(PLUGIN_FOLDERS).manifests)[component_]
    print(write(component_, message_, path_) or "nothing to do")
