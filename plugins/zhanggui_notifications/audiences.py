"""The audiences that there are now, and calling what their plugins gave."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy.orm import Session

from zhanggui.api import Audience, Choice, DomainError, _l, hooks

HOOK = "notifications_audiences"


class AudienceFailed(DomainError):
    """Its plugin could not say who is in it."""

    code = "audience_failed"
    message = _l("Who is meant could not be found out: the plugin of this audience failed or is switched off.")


@dataclass(frozen=True)
class Crowd:
    """An audience, and whose it is."""

    plugin: str
    audience: Audience

    def count(self, db: Session) -> int:
        """:raises AudienceFailed: when its plugin fails."""
        found = hooks.contained(self.plugin, HOOK, self.audience.count, db)
        if found is None:
            raise AudienceFailed()
        return int(found)

    def page(self, db: Session, last: int, limit: int) -> list[int]:
        """Ids above ``last``, in order; fewer than ``limit`` at the end.

        :raises AudienceFailed: when its plugin fails.
        """
        found = hooks.contained(self.plugin, HOOK, self.audience.page, db, last, limit)
        if found is None:
            raise AudienceFailed()
        return sorted({int(one) for one in found})


def crowds() -> dict[str, Crowd]:
    """Every audience by its id; of two of one name the first stays."""
    found: dict[str, Crowd] = {}
    for plugin, given in hooks.call(HOOK):
        for audience in given or ():
            if audience.id in found:
                hooks.tell(plugin, "audience", audience.id, f"an audience called {audience.id} is there already: it stays, and this one is left out")
            else:
                found[audience.id] = Crowd(plugin, audience)
    return found


def crowd(audience_id: str) -> Crowd:
    """:raises AudienceFailed: for one that is not there now."""
    found = crowds().get(audience_id)
    if found is None:
        raise AudienceFailed()
    return found


def choices() -> list[Choice]:
    """Those that there are now."""
    return [Choice(id, one.audience.label) for id, one in crowds().items()]
