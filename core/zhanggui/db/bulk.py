"""Many rows written in few statements, as imports need it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import Table, bindparam, update
from sqlalchemy.orm import Session


def write_rows(db: Session, table: Table, rows: Sequence[tuple[int, Mapping[str, Any]]]) -> None:
    """Change rows by their ``id``: ``[(id, {column: value})]``; rows of the same columns go in one statement.

    ``row_version`` is raised where there is one, so that a form that is open notices. Rows are written in the
    order of their ids: two that write the same ones would otherwise wait for each other forever.
    """
    shapes: dict[tuple[str, ...], list[dict[str, Any]]] = {}
    for row_id, row in sorted(rows, key=lambda pair: pair[0]):
        shapes.setdefault(tuple(row), []).append({"_id": row_id, **{f"_{name}": value for name, value in row.items()}})
    for names, some in shapes.items():
        values: dict[str, Any] = {name: bindparam(f"_{name}", type_=table.c[name].type) for name in names}
        if "row_version" in table.c:
            values["row_version"] = table.c.row_version + 1
        db.connection().execute(update(table).where(table.c.id == bindparam("_id")).values(values), some)
