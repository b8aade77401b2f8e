"""Correlation and causation: which request, and which event, led to this."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass

from .ids import public_id


@dataclass(frozen=True, slots=True)
class Trace:
    """``correlation`` is one per outside cause; ``causation`` the event or job directly above."""

    correlation: str
    causation: str | None = None
    depth: int = 0


_current: ContextVar[Trace | None] = ContextVar("zhanggui_trace", default=None)


def current_trace() -> Trace:
    """The trace of this request or job; outside of both, a new one that is then kept."""
    trace = _current.get()
    if trace is None:
        trace = Trace(public_id())
        _current.set(trace)
    return trace


@contextmanager
def traced(correlation: str | None = None, causation: str | None = None, depth: int = 0) -> Iterator[Trace]:
    """Give everything inside the block one trace."""
    trace = Trace(correlation or public_id(), causation, depth)
    token = _current.set(trace)
    try:
        yield trace
    finally:
        _current.reset(token)
