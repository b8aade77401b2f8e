"""What a provider of payments is, and what it is told and answers. It knows a protocol and nothing of orders."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any

from zhanggui.api import Arrival, Money, ProviderError, WebhookReply

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
    """A way to pay as customers know it. ``scenes`` are where it works."""

    id: str  # "wechatpay": of a method, not of the provider; letters, digits, underscores
    label: Any
    scenes: Sequence[str] = ()
    currencies: Sequence[str] = ("CNY",)

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
    simulated: bool = False  # its money is play money: said on every row


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
    Amounts are :class:`~zhanggui.api.Money`, never floats.
    """

    id: str  # the plugin's name as a rule: "wechatpay"
    label: Any = ""
    # Name of the identity provider whose ids it pays from ("wechat": openids), when it needs one.
    payer_of: str | None = None

    def capabilities(self) -> Capabilities:
        """What it can do, without asking anybody."""
        raise NotImplementedError

    def missing(self) -> str | None:
        """Why it cannot be used now ("no key was entered"), or None; without asking anybody and without a query."""
        return None

    def create(self, attempt: AttemptView) -> ClientAction | Snapshot:
        """Make it payable. The same number with the same amount may be created again."""
        raise NotImplementedError

    def query(self, attempt: AttemptView) -> Snapshot:
        """What became of it."""
        raise NotImplementedError

    def close(self, attempt: AttemptView) -> Snapshot:
        """Make it unpayable; answers ``closed``, or ``captured`` when somebody paid before."""
        raise NotImplementedError

    def refund(self, refund: RefundRequest) -> RefundSnapshot:
        """Send it back. The same number is one refund, however often it is asked for."""
        raise NotImplementedError

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
