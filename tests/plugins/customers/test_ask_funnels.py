"""How many go how far: the worked example, and a plain model of it."""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Sequence
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
from shop import NOON
from sqlalchemy import delete, insert, update
from sqlalchemy.orm import Session
from visitors import row

from zhanggui_customers import behaviour, funnels
from zhanggui_customers.funnels import Asked
from zhanggui_customers.models import BehaviourEvent

_event = BehaviourEvent.__table__
DAY, SECOND = timedelta(days=1), timedelta(seconds=1)
STEPS = ("view", "cart_add", "paid")


def asked(**more: Any) -> Asked:
    return Asked(**{"start": NOON - DAY, "end": NOON + DAY, "unit": "visitor", "steps": STEPS, **more})


def counts(db: Session, ask: Asked, now: datetime = NOON + 9 * DAY) -> list[int]:
    return [step.count for step in funnels.count(db, ask, now)]


def bring(db: Session, *steps: tuple[str, str, datetime], **more: Any) -> None:
    db.execute(insert(_event), [row(f"{n}", at, name, visitor, **more) for n, (visitor, name, at) in enumerate(steps)])


def test_the_window_is_open_at_its_end(db: Session) -> None:
    two = asked(steps=("view", "paid"))
    bring(db, ("in time", "view", NOON), ("in time", "view", NOON + SECOND), ("in time", "paid", NOON + DAY - SECOND), ("late", "view", NOON), ("late", "paid", NOON + DAY), ("no view", "paid", NOON))
    assert counts(db, two) == [2, 1]
    assert counts(db, asked(steps=("view", "paid"), window=DAY + SECOND)) == [2, 2]


def test_the_order_of_the_steps_counts_and_none_is_left_out(db: Session) -> None:
    bring(
        db, ("all", "view", NOON), ("all", "cart_add", NOON + SECOND), ("all", "paid", NOON + 2 * SECOND), ("backwards", "cart_add", NOON), ("backwards", "view", NOON + SECOND),
        ("backwards", "paid", NOON + 2 * SECOND), ("no cart", "view", NOON), ("no cart", "paid", NOON + SECOND),
    )  # fmt: skip
    assert counts(db, asked()) == [3, 1, 1]


def test_each_counts_once_in_the_time_of_the_first_step(db: Session) -> None:
    bring(db, ("a", "view", NOON), ("a", "view", NOON + DAY), ("a", "cart_add", NOON + DAY + SECOND), ("b", "view", NOON + DAY))
    assert counts(db, asked(start=NOON, end=NOON + DAY)) == [1, 0, 0]
    assert counts(db, asked(start=NOON + DAY, end=NOON + 2 * DAY)) == [2, 1, 0]


def test_whose_time_is_not_over_is_still_open(db: Session) -> None:
    bring(db, ("old", "view", NOON), ("young", "view", NOON + DAY - SECOND), ("young", "cart_add", NOON + DAY - SECOND))
    steps = funnels.count(db, asked(), NOON + DAY)
    assert [(step.count, step.open) for step in steps] == [(2, 1), (1, 1), (0, 0)]


def test_what_is_left_out_and_other_visits_count_nothing(db: Session) -> None:
    db.execute(insert(_event), [row("a", NOON, "view", "v", visit_id=1), row("b", NOON + SECOND, "cart_add", "v", visit_id=2), row("c", NOON, "view", "bot", reason="bot", visit_id=3)])
    assert counts(db, asked(unit="visit")) == [1, 0, 0]
    assert counts(db, asked(unit="visitor")) == [1, 1, 0]


def test_more_than_all_is_an_error_and_none_of_nobody() -> None:
    assert funnels.rate(1, 3) == Decimal("33.33")
    assert funnels.rate(0, 0) is None
    for part, whole in ((4, 3), (-1, 3), (1, 0)):
        with pytest.raises(ValueError, match="cannot be"):
            funnels.rate(part, whole)
    for wrong in ({"steps": ("view",)}, {"steps": ("view", "dance")}, {"unit": "person"}, {"window": timedelta(0)}):
        with pytest.raises(ValueError, match="no funnel"):
            asked(**wrong)


def plain(events: Sequence[dict[str, Any]], ask: Asked) -> dict[str, tuple[int, int]]:
    """``who -> (when it began, how far it went)``, one after another in Python."""
    window, found = int(ask.window.total_seconds() * 1000), {}
    key = "visit_id" if ask.unit == "visit" else "visitor"
    for who in {event[key] for event in events}:
        mine = sorted((e for e in events if e[key] == who and not e["reason"]), key=lambda e: e["tick"])
        first = [e["tick"] for e in mine if _does(ask.steps[0], e["name"]) and ask.start <= e["received_at"] < ask.end]
        if not first:
            continue
        at, reached = min(first), 1
        for step in ask.steps[1:]:
            later = [e["tick"] for e in mine if _does(step, e["name"]) and at <= e["tick"] < min(first) + window]
            if not later:
                break
            at, reached = min(later), reached + 1
        found[str(who)] = (min(first), reached)
    return found


def _does(step: str, name: str) -> bool:
    return name == step or (step == "visit" and name not in behaviour.SERVER)


def test_counts_and_lists_are_those_of_a_plain_model(db: Session) -> None:
    rng, names = random.Random(11), funnels.STEPS
    for turn in range(25):
        db.execute(delete(_event))
        events = [
            row(f"{turn}.{n}", NOON + timedelta(minutes=rng.randrange(-2000, 2000)), rng.choice(names), f"v{rng.randrange(8)}", visit_id=rng.randrange(1, 12), reason=rng.choice(("", "", "", "bot")))
            for n in range(rng.randrange(1, 90))
        ]
        db.execute(insert(_event), events)
        ask = asked(
            unit=rng.choice(("visit", "visitor")), window=timedelta(minutes=rng.randrange(1, 3000)), steps=rng.choice((funnels.STEPS, STEPS, ("cart_add", "view"))),
        )  # fmt: skip
        right = plain(events, ask)
        reached = Counter(far for _began, far in right.values())
        made = counts(db, ask)
        assert made == [sum(many for far, many in reached.items() if far >= step) for step in range(1, len(ask.steps) + 1)]
        for step in range(1, len(ask.steps) + 1):
            listed, after = [], None
            while page := funnels.people(db, ask, step, 3, after):
                listed += [(one.who, one.began, one.reached) for one in page]
                after = (page[-1].began, page[-1].who)
            assert len(listed) == made[step - 1]
            assert {who: (began, far) for who, began, far in listed} == {who: one for who, one in right.items() if one[1] >= step}
        assert all(funnels.rate(part, whole) is None or funnels.rate(part, whole) <= 100 for whole, part in zip(made, made[1:], strict=False))
    db.execute(update(_event).values(visit_id=0))
    assert counts(db, asked(unit="visit")) == [0, 0, 0]  # what has no visit is in none
