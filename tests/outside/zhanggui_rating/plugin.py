"""Comes second with a kind that is there already."""

from __future__ import annotations

from collections.abc import Sequence

from zhanggui.api import Kind, hookimpl


class OtherStars(Kind):
    """Not those of the tastings."""

    name = "stars"


@hookimpl
def register_kinds() -> Sequence[Kind]:
    return [OtherStars()]
