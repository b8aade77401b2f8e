"""Reading a shop's old rows from a file: nothing vanishes, and a second run changes nothing."""

from .contracts import Figure, ImportRow, ImportRun, Made, Outcome, Present, Seen

__all__ = ["Figure", "ImportRow", "ImportRun", "Made", "Outcome", "Present", "Seen"]
