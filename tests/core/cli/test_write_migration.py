"""``zhanggui plugin migration``: what the models say and the history does not becomes a file; nothing else is needed."""

from __future__ import annotations

import itertools
import sys
from pathlib import Path

import pytest
from sqlalchemy import CheckConstraint, Column, Index, Text, text

from zhanggui.db.base import metadata

MODELS = '''
from sqlalchemy import CheckConstraint, String
from sqlalchemy.orm import Mapped, mapped_column

from zhanggui.api import BigKey, Model


class Gift(Model):
    __tablename__ = "{id}__gift"
    __table_args__ = (CheckConstraint("length(name) > 0", name="name"),)

    id: Mapped[int] = mapped_column(BigKey, primary_key=True)
    name: Mapped[str] = mapped_column(String(40))
    worth: Mapped[str] = mapped_column(String(8))
'''
_numbers = itertools.count(1)


@pytest.fixture
def plugin(tmp_path, monkeypatch):
    """A plugin with a table and no history; its id, and its folder."""
    name = f"gifts{next(_numbers)}"
    folder = tmp_path / "plugins" / f"zhanggui_{name}"
    folder.mkdir(parents=True)
    (folder / "__init__.py").touch()
    (folder / "models.py").write_text(MODELS.format(id=name))
    (folder / "plugin.toml").write_text(f'id = "{name}"\nversion = "1.0.0"\napi_level = 1\n[name]\nen = "Gifts"\n[summary]\nen = "Gifts"\n')
    monkeypatch.chdir(tmp_path)
    yield name, folder
    metadata.remove(metadata.tables[f"{name}__gift"])
    sys.path.remove(str(folder.parent))


def written(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.glob("migrations/versions/*.py"))


def test_it_says_what_it_wrote_or_that_nothing_differs(command_line, plugin):
    name, folder = plugin
    said = command_line("plugin", "migration", name, "first tables").stdout
    assert said == f"Wrote {folder}/migrations/versions/0001_first_tables.py. Read it before you keep it.\n"
    again = command_line("plugin", "migration", name, "again")
    assert (again.exit_code, again.stdout) == (0, f"Nothing differs: the history of {name} makes what its models say.\n")
    assert written(folder) == ["0001_first_tables.py"]


def test_what_was_forgotten_is_noticed_and_what_it_writes_runs(command_line, plugin):
    name, folder = plugin
    command_line("plugin", "migration", name, "first tables")
    table = metadata.tables[f"{name}__gift"]
    (old,) = (c for c in table.constraints if isinstance(c, CheckConstraint))
    table.constraints.remove(old)
    table.append_constraint(CheckConstraint("length(name) > 1", name="name"))
    table.append_constraint(CheckConstraint("id > 0", name="positive"))
    table.c.worth.nullable = True
    Index(f"ix_{name}__gift_name", table.c.name, unique=True, sqlite_where=text("id > 1"), postgresql_where=text("id > 1"))
    assert command_line("plugin", "migration", name, '第二 "次"').exit_code == 0
    assert written(folder) == ["0001_first_tables.py", "0002_change.py"]
    source = (folder / "migrations/versions/0002_change.py").read_text(encoding="utf-8")
    for said in (f"ck_{name}__gift_positive", "length(name) > 1", "op.alter_column", "sqlite_where"):
        assert said in source
    assert "Nothing differs" in command_line("plugin", "migration", name, "again").stdout


def test_it_warns_where_a_rename_may_be_meant(command_line, plugin):
    name, folder = plugin
    command_line("plugin", "migration", name, "first tables")
    table = metadata.tables[f"{name}__gift"]
    table._columns.remove(table.c.worth)
    table.append_column(Column("value", Text))
    said = command_line("plugin", "migration", name, "value").stdout
    assert f"It drops and adds columns of {name}__gift: if one was renamed" in said
    assert len(written(folder)) == 2


def test_an_unknown_one_is_a_sentence(command_line):
    answer = command_line("plugin", "migration", "nothing", "text")
    assert (answer.exit_code, answer.stdout, answer.stderr) == (1, "", "There is no plugin nothing.\n")
