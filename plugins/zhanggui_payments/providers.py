"""Who moves money here: those that plugins give, and the shop's own people with cash and transfers."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from zhanggui.api import _, _l, hooks
from zhanggui_orders import facade as orders

from .contracts import (
    HISTORY,
    OFFLINE,
    AttemptView,
    Capabilities,
    ClientAction,
    Method,
    Misconfigured,
    Provider,
    RefundRequest,
    RefundSnapshot,
    Snapshot,
)


class Offline(Provider):
    """Cash, transfers and what else the staff sees with its own eyes: what a person says of it is true at once."""

    id = OFFLINE
    label = _l("Cash and transfers")

    def capabilities(self) -> Capabilities:
        return Capabilities([Method(name, label, ("offline",), ()) for name, label in orders.METHODS.items()], max_refunds=10_000, refund_days=36_500)

    def create(self, attempt: AttemptView) -> ClientAction | Snapshot:
        return Snapshot(attempt.number, "captured", attempt.amount)

    def query(self, attempt: AttemptView) -> Snapshot:
        return Snapshot(attempt.number, "captured", attempt.amount)

    def close(self, attempt: AttemptView) -> Snapshot:
        return Snapshot(attempt.number, "closed")

    def refund(self, refund: RefundRequest) -> RefundSnapshot:
        return RefundSnapshot(refund.number, "succeeded", refund.amount)

    query_refund = refund


@dataclass(frozen=True)
class Offer:
    """A method of a provider, and why it cannot be used now."""

    provider: Provider
    method: Method
    why_not: str | None


def providers() -> dict[str, Provider]:
    """Everybody by id; of two with one id the first stays."""
    found: dict[str, Provider] = {}
    for plugin, given in hooks.call("payments_providers"):
        for one in given or ():
            if one.id in (OFFLINE, HISTORY) or one.id in found:
                hooks.tell(plugin, "provider", one.id, f"a provider called {one.id} is there already: it stays, and this one is left out")
            else:
                found[one.id] = one
    offline = Offline()
    return {**found, OFFLINE: offline, HISTORY: offline}


def provider_of(name: str) -> Provider:
    """:raises Misconfigured: when its plugin is off."""
    found = providers().get(name)
    if found is None:
        raise Misconfigured(_("%(provider)s is switched off: switch its plugin on to go on with this.", provider=name))
    return found


def offers(currency: str, scene: str | None = None) -> list[Offer]:
    """What customers may pay with, of all providers; of two with one method the first stays. No query, no call."""
    found: dict[str, Offer] = {}
    for name, one in providers().items():
        if name in (OFFLINE, HISTORY):
            continue
        missing = one.missing()
        for method in one.capabilities().methods:
            why: Any = missing
            if why is None and method.currencies and currency not in method.currencies:
                why = _("It cannot be used for payments in %(currency)s.", currency=currency)
            if why is None and scene and scene not in method.scenes:
                why = _("It cannot be used here.")
            found.setdefault(method.id, Offer(one, method, str(why) if why else None))
    return list(found.values())


def labels() -> dict[tuple[str, str], Any]:
    """What each method of a provider is called: a transfer by Alipay that somebody saw is not a payment at Alipay."""
    return {
        **{(name, method.id): method.label for name, one in providers().items() for method in one.capabilities().methods},
        (HISTORY, ""): _l("Imported"),
    }


def is_simulated(name: str) -> bool:
    """Whether a provider moves play money."""
    return provider_of(name).simulated()
