"""Where a file that was brought on the screen stands, and what may follow."""

from __future__ import annotations

from enum import StrEnum


class FileState(StrEnum):
    MATCHING = "matching"  # its columns wait for somebody
    LOOKING = "looking"  # a task finds out what would change
    WRITING = "writing"  # a task writes the rows
    WRITTEN = "written"
    UNDOING = "undoing"
    UNDONE = "undone"


MOVES = {
    FileState.MATCHING: {FileState.LOOKING},
    FileState.LOOKING: {FileState.MATCHING, FileState.LOOKING, FileState.WRITING},
    FileState.WRITING: {FileState.WRITING, FileState.WRITTEN, FileState.UNDOING},  # one that was stopped goes on, or is taken back
    FileState.WRITTEN: {FileState.UNDOING},
    FileState.UNDOING: {FileState.UNDOING, FileState.UNDONE},
    FileState.UNDONE: set(),
}


def before(state: FileState) -> list[FileState]:
    """The states from which a file may come into this one."""
    return [earlier for earlier, later in MOVES.items() if state in later]
