"""What a provider of payments is, and what it is told and answers. It knows a protocol and nothing of orders."""

from __future__ import annotations

import re
from abc import abstractmethod
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any, ClassVar

from zhanggui.api import Arrival, Money, ProviderError, WebhookReply, _l

SCENES = ("mini_program", "h5", "page", "qr", "offline")
ACTIONS = ("mini_program", "redirect", "qr", "none")


class Declined(ProviderError):
    """They said no, for good. ``code`` is theirs, for the record."""

    def __init__(self, message: str, *, code: str = "") -> None:
        super().__init__(message, retry=False, sent=False)
        self.code = code


class Retryable(ProviderError):
    """It never reached them, or they asked to come again: the same call may be made once more."""

    def __init__(self, message: str) -> None:
        super().__init__(message, retry=True, sent=False)


class OutcomeUnknown(ProviderError):
    """They may have done it: a time-out, a broken or an unsigned answer. It is asked about, never done again."""

    def __init__(self, message: str) -> None:
        super().__init__(message, retry=True, sent=True)


class Misconfigured(ProviderError):
    """The shop's side is not set up; the sentence says which setting."""

    def __init__(self, message: str) -> None:
        super().__init__(message, retry=False, sent=False)


@dataclass(frozen=True)
class Method:
    """A way to pay as customers know it. ``scenes`` are where it works.

    ``needs_payer`` are the scenes that need the customer's id at the provider (``Provider.payer_of``), each with what he
    has to do when he has none: ``{"mini_program": _l("sign in through WeChat first.")}``.
    """

    id: str  # "wechatpay": of a method, not of the provider; letters, digits, underscores
    label: Any
    scenes: Sequence[str] = ()
    currencies: Sequence[str] = ("CNY",)
    needs_payer: Mapping[str, Any] = field(default_factory=dict)

    def __post_init__(self) -> None:
        unknown = set(self.scenes) - set(SCENES)
        if unknown:
            raise ValueError(f"a scene is one of {', '.join(SCENES)}, not {', '.join(sorted(unknown))}")


@dataclass(frozen=True)
class Capabilities:
    """What a provider can do."""

    methods: Sequence[Method]
    partial_refunds: bool = True
    max_refunds: int = 50  # of one attempt
    refund_days: int = 365
    bills: bool = False


@dataclass(frozen=True)
class AttemptView:
    """One payment as its provider sees it."""

    number: str  # ours, for ever: 32 of [0-9A-Za-z]
    method: str
    scene: str
    amount: Money
    subject: str  # what it is for, in a few words
    created_at: datetime
    expires_at: datetime
    payer: str | None = None  # the customer's id at the provider (an openid), where one is known
    provider_number: str | None = None
    return_url: str = ""
    ip: str | None = None


@dataclass(frozen=True)
class RefundRequest:
    """One way back as its provider sees it: the same number is one refund there."""

    number: str
    amount: Money
    attempt: AttemptView
    reason: str = ""
    provider_number: str | None = None


@dataclass(frozen=True)
class ClientAction:
    """What the customer's client does to pay: ``type`` is one of ``ACTIONS``, ``values`` stand beside it in the answer."""

    type: str
    values: Mapping[str, Any] = field(default_factory=dict)
    usable_until: datetime | None = None

    def __post_init__(self) -> None:
        if self.type not in ACTIONS:
            raise ValueError(f"an action is one of {', '.join(ACTIONS)}, not {self.type!r}")


ATTEMPT_SAID = ("unknown", "pending", "captured", "closed", "failed")
REFUND_SAID = ("unknown", "processing", "succeeded", "failed", "abnormal")


@dataclass(frozen=True)
class Snapshot:
    """What became of an attempt, as they say now. ``unknown``: they never heard of its number.

    ``amount`` is what was asked for, coupons of theirs included; with ``captured`` it has to be there.
    """

    number: str
    state: str  # one of ATTEMPT_SAID
    amount: Money | None = None
    provider_number: str | None = None
    at: datetime | None = None
    payer: str | None = None
    code: str = ""

    def __post_init__(self) -> None:
        if self.state not in ATTEMPT_SAID:
            raise ValueError(f"of an attempt they say one of {', '.join(ATTEMPT_SAID)}, not {self.state!r}")


@dataclass(frozen=True)
class RefundSnapshot:
    """What became of a refund. ``attempt`` is the number of its attempt, for one that was not asked for here."""

    number: str
    state: str  # one of REFUND_SAID
    amount: Money | None = None
    provider_number: str | None = None
    at: datetime | None = None
    attempt: str | None = None
    code: str = ""

    def __post_init__(self) -> None:
        if self.state not in REFUND_SAID:
            raise ValueError(f"of a refund they say one of {', '.join(REFUND_SAID)}, not {self.state!r}")


@dataclass(frozen=True)
class Notification:
    """What a genuine message says. ``id`` is the sender's name of it: the same one counts once."""

    id: str
    told: Sequence[Snapshot | RefundSnapshot] = ()
    reply: WebhookReply | None = None


