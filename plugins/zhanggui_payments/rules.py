"""Arithmetic and decisions of payments that need no database."""

from __future__ import annotations

import secrets
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta

from zhanggui.api import ProviderError, allocate, blind_index

from .contracts import Declined, Misconfigured, OutcomeUnknown, Retryable

_LETTERS = "0123456789ABCDEFGHJKLMNPQRSTUVWXYZ"
ATTEMPT_TIMES = tuple(timedelta(seconds=s) for s in (5, 30, 120, 600, 1800))
REFUND_TIMES = tuple(timedelta(seconds=s) for s in (60, 600, 3600))
HOURLY, SIX_HOURLY = timedelta(hours=1), timedelta(hours=6)
LINE_PARTS = ("goods", "freight", "fee")


def new_number(head: str, now: datetime) -> str:
    """A number of ours at a provider: letters and digits alone, because not every provider takes more. 23 characters."""
    return f"{head}{now:%y%m%d}" + "".join(secrets.choice(_LETTERS) for _ in range(16))


def next_question(times: Sequence[timedelta], after: timedelta, began: datetime, asked: int, now: datetime) -> datetime:
    """When to ask next, ``asked`` questions after the beginning: never in the past, so that one who slept does not ask in a burst."""
    wanted = began + times[asked] if asked < len(times) else now + after
    return max(wanted, now + times[0])


def reference_index(reference: str) -> str:
    """How the reference of a transfer is known again: it can hold what the payer wrote."""
    return blind_index(f"orders.reference:{reference}")


def outcome(trouble: ProviderError) -> ProviderError:
    """Plain trouble of the core's client as the one of the four that it means."""
    if isinstance(trouble, Declined | Retryable | OutcomeUnknown | Misconfigured):
        return trouble
    return OutcomeUnknown(str(trouble)) if trouble.sent else Retryable(str(trouble)) if trouble.retry else Misconfigured(str(trouble))


def pieces(amount: int, quantity: int, first: int, count: int) -> int:
    """What ``count`` of ``quantity`` equal pieces give back of an amount, after ``first`` went before.

    >>> [pieces(1000, 3, n, 1) for n in range(3)]
    [333, 333, 334]
    """
    if quantity <= 0:
        return amount if count else 0
    return amount * (first + count) // quantity - amount * first // quantity


def spread(amount: int, left: Sequence[Mapping[str, int]]) -> list[dict[str, int]]:
    """An amount over what is left of lines, part by part, by largest remainder. Nothing is taken where nothing is left.

    :raises ValueError: when more is asked for than is left.
    """
    weights = [max(line[part], 0) for line in left for part in LINE_PARTS]
    if amount > sum(weights):
        raise ValueError("more than is left of the lines")
    shares = iter(allocate(amount, weights) if amount else [0] * len(weights))
    return [{part: next(shares) for part in LINE_PARTS} for _line in left]
