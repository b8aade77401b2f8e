"""What became of every row, adding up to the rows and the money of the file."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

from .contracts import ZERO, Outcome


@dataclass
class Tally:
    """Rows and money by what became of them; ``rejected`` once more by reason."""

    outcomes: dict[str, tuple[int, Decimal]] = field(default_factory=dict)
    reasons: dict[str, tuple[int, Decimal]] = field(default_factory=dict)
    rounded_rows: int = 0
    rounding: Decimal = ZERO  # exact minus stored

    @classmethod
    def load(cls, stored: Mapping[str, Any]) -> Tally:
        """A tally as it stands in the database."""

        def pairs(name: str) -> dict[str, tuple[int, Decimal]]:
            return {key: (count, Decimal(amount)) for key, (count, amount) in stored.get(name, {}).items()}

        return cls(pairs("outcomes"), pairs("reasons"), stored.get("rounded_rows", 0), Decimal(stored.get("rounding", "0")))

    def dump(self) -> dict[str, Any]:
        """The same for the database; amounts are text, because they are exact."""
        return {
            "outcomes": {key: [count, str(amount)] for key, (count, amount) in self.outcomes.items()},
            "reasons": {key: [count, str(amount)] for key, (count, amount) in self.reasons.items()},
            "rounded_rows": self.rounded_rows,
            "rounding": str(self.rounding),
        }

    def add(self, outcomes: Iterable[Outcome]) -> None:
        """Count what became of some rows."""
        for outcome in outcomes:
            count, amount = self.outcomes.get(outcome.what, (0, ZERO))
            self.outcomes[outcome.what] = (count + 1, amount + outcome.amount)
            if outcome.reason:
                count, amount = self.reasons.get(outcome.reason, (0, ZERO))
                self.reasons[outcome.reason] = (count + 1, amount + outcome.amount)
            if outcome.stored is not None and outcome.stored != outcome.amount:
                self.rounded_rows += 1
                self.rounding += outcome.amount - outcome.stored

    @property
    def rows(self) -> int:
        return sum(count for count, _amount in self.outcomes.values())

    @property
    def amount(self) -> Decimal:
        return sum((amount for _count, amount in self.outcomes.values()), ZERO)

    @property
    def rejected_amount(self) -> Decimal:
        return sum((amount for _count, amount in self.reasons.values()), ZERO)


@dataclass(frozen=True)
class Report:
    """The end of an import, in words and as data."""

    kind: str
    file: str
    source: str
    currency: str
    rows: int
    tally: Tally
    dry_run: bool = False
    already: bool = False  # this file had been read before; nothing was done
    import_id: int | None = None
    seconds: float = 0
    words: Mapping[tuple[str, str], int] = field(default_factory=dict)  # (part of the mapping, word): rows

    @property
    def adds_up(self) -> bool:
        """Whether every row of the file became something, once."""
        return self.tally.rows == self.rows

    @property
    def booked(self) -> Decimal:
        """What stands in the books: everything but what was rejected, in whole minor units."""
        return self.tally.amount - self.tally.rejected_amount - self.tally.rounding

    def as_dict(self) -> dict[str, Any]:
        """For programs; amounts are exact text."""
        return {
            "kind": self.kind, "file": self.file, "source": self.source, "currency": self.currency, "rows": self.rows,
            "amount": str(self.tally.amount), "booked": str(self.booked), "adds_up": self.adds_up, "dry_run": self.dry_run,
            "already": self.already, "import_id": self.import_id, "seconds": round(self.seconds, 1), **self.tally.dump(),
            "unknown_words": [{"part": part, "word": word, "rows": rows} for (part, word), rows in sorted(self.words.items())],
        }  # fmt: skip

    def text(self) -> str:
        """For people: a table whose last line is the sum of the others."""
        lines = [f"{self.kind} from {self.file}" + (" (dry run: nothing was kept)" if self.dry_run else "")]
        if self.already:
            lines.append("This file was read before; nothing was changed. What became of it:")
        table = [("", "rows", self.currency)]
        table += [(what, f"{count:,}", f"{amount:,}") for what, (count, amount) in sorted(self.tally.outcomes.items()) if what != "rejected"]
        table += [(f"rejected: {why}", f"{count:,}", f"{amount:,}") for why, (count, amount) in sorted(self.tally.reasons.items())]
        table.append(("total", f"{self.tally.rows:,}", f"{self.tally.amount:,}"))
        first, second, third = (max(len(row[n]) for row in table) for n in range(3))
        lines += [f"  {a:<{first}}  {b:>{second}}  {c:>{third}}" for a, b, c in table]
        if self.tally.rounded_rows:
            lines.append(
                f"Booked: {self.booked:,}. {self.tally.rounded_rows} rows have more decimals than {self.currency}; "
                f"rounding takes {self.tally.rounding:,}."
            )
        for (part, word), count in sorted(self.words.items()):
            lines.append(f'The word "{word}" is not known (rows: {count}). Say in the mapping, under [{part}], what it means.')
        if not self.adds_up:
            lines.append(f"THIS DOES NOT ADD UP: the file has {self.rows:,} rows.")
        return "\n".join(lines)
