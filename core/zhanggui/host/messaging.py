"""Messages: what a plugin tells customers and staff, and the ways to reach them. Whoever carries them is another plugin.

A plugin offers kinds whether somebody carries messages here or not; without a carrier they are never asked.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

Text = Any  # a text, or one that is read in the language of whoever reads
NOTICE = "core.notice.created@1"  # of the core, and the one event that everybody's kinds may tell of: see ``notice_kind``
CATEGORIES = ("security", "service", "care", "marketing", "staff")


@dataclass(frozen=True)
class Recipient:
    """Who is told: a ``customer`` or a ``user`` of the staff by id, or with ``staff`` whoever holds ``right``."""

    kind: str
    id: int | None = None
    right: tuple[str, str] | None = None  # ("can_list", "orders.Order")


@dataclass(frozen=True)
class MessageVariable:
    """A word of a message's text, ``{number}``. An empty one that is ``required`` stops the message before it is sent.

    ``type`` is text, number, money (a ``Money``), date or datetime; ``sample`` such a value, for previews.
    """

    name: str
    label: Text
    sample: Any
    type: str = "text"
    required: bool = True


@dataclass(frozen=True)
class MessageKind:
    """One thing that can be told, where its fact belongs.

    ``audience(db, event) -> [Recipient]``, ``load(db, event, locale) -> {variable: value}``, ``key(event)`` names the
    business fact (``order:81:shipment:2``), of which each recipient is told once; ``still_true(db, event)`` is asked again
    before each send. ``event`` holds the fields of the event. ``subject`` and ``body`` are the texts that it comes with.
    """

    id: str  # "orders.shipped"
    label: Text
    event: str  # "orders.order.shipped@1"
    audience: Callable[..., Sequence[Recipient]]
    load: Callable[..., Mapping[str, Any]]
    key: Callable[..., str]
    variables: Sequence[MessageVariable]
    subject: Text
    body: Text
    category: str = "service"
    channels: Sequence[str] = ("wechat_subscribe", "inbox")  # in the order in which they are tried
    href: str = ""  # where it leads, with variables: "/shop/orders/{number}", for staff "/orders/{order_id}"
    ttl: timedelta = timedelta(days=3)
    urgent: bool = False
    still_true: Callable[..., bool] | None = None
    help: Text = ""


@dataclass(frozen=True)
class KindVariable:
    """A word that a plugin adds to kinds of others: ``load(db, event, locale) -> value`` finds it by what the event carries.

    It is never required: where it cannot be found, its place stays empty and the message leaves all the same.
    """

    kinds: Collection[str]  # {"orders.confirmed", "orders.shipped"}; those of a plugin that is off wait for it
    variable: MessageVariable
    load: Callable[..., Any]


@dataclass(frozen=True)
class Envelope:
    """A message as a channel gets it: written out in the recipient's language, with the address that the channel found."""

    message_id: str  # the same at each try
    kind: str
    recipient: Recipient
    address: str
    locale: str
    subject: str
    body: str
    href: str = ""  # a whole address; "" where the message leads nowhere
    values: Mapping[str, str] = field(default_factory=dict)  # the variables as texts
    reserved: Mapping[str, Any] = field(default_factory=dict)  # what the channel's ``reserve`` answered


@dataclass(frozen=True)
class Sent:
    """The far end took it. ``ref`` is its own name for it, ``cost`` in minor units of the shop's currency."""

    ref: str = ""
    cost: int = 0


@dataclass(frozen=True)
class Refused:
    """It will not take this one. ``reason`` is one of the closed list, ``code`` the far end's own; ``gone``: this address is none any more."""

    reason: str
    code: str = ""
    gone: bool = False


@dataclass(frozen=True)
class Later:
    """It cannot take it now."""

    seconds: int
    reason: str
    code: str = ""


@dataclass(frozen=True)
class Unknown:
    """The request left and no answer came."""

    reason: str = "unknown"


@dataclass(frozen=True)
class Channel:
    """A way to reach people. ``send(envelope)`` answers ``Sent``, ``Refused``, ``Later`` or ``Unknown``, outside of any transaction.

    ``missing() -> sentence | None`` says why it cannot be used here yet. ``address(db, recipient) -> text | None`` finds where.
    ``reach(db, kind_id, recipients) -> ids`` says of many customers at once whom it could reach now, before anything is sent;
    ``price()`` what one message costs. ``reserve(db, envelope) -> mapping | None`` takes what a send uses up (None: nothing left) in the transaction that claims the
    message, ``settle(db, envelope, outcome)`` books it in the one that writes the outcome down.
    """

    id: str
    label: Text
    icon: str
    to: Sequence[str]  # of "customer", "user", "group"
    send: Callable[[Envelope], Sent | Refused | Later | Unknown]
    missing: Callable[[], Text | None]
    address: Callable[..., str | None]
    reserve: Callable[..., Mapping[str, Any] | None] | None = None
    settle: Callable[..., None] | None = None
    billable: bool = False
    repeatable: bool = False  # whether it may be sent again when nobody knows what became of it
    per_minute: int = 0  # 0: as many as there are
    longest: int = 2000  # characters of the body
    reach: Callable[..., Collection[int]] | None = None  # without it ``address`` is asked for each
    price: Callable[[], int] | None = None  # minor units of the shop's currency


@dataclass(frozen=True)
class Audience:
    """Customers who can be written to together. ``count(db)`` says how many there are now, ``page(db, last, limit)`` their ids above ``last``, in order."""

    id: str  # "orders.bought_30"
    label: Text
    count: Callable[..., int]
    page: Callable[..., Sequence[int]]
