"""The history of one component: where it lies, and how it is run.

Alembic's scripts run without its environment file, because there is one environment and it is this package.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

from alembic.config import Config as AlembicConfig
from alembic.migration import MigrationContext
from alembic.operations import Operations
from alembic.script import ScriptDirectory
from sqlalchemy import MetaData
from sqlalchemy.engine import Connection
from sqlalchemy.exc import IntegrityError

from ..db.base import NAMING
from ..i18n.texts import lazy_gettext as _l
from ..kernel.errors import DomainError
from . import postgresql, sqlite
from .heads import CORE, version_table

DIALECTS = (sqlite.RebuildingSQLite, postgresql.ComparingPostgreSQL)  # known to Alembic from the import on


class MigrationFailed(DomainError):
    """A migration stopped; what it had done is rolled back by whoever began the transaction."""

    code = "migration_failed"
    message = _l("The migration %(revision)s does not work (%(error)s).")

    def __init__(self, revision: str, error: Exception) -> None:
        if isinstance(error, DomainError):
            super().__init__(_l("The migration %(revision)s was refused: %(why)s"), revision=revision, why=error)
        elif isinstance(error, IntegrityError):
            # Not in the words of the database: those quote the rows.
            super().__init__(_l("The migration %(revision)s does not fit rows that are there."), revision=revision)
        else:
            super().__init__(revision=revision, error=type(error).__name__)


def scripts(folder: Path) -> ScriptDirectory | None:
    """The migration history in a component's ``migrations`` folder, if it has one."""
    if not any(folder.glob("versions/*.py")):
        return None
    config = AlembicConfig()
    config.set_main_option("script_location", str(CORE))
    config.set_main_option("version_locations", str(folder / "versions"))
    config.set_main_option("path_separator", "newline")
    return ScriptDirectory.from_config(config)


def run(connection: Connection, component: str, folder: Path, to: str = "head") -> None:
    """Bring a component's tables forward, in a transaction of ``changing.schema_change``.

    :raises MigrationFailed: naming the migration; its cause is what it raised.
    """
    reached = ""

    def steps(revision: Any, _context: MigrationContext) -> Iterator[Any]:
        nonlocal reached
        assert history is not None
        for step in history._upgrade_revs(to, revision):
            reached = step.revision.revision
            yield step

    options = {
        "version_table": version_table(component), "transactional_ddl": True, "fn": steps,
        # Constraints without a name get the one that the models would give them.
        "target_metadata": MetaData(naming_convention=NAMING),
    }  # fmt: skip
    try:
        history = scripts(folder)
        if history is None:
            return
        context = MigrationContext.configure(connection, opts=options)
        with Operations.context(context):
            context.run_migrations()
    except Exception as error:
        raise MigrationFailed(reached or component, error) from error
