"""Segments of customers: where somebody stands by how long ago and how often he bought. Equal customers have equal scores, however rows are sorted."""

from __future__ import annotations

from zhanggui.api import Choice, _l

SCORES = (1, 2, 3, 4, 5)  # the fifth of all buyers that one stands in, 5 the best
SEGMENTS = (
    Choice("champions", _l("Champions"), "good"), Choice("loyal", _l("Loyal"), "good"), Choice("promising", _l("Promising"), "info"),
    Choice("new", _l("New"), "info"), Choice("cooling", _l("Cooling"), "warn"), Choice("at_risk", _l("At risk"), "warn"),
    Choice("cannot_lose", _l("Not to be lost"), "bad"), Choice("sleeping", _l("Sleeping"), "neutral"), Choice("lost", _l("Lost"), "neutral"),
)  # fmt: skip
# down: how recently, across: how often, each from 1 to 5
TABLE = {
    5: ("new", "promising", "loyal", "champions", "champions"),
    4: ("promising", "promising", "loyal", "loyal", "champions"),
    3: ("cooling", "cooling", "cooling", "loyal", "loyal"),
    2: ("sleeping", "sleeping", "at_risk", "at_risk", "cannot_lose"),
    1: ("lost", "lost", "at_risk", "cannot_lose", "cannot_lose"),
}


def segment_of(recent: int, often: int) -> str:
    """The segment of two scores."""
    return TABLE[recent][often - 1]
