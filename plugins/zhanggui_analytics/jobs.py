"""Entry points of the worker."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy.orm import Session

from zhanggui.api import (
    Fact,
    TaskRun,
    _l,
    clock,
    enqueue,
    facts,
    get_setting,
    job,
    reader_at_work,
    reading,
    shop_day,
    task,
    unit_of_work,
    written_in,
)

from . import asks, exporting
from .services import buckets, proof, scoring
from .services.asking import answer

_AT_ONCE, _SPELL = 20, timedelta(seconds=8)
WAKE = "analytics.recompute"


@job(_l("Note which days changed"), together=True, hears=lambda name: any(name in fact.changed_by for fact in facts().values()))
def hear(db: Session, *, event: dict[str, Any], **payload: Any) -> None:
    """Something happened: the days that add up to something else now are worked out anew."""
    for fact in facts().values():
        if event["name"] in fact.changed_by:
            buckets.mark(db, fact, _days(fact, event, payload), clock.now())


def _days(fact: Fact, event: dict[str, Any], payload: dict[str, Any]) -> list[date]:
    fields = fact.changed_by[event["name"]]
    told = [_day(payload[name]) for name in fields if payload.get(name)] or [_day(event["at"])]
    first, last = min(told), max(told)
    return [first + timedelta(days=n) for n in range((last - first).days + 1)]


def _day(value: str) -> date:
    """The shop's day of a moment, or the day that is named."""
    return date.fromisoformat(value) if len(value) == len("2026-11-27") else shop_day(datetime.fromisoformat(value))


@job(_l("Work out figures"), max_attempts=1, timeout=120)
def recompute(**_from_newer_releases: object) -> None:
    """The days that wait, for a spell; the rest by another job, so that others get their turn. Each day is a transaction of its own."""
    began, touched = clock.now(), set()
    while clock.now() - began < _SPELL:
        known, today = facts(), shop_day(clock.now())
        with reading() as db:
            waiting = buckets.dirty(db, sorted(known), before=today, limit=_AT_ONCE)
        for fact_id, day, seen in waiting:
            with unit_of_work() as db:
                buckets.recompute(db, known[fact_id], day, seen, clock.now())
        touched |= {fact_id for fact_id, _day_of, _seen in waiting}
        if len(waiting) < _AT_ONCE:
            break
    else:
        with unit_of_work() as db:
            enqueue(db, recompute, unique=f"{WAKE}:again")
    if touched & scoring.behind():
        with unit_of_work() as db:
            enqueue(db, score, unique="analytics.score")


@job(_l("Score customers"), max_attempts=2, timeout=3600)
def score(**_from_newer_releases: object) -> None:
    """Every night, and after days of the past became others: who buys how lately, how often and for how much."""
    scoring.score(clock.now())


@job(_l("Look for days without figures"), max_attempts=1, timeout=120)
def look(**_from_newer_releases: object) -> None:
    """Days that were never worked out: of a plugin that was switched on, of another zone, of a definition that changed."""
    for fact in facts().values():
        with unit_of_work() as db:
            buckets.mark_unknown(db, fact, clock.now())


@job(_l("Prove the figures"), max_attempts=1, timeout=3600)
def prove(**_from_newer_releases: object) -> None:
    """Every night: what was worked out lately, and a part of all the rest, so that each month everything is looked at."""
    proof.prove(proof.tonight(clock.now()))


@job(_l("Forget old repairs"), max_attempts=2)
def tidy(db: Session, **_from_newer_releases: object) -> None:
    """Repairs of long ago say nothing any more."""
    proof.forget(db, clock.now() - timedelta(days=int(get_setting("plugin.analytics.keep_repairs"))))


@task(_l("Figures on paper"))
def print_figures(run: TaskRun, *, question: Mapping[str, str], zone: str, locale: str, **_from_newer_releases: object) -> None:
    """A question as a PDF, in the language and with the rights that whoever asked for it has now."""
    reader = replace(reader_at_work(run.actor), zone=ZoneInfo(zone), locale=locale)
    out = run.result(f"figures-{shop_day(clock.now()):%Y%m%d}.{exporting.PAPER}")
    with written_in(locale), reading() as db:
        exporting.print_paper(out, db, reader, answer(db, reader, exporting.whole(asks.read(question))))
    run.report(sentence=_l("The file is ready."))
