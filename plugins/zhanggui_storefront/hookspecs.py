"""Hooks that the storefront offers to other plugins."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from zhanggui.api import Operation, _l, hookspec

from .contracts import Extension, Identity


@hookspec(words=_l("Paths of the storefront"))
def storefront_operations() -> Sequence[Operation]:
    """Paths below ``/shop/api/v1``. One that is taken already is refused, and named on the repairs page.

    Example: ``return [Operation("GET", "/points", rest.my_points, "How many points I have", answer=schemas.Points)]``
    """
    return ()


@hookspec(words=_l("Answers of the storefront"))
def storefront_extensions() -> Sequence[Extension]:
    """What this plugin adds to products, quotes, orders and customers in answers.

    Example: ``return [Extension("product", schemas.Rating, queries.ratings)]``
    """
    return ()


@hookspec(words=_l("Sign-in of customers"))
def storefront_identity_providers() -> Mapping[str, Callable[[str], Identity | Mapping[str, Any] | None]]:
    """Who stands behind a login code, by the provider's name; ``None`` for a code that is not of its kind.

    A plugin that shall run without the storefront too imports nothing of it, and answers with the fields of an ``Identity`` by name.

    Called outside of any transaction: a provider may ask a server far away. When that is not to be reached it raises a
    ``ProviderError``: the customer is asked to try again, and the provider is called again next time.

    Example: ``return {"wechat": wechat.identity_of_code}``
    """
    return {}
