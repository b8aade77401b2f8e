"""What people read of money: names of providers, methods and accounts, and a sentence for where a payment stands."""

from __future__ import annotations

from typing import Any

from zhanggui.api import _, _l, fmt
from zhanggui_orders import facade as orders

from .contracts import HISTORY
from .providers import labels, providers
from .states import OPEN_ATTEMPT

_ACCOUNTS = {
    "sales": _l("Sales"), "refunds": _l("Refunds"), "suspense": _l("To be cleared up"), "fees": _l("Fees of providers"), "bank": _l("Bank account"),
}  # fmt: skip


def account_name(account: str) -> str:
    """An account of the ledger in words."""
    head, _colon, provider = account.partition(":")
    if head == "clearing":
        return provider_name(provider)
    return str(_ACCOUNTS.get(account, account))


def provider_name(provider: str) -> str:
    """Who moves the money, in words."""
    if provider == HISTORY:
        return _("Imported")
    found = providers().get(provider)
    return str(found.label) if found is not None and found.label else provider


def method_name(provider: str, method: str) -> str:
    """How it was paid, in words."""
    return str(labels().get((provider, method), orders.METHODS["other"]))


def marked(name: str, simulated: bool) -> str:
    """A name beside an amount: play money says so in every row."""
    return _("%(name)s · Sandbox", name=name) if simulated else name


def said_of(attempt: Any) -> tuple[str, str]:
    """Where a payment stands: a short sentence, and what more there is to say of it."""
    if attempt.state == "captured":
        return _captured(attempt), _still(attempt)
    if attempt.state in OPEN_ATTEMPT and attempt.close_wanted:
        return _("It is being closed at the provider, so that nobody pays it any more."), _("If somebody paid in this moment, the payment counts.")
    head, more = _SENTENCES[attempt.state, attempt.code if (attempt.state, attempt.code) in _SENTENCES else ""]
    return str(head), str(more)


def _captured(attempt: Any) -> str:
    if not attempt.refunded:
        return _("The money is there.")
    back = fmt.money(attempt.refunded, attempt.currency)
    if attempt.refunded >= attempt.amount:
        return _("The money was there and all of it was given back.")
    return _("The money is there; %(back)s of it was given back.", back=back)


def _still(attempt: Any) -> str:
    way, left = attempt.reserved - attempt.refunded, attempt.amount - attempt.reserved
    told = [_("%(amount)s is on its way back: accepted is not refunded.", amount=fmt.money(way, attempt.currency))] if way else []
    if left > 0:
        told.append(_("%(amount)s can still be given back.", amount=fmt.money(left, attempt.currency)))
    return " ".join(told)


_SENTENCES = {
    ("created", ""): (_l("The customer has begun to pay."), _l("The provider has not answered yet. It is asked again by itself.")),
    ("pending", ""): (_l("The provider waits for the customer."), _l("It is asked again by itself, whether it calls us or not.")),
    ("closed", ""): (_l("Nobody can pay this any more."), _l("Should money come all the same, a case is opened.")),
    ("closed", "wrong_amount"): (_l("Another amount came than was asked for."), _l("It pays nothing: what to do with it is a case for a person.")),
    ("closed", "known_number"): (_l("The provider named a payment that is booked already."), _l("It pays nothing: what to do with it is a case for a person.")),
    ("failed", ""): (_l("The provider refused this payment."), _l("The customer can try again.")),
}
