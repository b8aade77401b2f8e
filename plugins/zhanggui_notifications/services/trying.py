"""A message sent to whoever writes it: to his own address alone. It is no message of anybody, so no figure counts it and no customer pays for it."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from zhanggui.api import (
    Actor,
    Code,
    Envelope,
    IllegalMove,
    Recipient,
    Sent,
    _,
    _l,
    public_id,
    reading,
    record_audit,
    staff_member,
    unit_of_work,
)

from ..ways import ways
from . import kinds, limits, texts

BY_MAIL, AN_HOUR = "email", 20


def try_out(kind_id: str, locale: str, channel: str, *, actor: Actor, now: datetime) -> Any:
    """Send what is being written, filled with samples. A sentence that says where it went.

    :raises IllegalMove: with why it was not sent.
    """
    kind, way = kinds.kind_of(kind_id), ways().get(BY_MAIL)
    if way is None or way.missing() is not None:
        raise IllegalMove(_l("Mail is not set up yet: a test goes to your own e-mail address."))
    with reading() as db:
        member = staff_member(db, actor.id) if actor.kind == "user" and actor.id is not None else None
        hand = texts.in_hand(db, kind_id, channel).get(locale)
    if member is None or not member.email:
        raise IllegalMove(_l("You have no e-mail address here: enter it in your profile."))
    if locale not in texts.locales():
        raise IllegalMove(_l("The shop does not speak this language."))
    shown = texts.preview(kind, channel, locale, hand.subject if hand else "", hand.body if hand else "")
    if shown.error:
        raise IllegalMove(_l("It cannot be sent: %(why)s", why=shown.error))
    with unit_of_work() as db:
        if not limits.take(db, f"test:{member.id}", now.replace(minute=0, second=0, microsecond=0), AN_HOUR):
            raise IllegalMove(_l("Enough tests for this hour."))
        record_audit(db, "notifications.text.tried", target=("notifications.Kind", kind_id), label=Code(kind_id), actor=actor, now=now)
    mark = _("[Test]")
    said = way.send(Envelope(f"test-{public_id()}", kind_id, Recipient("user", member.id), member.email, locale, f"{mark} {shown.subject}", f"{mark}\n\n{shown.body}"))
    if not isinstance(said, Sent):
        raise IllegalMove(_l("It was not taken by the mail server."))
    return _l("A test is on its way to %(address)s.", address=member.email)
