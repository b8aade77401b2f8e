"""What other plugins add to answers, loaded once for all things of an answer."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from zhanggui.api import hooks

from .contracts import Extension, ShopRequest

Json = dict[str, Any]


def extensions(of: str) -> list[tuple[str, Extension]]:
    """What the enabled plugins add to things of a kind, each with its plugin."""
    return [(plugin, one) for plugin, given in hooks.call("storefront_extensions") for one in given or () if one.of == of]


def extended(of: str, request: ShopRequest, things: Sequence[Any], keys: Sequence[int], answers: Sequence[Json]) -> list[Json]:
    """The answers of things, each with an ``extra`` of those plugins that have something to say of it.

    A plugin that fails is left out: the answers are whole without it.
    """
    extras: list[Json] = [{} for _thing in things]
    for plugin, extension in extensions(of) if things else ():
        said: Mapping[int, Json] = hooks.contained(plugin, "storefront_extensions", _loaded, extension, request, things, default={})
        for extra, key in zip(extras, keys, strict=True):
            if key in said:
                extra[plugin] = said[key]
    return [{**answer, "extra": extra} for answer, extra in zip(answers, extras, strict=True)]


def _loaded(extension: Extension, request: ShopRequest, things: Sequence[Any]) -> dict[int, Json]:
    schema = extension.schema()
    return {key: schema.dump(value) for key, value in extension.load(request, things).items()}
