"""Adds its stars to everything, pays in the storefront's place, and wants a path that is taken."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from marshmallow import Schema, fields

from zhanggui.api import Operation, hookimpl
from zhanggui_storefront.contracts import EXTENDED, Extension

loads: list[int] = []  # how many things each call was about
failing: list[str] = []  # what a test has fail


class Stars(Schema):
    stars = fields.Integer(required=True)


@hookimpl
def storefront_operations() -> Sequence[Operation]:
    return [
        Operation("POST", "/orders/{id}/pay", pay, "Pay with stars", answer=Stars),
        Operation("GET", "/products", other_products, "Other products", auth="public", answer=Stars),
    ]


@hookimpl
def storefront_extensions() -> Sequence[Extension]:
    return [Extension(of, Stars, stars_of(of)) for of in EXTENDED]


def pay(request: Any) -> dict[str, int]:
    """What the storefront itself refuses."""
    return {"stars": 5}


def other_products(request: Any) -> dict[str, int]:
    """Never asked for: the path is the storefront's."""
    return {"stars": 0}


def stars_of(of: str) -> Callable[[Any, Sequence[Any]], Mapping[int, Any]]:
    """Five for each thing of a kind."""

    def load(request: Any, things: Sequence[Any]) -> Mapping[int, Any]:
        if failing:
            raise RuntimeError("no stars")
        loads.append(len(things))
        keys = {"quote": lambda thing: 0, "order": lambda thing: thing.facts.id}.get(of, lambda thing: thing.id)
        return {keys(thing): {"stars": 5} for thing in things}

    return load
