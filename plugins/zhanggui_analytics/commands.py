"""Figures on the command line: prove them, work them out anew."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, datetime
from typing import Any

import click

from zhanggui.api import Command, DomainError, _l, clock, facts, shop_day, unit_of_work

from .services import buckets, proof

Say = Callable[..., None]
_DAY = click.DateTime(["%Y-%m-%d"])
_SPAN = [
    click.Option(["--from", "first"], type=_DAY, help="The first day; without, from the beginning."),
    click.Option(["--to", "last"], type=_DAY, help="The last day; without, up to yesterday."),
]


class Differs(DomainError):
    """Something was kept that the rows do not add up to."""

    code = "differs"
    message = _l("%(count)s sums were not those of their rows; they were put right.")


def prove(say: Say, first: datetime | None, last: datetime | None) -> None:
    """Compare, put right, and say what was wrong."""
    report = proof.prove(proof.of_days(_date(first), _date(last)))
    for d in report.differences:
        say(f"{d.day} {d.fact} {d.column}: kept {d.kept}, right {d.right}", None)
    found: list[dict[str, Any]] = [{"fact": d.fact, "day": d.day.isoformat(), "column": d.column, "kept": d.kept, "right": d.right} for d in report.differences]
    say(f"{report.days} days of facts compared, {len(report.differences)} differences.", {"days": report.days, "differences": found})
    if report.differences:
        raise Differs(count=len(report.differences))


def rebuild(say: Say, first: datetime | None, last: datetime | None) -> None:
    """Day by day, each in a transaction of its own: what was done before an interruption stays done."""
    done, today = 0, shop_day(clock.now())
    for fact in facts().values():
        with unit_of_work() as db:
            reached = buckets.reach(db, fact)
        if reached is None:
            continue
        begin, end = max(_date(first) or reached[0], reached[0]), min(_date(last) or today, reached[1])
        with unit_of_work() as db:
            buckets.mark(db, fact, (date.fromordinal(n) for n in range(begin.toordinal(), end.toordinal() + 1)), clock.now())
        for n in range(begin.toordinal(), end.toordinal() + 1):
            with unit_of_work() as db:
                buckets.recompute(db, fact, date.fromordinal(n), buckets.marked(db, fact, date.fromordinal(n)), clock.now())
            done += 1
    say(f"{done} days of facts worked out.", {"days": done})


def _date(moment: datetime | None) -> date | None:
    return None if moment is None else moment.date()


COMMANDS = (
    Command("prove", prove, "Compare what is kept with the rows, and put right what differs (exit 1 then).", _SPAN),
    Command("rebuild", rebuild, "Work figures out anew from the rows.", _SPAN),
)
