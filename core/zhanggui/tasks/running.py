"""A task while it is done: steps, each of them a unit of work that also moves the row on."""

from __future__ import annotations

import hashlib
import os
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from typing import IO, Any

from sqlalchemy import CursorResult, select, update
from sqlalchemy.orm import Session

from ..db.uow import reading, unit_of_work
from ..files import private
from ..files.kinds import media_type_of
from ..i18n.wording import stored
from ..kernel import clock
from ..kernel.actors import Actor
from ..kernel.errors import Stop
from .ending import KEEP, tell
from .models import Task
from .states import TaskState, before
from .texts import CANCELED, FAILED, FINISHED

TURN = 8.0  # seconds after which a task makes room for other jobs of its lane, and goes on behind them
KEEP_RESULT = timedelta(days=7)
c: Any = Task.__table__.c
_SAME = object()


class TaskCanceled(Stop):
    """Somebody asked for the end: it is canceled now, and what the open step did is undone."""


class TaskTaken(Stop):
    """Another process does this task, or it ended: what was done here since the last step is undone."""


class TaskRested(Stop):
    """Other jobs have their turn; the task goes on behind them."""


class TaskRun:
    """One task for the function that does it. A process may be killed at any moment: what was committed by a step is where it goes on."""

    def __init__(self, row: Any, actor: Actor, *, rests: bool = True, keep: timedelta | None = KEEP) -> None:
        self.id: int = row.id
        self.actor = actor
        self.place: Any = row.place  # what the last step reported; None at the beginning
        self.done: int = row.done
        self.total: int | None = row.total
        self._sentence: Any = _SAME
        self._step: int = row.step
        self._keep = keep  # the row, after it ended; None: for ever
        self._rests, self._began, self._steps = rests, time.monotonic(), 0
        self._file_id: str | None = row.file_id
        self._file_size: int = row.file_size
        self._file_name = ""
        self._out: IO[bytes] | None = None
        self._user_id: int | None = row.user_id
        self.ended = False

    @property
    def result_is_lost(self) -> bool:
        """Whether bytes that steps wrote are not on the disk any more. What those steps did cannot be done again."""
        path = private.path_of(self._file_id or "")
        return self._file_size > 0 and not (path.is_file() and path.stat().st_size >= self._file_size)

    @contextmanager
    def step(self, *, last: bool = False) -> Iterator[Session]:
        """The unit of work of one step. All of it is committed, with what was reported, or nothing. Keep it to a second or two.

        It raises what ends the function: the task was canceled or taken over, or it is the turn of others.

        :param last: the task is done with it. Without such a step it is done when its function returns.
        """
        if self._rests and self._steps and not last and time.monotonic() - self._began > TURN:
            raise TaskRested()
        with unit_of_work() as db:
            # Held from the beginning: another process that has come as far waits, and then finds the step done.
            row = db.execute(select(c.state, c.step).where(c.id == self.id).with_for_update()).first()
            if row is None or row.step != self._step or row.state not in (TaskState.RUNNING, TaskState.STOPPING):
                raise TaskTaken()
            asked = row.state == TaskState.STOPPING
            if asked:
                self._end(db, TaskState.CANCELED, CANCELED)
            else:
                yield db
                self._commit(db, last)
        if asked:
            self.drop_result()
            raise TaskCanceled()
        self._step, self._steps, self.ended = self._step + 1, self._steps + 1, last

    def report(self, *, done: int | None = None, total: int | None = None, sentence: Any = None, place: Any = _SAME) -> None:
        """What is seen once this step is committed, and where the next one begins.

        :param sentence: a lazy text with its parameters: what is being done, for people.
        :param place: JSON that ``place`` holds when the task goes on.
        """
        self.done = self.done if done is None else done
        self.total = self.total if total is None else total
        self._sentence = self._sentence if sentence is None else sentence
        self.place = self.place if place is _SAME else place

    @property
    def canceled(self) -> bool:
        """Whether somebody asked for the end: for what takes long between two steps. The next step ends the task."""
        with reading() as db:
            return db.scalar(select(c.state).where(c.id == self.id)) != TaskState.RUNNING

    def result(self, name: str) -> IO[bytes]:
        """The result file, open behind what earlier steps wrote to it. What a step wrote that was not committed is cut off.

        :param name: what it is called when it is downloaded; its ending says its kind.
        """
        media_type_of(name)
        self._file_name = name
        if self._out is None:
            if self._file_id is None:
                self._file_id, path = private.new_path()
                self._out = path.open("x+b")  # a workbook is made of the lines that wait in it
            else:
                self._out = private.path_of(self._file_id).open("r+b")
                self._out.truncate(self._file_size)
                self._out.seek(self._file_size)
        return self._out

    def fail(self, sentence: Any) -> None:
        """It ends here, and may be resumed."""
        with unit_of_work() as db:
            self._end(db, TaskState.FAILED, sentence)
            tell(db, self.id, self._user_id, FAILED, clock.now())

    def close(self) -> None:
        """Let go of the result file."""
        if self._out is not None:
            self._out.close()
            self._out = None

    def drop_result(self) -> None:
        """Take the bytes of an unfinished result away."""
        self.close()
        if self._file_id is not None:
            private.unlink([self._file_id])

    def _commit(self, db: Session, last: bool) -> None:
        if self._out is not None:
            self._out.flush()
            os.fsync(self._out.fileno())
            self._file_size = self._out.tell()
        values = {
            "step": self._step + 1, "place": self.place, "done": self.done, "total": self.total, "file_id": self._file_id,
            "file_size": self._file_size, "changed_at": clock.now(),
        }  # fmt: skip
        if last:
            self._keep_result(db)
            self._end(db, TaskState.DONE, self._sentence, **values)
            tell(db, self.id, self._user_id, FINISHED, clock.now())
        else:
            self._move(db, TaskState.RUNNING, self._sentence, **values)

    def _end(self, db: Session, state: TaskState, sentence: Any, **values: Any) -> None:
        now = clock.now()
        if state == TaskState.CANCELED:
            values |= {"file_id": None, "file_size": 0}
        self._move(db, state, sentence, finished_at=now, expires_at=now + self._keep if self._keep else None, **values)

    def _move(self, db: Session, state: TaskState, sentence: Any, **values: Any) -> None:
        if sentence is not _SAME:
            values["sentence"] = stored(sentence)
        mine = update(Task.__table__).where(c.id == self.id, c.step == self._step, c.state.in_(before(state)))
        moved: CursorResult[Any] = db.execute(mine.values(state=state, **values))  # type: ignore[assignment] # an update answers a cursor
        if moved.rowcount == 0:
            raise TaskTaken()

    def _keep_result(self, db: Session) -> None:
        if self._file_id is None:
            return
        with private.path_of(self._file_id).open("rb") as file:
            digest = hashlib.file_digest(file, hashlib.sha256).hexdigest()
        now = clock.now()
        private.keep(
            db, self._file_id, filename=self._file_name, media_type=media_type_of(self._file_name), size=self._file_size, digest=digest,
            resource="core.Task", row_id=str(self.id), field="", user_id=self._user_id, now=now, expires_at=now + KEEP_RESULT,
        )  # fmt: skip

