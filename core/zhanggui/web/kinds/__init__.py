"""The kinds of values: one instance each, found by its name.

Plugins add theirs with ``register_kinds``; one of them is there while its plugin is enabled.
"""

from __future__ import annotations

from . import chosen, counts, files, numbers, parts, rich, texts, times
from .kind import CONTROLS, FormContext, Kind, Posted, Show

BUILT_IN: dict[str, Kind] = {kind.name: kind for module in (texts, rich, numbers, times, chosen, counts, parts, files) for kind in module.KINDS}
_RANGE = "_range"


def kind_of(name: str) -> Kind:
    """A kind by its name.

    :raises KeyError: when nobody brought one.
    """
    found = BUILT_IN.get(name)
    if found is not None:
        return found
    from ...host import current_host

    return current_host().kinds[name]


def filter_kind(name: str) -> tuple[Kind, bool]:
    """The kind behind the kind of a filter, and whether it asks for a range of its values."""
    ranged = name.endswith(_RANGE)
    return kind_of(name.removesuffix(_RANGE) if ranged else name), ranged


__all__ = ["BUILT_IN", "CONTROLS", "FormContext", "Kind", "Posted", "Show", "filter_kind", "kind_of"]
