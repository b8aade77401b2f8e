"""Every hook of the core, one module a theme. A hook takes nothing and returns a list of dataclasses."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, TypeVar, overload

import pluggy

F = TypeVar("F", bound=Callable[..., Any])
_mark = pluggy.HookspecMarker("zhanggui")
hookimpl = pluggy.HookimplMarker("zhanggui")


@dataclass(frozen=True)
class Terms:
    """What is agreed about a hook.

    ``words`` say to people what it is. ``strict`` is the sentence of the refusal, with a place for
    ``%(plugin)s``, when a plugin fails in it: for hooks whose silence would cost money. Without, a plugin that
    fails is left out and the others go on. ``settings`` is a right: who changes settings of a plugin that answers the hook, or of the one
    that offers it, needs it beside that of the settings. ``check`` looks at each thing that such a plugin gives, when it is loaded,
    and raises a ``ValueError`` with the sentence.
    """

    words: Any = ""
    strict: Any = None
    settings: tuple[str, str] | None = None
    check: Callable[[Any], None] | None = None


_NONE = Terms()


@overload
def hookspec(function: F) -> F: ...
@overload
def hookspec(
    *, words: Any = "", strict: Any = None, settings: tuple[str, str] | None = None, check: Callable[[Any], None] | None = None
) -> Callable[[F], F]: ...
def hookspec(
    function: Any = None, *, words: Any = "", strict: Any = None, settings: tuple[str, str] | None = None, check: Callable[[Any], None] | None = None
) -> Any:
    """Mark a function as a hook that others may implement; see :class:`Terms`."""
    if function is not None:
        return _mark(function)

    def mark(function: F) -> F:
        function.zhanggui_terms = Terms(words, strict, settings, check)  # type: ignore[attr-defined] # read by terms_of
        return _mark(function)

    return mark


def terms_of(function: Callable[..., Any]) -> Terms:
    """What is agreed about this hook."""
    terms: Terms = getattr(function, "zhanggui_terms", _NONE)
    return terms