class Provider:
    """Somebody who moves money; a plugin gives its own by the hook ``payments_providers``.

    None of the methods is called inside a transaction. Each raises ``Declined``, ``Retryable``, ``OutcomeUnknown`` or
    ``Misconfigured``; a plain ``ProviderError`` of the core's client is read as the one of them that it means.
    Amounts are :class:`~zhanggui.api.Money`, never floats. One that lacks a function which is left open here, or whose function cannot take what
    it is called with, is refused when its plugin is loaded.
    """

    called_with: ClassVar[Mapping[str, Sequence[str]]] = {
        "capabilities": (), "missing": (), "simulated": (), "play_payer": ("customer_id",), "create": ("attempt",), "query": ("attempt",), "close": ("attempt",), "refund": ("refund",),
        "query_refund": ("refund",), "parse_notification": ("arrival",), "fetch_bill": ("day", "kind"), "probe": ("values",),
    }  # fmt: skip

    id: str  # the plugin's name as a rule: "wechatpay"
    label: Any = ""
    # Name of the identity provider whose ids it pays from ("wechat": openids), when it needs one.
    payer_of: str | None = None

    @abstractmethod
    def capabilities(self) -> Capabilities:
        """What it can do, whatever its settings are: asked when its plugin is loaded."""
        raise NotImplementedError

    def missing(self) -> str | None:
        """Why it cannot be used now ("no key was entered"), or None; without asking anybody and without a query."""
        return None

    def simulated(self) -> bool:
        """Whether its money is play money by its present settings: said on every row."""
        return False

    def play_payer(self, customer_id: int) -> str | None:
        """In a demo: the id of somebody who never signed in at the provider, so that each of its scenes can be tried. None anywhere else."""
        return None

    @abstractmethod
    def create(self, attempt: AttemptView) -> ClientAction | Snapshot:
        """Make it payable. The same number with the same amount may be created again."""
        raise NotImplementedError

    @abstractmethod
    def query(self, attempt: AttemptView) -> Snapshot:
        """What became of it."""
        raise NotImplementedError

    @abstractmethod
    def close(self, attempt: AttemptView) -> Snapshot:
        """Make it unpayable; answers ``closed``, or ``captured`` when somebody paid before."""
        raise NotImplementedError

    @abstractmethod
    def refund(self, refund: RefundRequest) -> RefundSnapshot:
        """Send it back. The same number is one refund, however often it is asked for."""
        raise NotImplementedError

    @abstractmethod
    def query_refund(self, refund: RefundRequest) -> RefundSnapshot:
        """What became of it; ``unknown`` when they never saw its number."""
        raise NotImplementedError

    def parse_notification(self, arrival: Arrival) -> Notification | WebhookReply:
        """Check and read what came in. Asks nobody.

        :raises NotGenuine: for what is forged, stale or meant for somebody else.
        """
        raise NotImplementedError

    def fetch_bill(self, day: date, kind: str) -> Any:
        """The statement of a day. Its reading comes with reconciliation."""
        raise NotImplementedError

    def probe(self, values: Mapping[str, Any]) -> Any:
        """Ask them who we are, with settings that are only tried; answers a sentence."""
        raise NotImplementedError


_ID = re.compile(r"[a-z][a-z0-9_]{0,31}\Z")
OFFLINE, HISTORY = "offline", "history"


def check_provider(one: Provider) -> None:
    """What is looked at of a provider when its plugin is loaded.

    :raises ValueError: with the sentence.
    """
    if not isinstance(getattr(one, "id", None), str) or not _ID.match(one.id) or one.id in (OFFLINE, HISTORY):
        raise ValueError(_l("its id is made of at most 32 lower-case letters, digits and underscores, and is not %(taken)s", taken=f"{OFFLINE}, {HISTORY}"))
    can = one.capabilities()
    if not isinstance(can, Capabilities) or not can.methods or not all(isinstance(method, Method) for method in can.methods):
        raise ValueError(_l("its capabilities need at least one method"))
    ids = [method.id for method in can.methods]
    wrong = next((name for name in ids if not _ID.match(name) or ids.count(name) > 1), None)
    if wrong is not None:
        raise ValueError(_l("its method “%(method)s” is there twice, or is no name of lower-case letters, digits and underscores", method=wrong))
    if can.bills and is_left_open(one, "fetch_bill"):
        raise ValueError(_l("it says that it has bills, and has no function “%(name)s”", name="fetch_bill"))


def is_left_open(one: Provider, function: str) -> bool:
    """Whether a provider has no such function of its own."""
    return getattr(type(one), function) is getattr(Provider, function)


RefundLines = Mapping[int, int]  # order line id: how many pieces


@dataclass(frozen=True)
class PaymentView:
    """One attempt as other plugins and buyers see it."""

    number: str
    order_id: int
    state: str
    provider: str
    method: str
    scene: str
    amount: Money
    refunded: Money
    created_at: datetime
    captured_at: datetime | None
    action: Mapping[str, Any]
