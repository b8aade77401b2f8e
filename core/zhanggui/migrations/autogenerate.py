"""Write the next migration of a component from what its models say: ``zhanggui plugin migration orders "add a remark"``.

Runs the component's history on a scratch SQLite file first, so no instance is needed. Read what it
writes: it cannot tell a rename from a drop and an add.
"""

from __future__ import annotations

import importlib
import re
import secrets
import tempfile
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from alembic.autogenerate import compare_metadata, produce_migrations, render_python_code
from alembic.migration import MigrationContext
from alembic.operations import ops
from sqlalchemy import Connection, Integer, LargeBinary, String, create_engine, event
from sqlalchemy.types import TypeEngine

from ..db.base import metadata
from ..db.crypto import Keyring, with_keyring
from ..db.types import BlindIndex, Decimals, Pii, SealedJson, UTCDateTime
from ..host.discovery import discover
from ..host.manifest import Manifest
from ..i18n.texts import lazy_gettext as _l
from ..kernel.errors import NotFound
from .changing import schema_change
from .heads import components, version_table
from .history import run, scripts

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
            "autogenerate_plugins": ["alembic.autogenerate.*", "alembic.ext.checkconstraint_byname"],
            "target_metadata": metadata, "sqlalchemy_module_prefix": "sa.", "alembic_module_prefix": "op.",
            "user_module_prefix": None,
        },
    )  # fmt: skip


def _compare_type(_context: Any, _inspected: Any, _metadata: Any, found: TypeEngine[Any], wanted: TypeEngine[Any]) -> bool | None:
    if isinstance(wanted, UTCDateTime | Pii | SealedJson | Decimals):
        return False
    if isinstance(wanted, Integer) and isinstance(found, Integer):
        return False  # BigInteger on PostgreSQL, INTEGER on SQLite
    return None


def _render(kind: str, obj: Any, _context: Any) -> str | Literal[False]:
    if kind != "type":
        return False
    if isinstance(obj, UTCDateTime):
        return "sa.DateTime(timezone=True)"
    if isinstance(obj, Decimals):
        return "sa.BigInteger()"
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
    if type(obj).__module__.startswith("sqlalchemy.dialects."):
        return f"sa.{obj.as_generic()!r}"  # as it was found on the scratch file: a migration is for both databases
    return False


def differences(connection: Connection, component: str) -> list[Any]:
    """What the models say and the database does not; empty when the history is complete."""
    found: list[Any] = compare_metadata(_context(connection, component), metadata)
    return found


@dataclass(frozen=True)
class Written:
    """A migration that was written, and the tables in which it drops and adds columns: perhaps a rename was meant."""

    path: Path
    renamed: tuple[str, ...] = ()


def write(component: str, message: str, folders: Iterable[str | Path] = ("plugins",)) -> Written | None:
    """Write the next revision of a component, or nothing when there is no difference.

    :param folders: where plugins lie, beside those that are installed.
    :raises NotFound: when no component has this id.
    """
    manifests = _beneath(component, discover(folders).manifests)
    import_models(manifests)
    known = components(manifests)
    folder = known[component]
    # Histories that seal old rows need a key, also where there are no rows.
    with tempfile.TemporaryDirectory() as scratch, with_keyring(Keyring(secrets.token_hex(32))):
        engine = create_engine(f"sqlite:///{scratch}/scratch.sqlite3", connect_args={"isolation_level": None})
        event.listen(engine, "begin", lambda connection: connection.exec_driver_sql("BEGIN"))
        with schema_change(engine) as connection:
            for name, path in known.items():
                run(connection, name, path)
            plan = produce_migrations(_context(connection, component), metadata)
        engine.dispose()
    if plan.upgrade_ops is None or plan.upgrade_ops.is_empty():
        return None
    history = scripts(folder)
    previous = history.get_current_head() if history else None
    number = len(list(folder.glob("versions/*.py"))) + 1
    slug = re.sub(r"[^a-z0-9]+", "_", message.lower()).strip("_")[:40] or "change"
    revision = f"{component}_{number:04d}"
    body = _HEAD.format(
        message=message.replace("\\", "/").replace('"', "'"), revision=revision, down=previous,
        up=_code(plan.upgrade_ops), down_body=_code(plan.downgrade_ops),
    )  # fmt: skip
    target = folder / "versions" / f"{number:04d}_{slug}.py"
    target.parent.mkdir(parents=True, exist_ok=True)
    target.write_text(body, encoding="utf-8")
    return Written(target, tuple(_perhaps_renamed(plan.upgrade_ops)))


def _beneath(component: str, manifests: Mapping[str, Manifest]) -> dict[str, Manifest]:
    """A plugin and what it requires: whatever is wrong with others, its migration can be written."""
    if component != "core" and component not in manifests:
        raise NotFound(_l("There is no plugin %(id)s."), id=component)
    wanted, ahead = set(), [component]
    while ahead:
        name = ahead.pop()
        if name in manifests and name not in wanted:
            wanted.add(name)
            ahead += manifests[name].requires
    return {name: manifest for name, manifest in manifests.items() if name in wanted}


def _perhaps_renamed(plan: Any) -> Iterable[str]:
    for change in plan.ops:
        kinds = {type(op) for op in getattr(change, "ops", ())}
        if {ops.AddColumnOp, ops.DropColumnOp} <= kinds:
            yield change.table_name


def _code(plan: Any) -> str:
    text = render_python_code(
        plan, sqlalchemy_module_prefix="sa.", alembic_module_prefix="op.", render_item=_render, render_as_batch=False
    )
    lines = [line for line in text.splitlines() if "### commands" not in line]
    return "\n    ".join(line.removeprefix("    ") for line in lines).strip() or "pass"
