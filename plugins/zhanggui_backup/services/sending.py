"""Sending copies away: each target gets what it does not have yet, the newest first."""

from __future__ import annotations

from datetime import datetime

from zhanggui.api import SYSTEM, Code, ProviderError, _l, backups, clock, notify, reading, record_audit, unit_of_work

from .. import queries, targets
from ..rules import AGAIN
from .making import READS, write_down

NEWEST = 3  # of those that a target does not have: a target that was set today does not get a year


def missing(now: datetime) -> list[tuple[targets.Target, backups.Backup]]:
    """What is to be sent now: not what a target has, nor what it refused within the hour."""
    copies = backups.listed()[:NEWEST]
    with reading() as db:
        sent = {key: (run.state, run.finished_at) for key, run in queries.sent(db, [copy.name for copy in copies]).items()}
    found = []
    for target in targets.wanted():
        for copy in copies:
            state, when = sent.get((copy.name, target.id), ("failed", None))
            if when is None or (state == "failed" and now - when > AGAIN):
                found.append((target, copy))
    return found


def send_missing() -> int:
    """Send them, one after the other, and take away at the targets what is not kept here any more. Answers how many arrived."""
    arrived = 0
    for target, copy in missing(clock.now()):
        began, why = clock.now(), None
        try:
            targets.send(target, copy)
            if copy.name == backups.listed()[0].name:
                targets.forget(target, _gone())
        except ProviderError as error:
            why = str(error)
        with unit_of_work() as db:
            write_down(db, kind="send", cause="scheduled", name=copy.name, target=target.id, started_at=began, why=why or "")
            if why is None:
                record_audit(db, "backup.backup.sent", target=("backup.Backup", copy.name[:64]), label=Code(copy.name), actor=SYSTEM, now=clock.now(), after={"target": Code(target.id)})
            else:
                notify(db, kind="backup.backup", title=_l("A copy could not be sent away: %(why)s"), params={"why": why}, href="/backups/", permission=READS,
                       now=clock.now(), key=f"backup.send:{target.id}:{clock.now():%Y%m%d}")  # fmt: skip
        arrived += why is None
    return arrived


def _gone() -> set[str]:
    """Copies that were sent once and do not lie here any more."""
    with reading() as db:
        return queries.sent_names(db) - {copy.name for copy in backups.listed()}
