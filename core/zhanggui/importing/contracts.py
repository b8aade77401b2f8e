"""What the importer hands to a plugin, and what it gets back. Values are text, as the file has them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

from ..kernel.actors import Actor

ZERO = Decimal(0)
_MOST_WORDS = 50  # unknown ones that a report names


@dataclass(frozen=True, slots=True)
class ImportRow:
    """One row of the file, by the fields of the importer. The first row below the header is number 1."""

    number: int
    values: Mapping[str, str | None]

    def __getitem__(self, name: str) -> str | None:
        """The value of a field; None when it is empty or the file has no such column."""
        return self.values.get(name)


@dataclass(frozen=True, slots=True)
class Seen:
    """Equal values of some columns, and how many rows hold them."""

    values: Mapping[str, str | None]
    count: int


@dataclass(frozen=True, slots=True)
class Present:
    """How the thing that a row names stands in the shop: its fields as an export writes them.

    ``mark`` moves with whatever else of it can change; a thing whose mark moved since an import made it is not taken away.
    """

    id: int
    label: str
    values: Mapping[str, str | None]
    mark: str = ""


@dataclass(frozen=True, slots=True)
class Made:
    """What a row of an import made, by its id, and the row's number."""

    number: int
    id: int


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of a row: a word for the report, and its money.

    :param amount: what the row says, exact; ``stored`` is what was written, where that differs by rounding.
    :param reason: why it was not taken; such a row is kept beside the report with all that it held.
    """

    what: str
    amount: Decimal = ZERO
    stored: Decimal | None = None
    reason: str = ""

    @classmethod
    def rejected(cls, reason: str, amount: Decimal = ZERO) -> Outcome:
        """A row that was not taken, by the name of the reason (``bad_date``)."""
        return cls("rejected", amount, reason=reason)


@dataclass(frozen=True, slots=True)
class Figure:
    """One total, straight from the file and out of the database."""

    name: str
    file: Decimal | int
    database: Decimal | int


@dataclass(frozen=True)
class ImportRun:
    """One reading of one file. ``memory`` is the importer's own, for as long as the process lives."""

    source: str
    batch_id: str
    zone: ZoneInfo
    currency: str
    actor: Actor
    now: datetime
    options: Mapping[str, Any] = field(default_factory=dict)
    memory: dict[str, Any] = field(default_factory=dict)

    def word(self, part: str, text: str, known: Mapping[str, str]) -> str | None:
        """What a word of the file means: as the mapping says under ``[part]``, or as everybody knows.

        None for any other: no word is ever guessed to mean the best. The report names it with its rows.
        """
        said = self.options.get(part, {})
        found: str | None = said.get(text) or known.get(text.casefold())
        if found is None:
            unknown = self.memory.setdefault("unknown words", {})
            if (part, text) in unknown or len(unknown) < _MOST_WORDS:
                unknown[part, text] = unknown.get((part, text), 0) + 1
        return found

    def key(self, text: str) -> str:
        """How a row of this source is known when it comes again."""
        return f"{self.source}/{text}"
