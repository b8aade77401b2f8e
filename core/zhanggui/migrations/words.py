"""For migrations: a column of words, filled for the rows that are there."""

from __future__ import annotations

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op

from ..db import words
from .sealing import batches

_TRANSLATION = sa.table("core__translation", sa.column("resource"), sa.column("row_id"), sa.column("text"))


def store_words(name: str, column: str, *, of: Sequence[str], translated: str | None = None) -> None:
    """Write ``words.stored`` of some columns of each row into ``column``, which may be one of them.

    :param translated: the resource (``products.Category``) whose translations are found as well.
    """
    connection, c = op.get_bind(), _TRANSLATION.c
    table = sa.table(name, sa.column("id"), *(sa.column(one) for one in dict.fromkeys([*of, column])))
    statement = sa.update(table).where(table.c.id == sa.bindparam("_id")).values({column: sa.bindparam("_words")})
    for rows in batches(connection, table, list(of)):
        texts = {row.id: [str(row._mapping[one] or "") for one in of] for row in rows}
        if translated:
            for row_id, text in connection.execute(sa.select(c.row_id, c.text).where(c.resource == translated, c.row_id.in_(list(texts)))):
                texts[row_id].append(text)
        connection.execute(statement, [{"_id": row_id, "_words": words.stored(*found)} for row_id, found in texts.items()])
