"""What crosses the border of this plugin: what a handler is given, and who a login code stands for."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from functools import cached_property
from typing import Any, ClassVar

from marshmallow import Schema
from sqlalchemy.orm import Session

from zhanggui.api import Actor
from zhanggui_customers.contracts import CustomerView


@dataclass(frozen=True)
class Identity:
    """Somebody as a provider knows him: ``subject`` is his id there (an openid), and never leaves us.

    ``also`` are other ids of the same person, by their provider (``{"wechat_union": unionid}``): somebody who is known
    by one of them already is himself, and those that nobody has are linked to him.
    """

    provider: str
    subject: str
    name: str
    phone: str | None = None
    also: Mapping[str, str] = field(default_factory=dict)


EXTENDED = ("product", "quote", "order", "customer")


@dataclass(frozen=True)
class Extension:
    """What a plugin adds to each product, quote, order or customer of an answer: ``extra: {"<plugin>": {...}}``.

    ``load(request, things) -> {key: value}`` is called once an answer, with all of them: ``ShelfProduct`` and
    its ``id``, ``OrderView`` and its ``facts.id``, ``CustomerView`` and its ``id``; of a ``Quote`` there is one, and
    its key is 0. ``schema`` describes a value; a thing without one is left as it is.
    """

    called_with: ClassVar[Mapping[str, Sequence[str]]] = {"load": ("request", "things")}

    of: str
    schema: type[Schema]
    load: Callable[[Any, Sequence[Any]], Mapping[int, Mapping[str, Any]]]

    def __post_init__(self) -> None:
        if self.of not in EXTENDED:
            raise ValueError(f"an extension is of one of {', '.join(EXTENDED)}, not {self.of!r}")


@dataclass
class ShopRequest:
    """What the handler of an operation gets; everything in it was checked by the operation's schemas."""

    now: datetime
    locale: str
    actor: Actor
    visitor: CustomerView | None  # None on a public operation
    path: Mapping[str, str]
    query: Mapping[str, Any]
    body: Mapping[str, Any]
    transaction: Callable[[], Session] = field(repr=False)
    address: str = ""  # under which the client knows this shop: "http://192.168.1.5:8000"

    @cached_property
    def db(self) -> Session:
        """The session of this request, opened when first asked for: reading for GET, else a unit of work."""
        return self.transaction()

    @property
    def customer(self) -> CustomerView:
        """Who sent this, on an operation that needs a token."""
        if self.visitor is None:
            raise RuntimeError("a public operation has no customer")
        return self.visitor
