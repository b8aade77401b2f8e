"""Reading a shop's old rows from a file: nothing vanishes, and a second run changes nothing."""

from .contracts import Figure, ImportRow, ImportRun, Outcome, Seen

__all__ = ["Figure", "ImportRow", "ImportRun", "Outcome", "Seen"]
