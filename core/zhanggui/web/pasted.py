"""Values for rows that somebody pasted from a table, or sends as one: pairs of what a row is called and its value, or values alone."""

from __future__ import annotations

import re
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from ..i18n.texts import gettext as _
from ..importing.reader import open_table
from ..kernel.errors import Invalid

MAX_LINES = 1000
_BETWEEN = re.compile(r"[\t,;，；]|\s{1,}")


@dataclass
class Found:
    """``pairs``: the line (from 1), what its row is called (None: the next one), and the value. ``said``: what was taken for what."""

    pairs: Sequence[tuple[int, str | None, str]] = field(default_factory=tuple)
    said: str = ""


def from_text(text: str) -> Found:
    """One value a line, or two columns as they are copied from a table.

    :raises Invalid: for more lines than are looked at.
    """
    pairs: list[tuple[int, str | None, str]] = []
    for number, line in enumerate(text.replace("\0", "").splitlines(), 1):
        parts = [part.strip() for part in _BETWEEN.split(line.strip()) if part.strip()]
        if not parts:
            continue
        if len(pairs) >= MAX_LINES:
            raise Invalid(_("At most %(number)s lines.", number=MAX_LINES))
        pairs.append((number, parts[0], parts[-1]) if len(parts) > 1 else (number, None, parts[0]))
    return Found(pairs)


def from_file(upload: Any, wanted: str) -> Found:
    """The first and another column of a spreadsheet: the one that is headed like ``wanted``, else the second.

    :raises Invalid: for a file that cannot be read, or with one column.
    """
    suffix = Path(upload.filename).suffix.lower()
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / f"table{suffix}"
        upload.save(path)
        table = open_table(path)
        heads = [head.strip() for head in table.columns]
        if len([head for head in heads if head]) < 2:
            raise Invalid(_("The file needs two columns: what the row is called, and the value."))
        value = next((at for at, head in enumerate(heads) if _like(head, wanted)), 1)
        label = next((at for at, head in enumerate(heads) if at != value and re.search(r"订单|单号|number|order", head, re.I)), 0 if value else 1)
        pairs: list[tuple[int, str | None, str]] = []
        for number, row in enumerate(table.rows(), 2):
            cells = [cell or "" for cell in row] + [""] * len(heads)
            if cells[label] and cells[value]:
                pairs.append((number, cells[label], cells[value]))
            if len(pairs) > MAX_LINES:
                raise Invalid(_("At most %(number)s lines.", number=MAX_LINES))
    said = _("Rows are found by the column “%(rows)s”; the values come from “%(values)s”.", rows=heads[label], values=heads[value])
    return Found(pairs, said)


def _like(head: str, wanted: str) -> bool:
    plain, other = head.casefold().replace(" ", ""), wanted.casefold().replace(" ", "")
    return bool(plain) and (plain == other or other in plain or bool(re.search(r"tracking|运单|快递单|物流单", plain)))
