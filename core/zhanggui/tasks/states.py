"""States of a task, and which follows which."""

from __future__ import annotations

from enum import StrEnum


class TaskState(StrEnum):
    WAITING = "waiting"
    RUNNING = "running"
    STOPPING = "stopping"  # somebody asked; the next step does not begin
    DONE = "done"
    CANCELED = "canceled"
    FAILED = "failed"


MOVES = {
    TaskState.WAITING: {TaskState.RUNNING, TaskState.CANCELED, TaskState.FAILED},
    TaskState.RUNNING: {TaskState.RUNNING, TaskState.STOPPING, TaskState.DONE, TaskState.CANCELED, TaskState.FAILED},
    TaskState.STOPPING: {TaskState.CANCELED, TaskState.FAILED},
    TaskState.FAILED: {TaskState.WAITING, TaskState.RUNNING},  # goes on where it was
    TaskState.CANCELED: {TaskState.RUNNING},  # only what a command does: it is given again
    TaskState.DONE: set(),
}
ENDED = (TaskState.DONE, TaskState.CANCELED, TaskState.FAILED)


def before(state: TaskState) -> list[TaskState]:
    """The states from which a task may come into this one."""
    return [earlier for earlier, later in MOVES.items() if state in later]
