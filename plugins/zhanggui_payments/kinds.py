"""Kinds of values for filters over money: a method, a provider, chosen from those that there are now."""

from __future__ import annotations

import re
from typing import Any
from zoneinfo import ZoneInfo

from zhanggui.api import BadRequest, Kind, _l

from . import words
from .providers import labels, providers

_METHOD = "[a-z][a-z0-9_]{0,31}:[a-z0-9_]{0,32}"  # a provider and one of its methods


class MethodKind(Kind):
    """A method of a provider: ``wechatpay:wechatpay`` in an address, for a clause a pair of both."""

    name = "payments_method"
    column = field = False
    equals = True
    control = "select"

    def asked(self, f: Any, text: str, zone: ZoneInfo, currency: str) -> Any:
        """Also one whose plugin is off by now: what was paid by it stays."""
        if not re.fullmatch(_METHOD, text):
            raise BadRequest(_l("%(value)s is not a choice of %(name)s."), value=text[:40], name=f.name, field=f.name)
        return tuple(text.split(":"))

    def asked_schema(self, f: Any) -> dict[str, Any]:
        """A provider and one of its methods."""
        return {"type": "string", "pattern": f"^{_METHOD}$"}

    def draw_filter(self, f: Any, shown: Any, value: Any, db: Any) -> bool:
        """Those that there are now."""
        shown.choices = [(f"{provider}:{method}", str(label)) for (provider, method), label in labels().items()]
        return True

    def words(self, f: Any, value: Any, db: Any) -> str:
        """What it is called."""
        return words.method_name(*value)


class ProviderKind(Kind):
    """Who moves the money, by its id."""

    name = "payments_provider"
    column = field = False
    equals = True
    control = "select"

    def draw_filter(self, f: Any, shown: Any, value: Any, db: Any) -> bool:
        """Those that there are now."""
        shown.choices = [(name, words.provider_name(name)) for name in providers()]
        return True

    def words(self, f: Any, value: Any, db: Any) -> str:
        """What it is called."""
        return words.provider_name(value)


KINDS = (MethodKind(), ProviderKind())
