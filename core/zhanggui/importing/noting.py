"""What rows of a file would do, or did: told by asking how things stand before and after."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from sqlalchemy import delete, insert, update
from sqlalchemy.orm import Session

from ..host.declare import Importer
from .contracts import ImportRow, ImportRun, Outcome, Present
from .models import ImportFile, ImportFileRow

NEW, CHANGED, SAME, REFUSED = "new", "changed", "same", "refused"
_KNOWN = {"known": SAME, "updated": CHANGED}  # words of importers that do not tell how things stand
_rows: Any = ImportFileRow.__table__
_files: Any = ImportFile.__table__


class Notes:
    """The rows of one file, written down as they are read. ``counts`` is how many there are of each."""

    def __init__(self, file_id: int, counts: Mapping[str, int] | None = None) -> None:
        self.file_id = file_id
        self.counts = Counter(counts or {})

    def forget(self, db: Session) -> None:
        """Begin anew."""
        db.execute(delete(_rows).where(_rows.c.file_id == self.file_id))
        self.counts.clear()

    def take(
        self, db: Session, importer: Importer, rows: Sequence[ImportRow], run: ImportRun, raw: Callable[[int], Any], *, keep: bool
    ) -> list[Outcome]:  # fmt: skip
        """Let the importer write some rows, and write down what it did. Without ``keep`` nothing of it stays but the notes."""
        before = stand(importer, db, rows, run)
        point = db.begin_nested()
        outcomes: list[Outcome] = importer.batch(db, rows, run)
        db.flush()
        after = stand(importer, db, rows, run)
        if keep:
            point.commit()
        else:
            point.rollback()
            db.expire_all()
        told = [self._told(importer, row, outcome, before.get(row.number), after.get(row.number), raw) for row, outcome in zip(rows, outcomes, strict=True)]
        if told:
            db.execute(insert(_rows), told)
        self.counts.update(note["what"] for note in told)
        db.execute(update(_files).where(_files.c.id == self.file_id).values(counts=dict(self.counts)))
        return outcomes

    def _told(
        self, importer: Importer, row: ImportRow, outcome: Outcome, was: Present | None, now: Present | None, raw: Callable[[int], Any]
    ) -> dict[str, Any]:  # fmt: skip
        note = {"file_id": self.file_id, "row": row.number, "what": SAME, "target": None, "reason": outcome.reason, "undone": "", "stayed_because": ""}
        told: dict[str, Any] = {"label": _label(importer, row, now or was)}
        if outcome.reason:
            note["what"], told["raw"], told["said"] = REFUSED, raw(row.number), dict(row.values)
        elif importer.present is None:
            note["what"] = _KNOWN.get(outcome.what, NEW)
        elif now is not None:
            note["target"] = now.id
            old = {} if was is None else _of_file(was, row)
            new = _of_file(now, row)
            changed = [name for name in new if was is None or old[name] != new[name]]
            note["what"] = NEW if was is None else CHANGED if changed else SAME
            told |= {"before": None if was is None else old, "after": new} if note["what"] != SAME else {}
            told |= {"whole": dict(now.values), "mark": now.mark} if was is None else {}
        return {**note, "told": told}


def stand(importer: Importer, db: Session, rows: Sequence[ImportRow], run: ImportRun) -> Mapping[int, Present]:
    """How the things that rows name stand in the shop; nothing of a kind that cannot tell."""
    found: Mapping[int, Present] = importer.present(db, rows, run) if importer.present is not None else {}
    return found


def _of_file(thing: Present, row: ImportRow) -> dict[str, str | None]:
    """The fields that the file has a column for."""
    return {name: thing.values.get(name) or None for name in row.values}


def _label(importer: Importer, row: ImportRow, thing: Present | None) -> str:
    if thing is not None and thing.label:
        return thing.label
    return " · ".join(value for name in importer.required[:2] if (value := row[name]))
