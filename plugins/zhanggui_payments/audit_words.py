"""What the acts of this plugin are called in the trail."""

from __future__ import annotations

from typing import Any

from zhanggui.api import AuditWords, Column, _l

from . import words
from .states import CASE_CHOICES, CASE_KINDS, REASONS


def _method(row: Any) -> str:
    return words.method_name(row.provider, row.method)


def _provider(row: Any) -> str:
    return words.provider_name(row.provider)


_AMOUNT = Column("amount", _l("Amount"), "money", currency="currency")
_PROVIDER = Column("provider", _l("Provider"), value=_provider)

WORDS = [
    AuditWords("payments.case.opened", _l("Payment case opened"), [Column("kind", _l("Kind"), "choice", choices=CASE_KINDS), _AMOUNT, Column("currency", "", "code")]),
    AuditWords("payments.case.taken", _l("Payment case taken over")),
    AuditWords("payments.case.handed", _l("Payment case handed over")),
    AuditWords("payments.case.closed", _l("Payment case closed"), [Column("state", _l("State"), "choice", choices=CASE_CHOICES)]),
    AuditWords("payments.payment.captured", _l("Payment received"), [_AMOUNT, _PROVIDER, Column("method", _l("Method"), value=_method)]),
    AuditWords("payments.refund.requested", _l("Refund asked for"), [
        _AMOUNT, Column("reason", _l("Reason"), "choice", choices=REASONS), Column("order", _l("Order"), "code")]),
    AuditWords("payments.refund.sent", _l("Refund sent to the provider")),
    AuditWords("payments.refund.succeeded", _l("Refund succeeded"), [_AMOUNT, _PROVIDER]),
    AuditWords("payments.refund.withdrawn", _l("Refund taken back")),
]  # fmt: skip
