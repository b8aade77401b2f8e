"""The channels that there are now, and calling what their plugins gave."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Any

from sqlalchemy.orm import Session

from zhanggui.api import Channel, Envelope, Later, Recipient, Refused, Sent, Unknown, _, _l, hooks

from .rules import INBOX

HOOK = "notifications_channels"
Said = Sent | Refused | Later | Unknown


def _never(envelope: Envelope) -> Said:
    raise RuntimeError("a message in the customer's own list goes nowhere")


IN_THE_SHOP = Channel(INBOX, _l("In the shop"), "inbox", ("customer",), _never, lambda: None, lambda db, recipient: str(recipient.id), repeatable=True)


@dataclass(frozen=True)
class Way:
    """A channel, and whose it is: what fails there harms itself alone."""

    plugin: str
    channel: Channel

    def missing(self) -> str | None:
        """Why it cannot be used yet."""
        said = hooks.contained(self.plugin, HOOK, self.channel.missing, default=_("Its plugin failed."))
        return None if said is None else str(said)

    def address(self, db: Session, recipient: Recipient) -> str | None:
        """Where the recipient is reached."""
        found = hooks.contained(self.plugin, HOOK, self.channel.address, db, recipient)
        return str(found) if found else None

    def reach(self, db: Session, kind_id: str, ids: Collection[int]) -> set[int]:
        """Of these customers, whom it could reach now."""
        people = [Recipient("customer", one) for one in ids]
        if self.channel.reach is None:
            return {one.id for one in people if one.id is not None and self.address(db, one)}
        found = hooks.contained(self.plugin, HOOK, _apart, db, self.channel.reach, kind_id, people)
        return set(found or ()) & set(ids)

    def price(self) -> int:
        """Of one message, in minor units."""
        return 0 if self.channel.price is None else max(int(hooks.contained(self.plugin, HOOK, self.channel.price) or 0), 0)

    def reserve(self, db: Session, envelope: Envelope) -> Mapping[str, Any] | None:
        """Take what a send uses up; None: nothing is left."""
        if self.channel.reserve is None:
            return {}
        found: Mapping[str, Any] | None = hooks.contained(self.plugin, HOOK, _apart, db, self.channel.reserve, envelope)
        return found

    def settle(self, db: Session, envelope: Envelope, said: Said) -> None:
        """Book what became of it."""
        if self.channel.settle is not None:
            hooks.contained(self.plugin, HOOK, _apart, db, self.channel.settle, envelope, said)

    def send(self, envelope: Envelope) -> Said | None:
        """Hand a message over; None when it was not even called. What raises is unknown: nobody knows how far it came."""
        called: list[bool] = []

        def call() -> Said:
            called.append(True)
            said = self.channel.send(envelope)
            if not isinstance(said, Said):
                raise TypeError(f"a channel answers with Sent, Refused, Later or Unknown, not {type(said).__name__}")
            return said

        said: Said | None = hooks.contained(self.plugin, HOOK, call)
        return Unknown() if said is None and called else said


def _apart(db: Session, function: Any, *given: Any) -> Any:
    """What fails in the database there leaves this transaction whole."""
    with db.begin_nested():
        return function(db, *given)


def ways() -> dict[str, Way]:
    """Every channel by its id, the customer's own list last; of two of one name the first stays."""
    found: dict[str, Way] = {}
    for plugin, given in hooks.call(HOOK):
        for channel in given or ():
            if channel.id in found or channel.id == INBOX:
                hooks.tell(plugin, "channel", channel.id, f"a channel called {channel.id} is there already: it stays, and this one is left out")
            else:
                found[channel.id] = Way(plugin, channel)
    return {**found, INBOX: Way("notifications", IN_THE_SHOP)}
