"""Who did it: a user, a customer, an API token, a job or the system itself."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class Actor:
    """The author of a change. ``kind`` is user, customer, token, job, system or anonymous.

    ``permissions`` holds pairs ``("can_ship", "orders.Order")``; ``"*"`` in ``roles`` is not a
    thing: an owner carries every declared permission, so that a look-up is always the same. ``scoped``
    says that it holds less than its user, because its token was made for less. A token of somebody outside
    names whose program it is, as in ``"webhooks.Partner:7"``, and its own number.
    """

    kind: str
    id: int | None = None
    name: str = ""
    permissions: frozenset[tuple[str, str]] = field(default=frozenset(), repr=False)
    everything: bool = False
    ip: str | None = None
    scoped: bool = False
    program: str = ""
    token: int | None = None

    def may(self, permission: str, resource: str) -> bool:
        """Whether this actor holds ``can_<verb>`` on ``<plugin>.<Model>``."""
        return self.everything or (permission, resource) in self.permissions


SYSTEM = Actor("system", name="system", everything=True)
ANONYMOUS = Actor("anonymous", name="anonymous")

_current: ContextVar[Actor] = ContextVar("zhanggui_actor", default=ANONYMOUS)


def current_actor() -> Actor:
    """Who is acting in this request, job or command."""
    return _current.get()


@contextmanager
def acting_as(actor: Actor) -> Iterator[Actor]:
    """Make ``actor`` the author of everything inside the block."""
    token = _current.set(actor)
    try:
        yield actor
    finally:
        _current.reset(token)
