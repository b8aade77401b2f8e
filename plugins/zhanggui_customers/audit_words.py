"""What the acts of this plugin are called in the trail."""

from __future__ import annotations

from zhanggui.api import AuditWords, Choice, Column, _l

from .rules import SOURCES

_SOURCE = Column("source", _l("Source"), "choice", choices=SOURCES)

WORDS = [
    AuditWords("customers.behaviour.seen", _l("Footprints looked at")),
    AuditWords("customers.address.added", _l("Address added")),
    AuditWords("customers.address.changed", _l("Address changed")),
    AuditWords("customers.address.removed", _l("Address removed")),
    AuditWords("customers.customer.removed", _l("Customers removed with their import"), [Column("customers", _l("Customers"), "int")]),
    AuditWords("customers.customer.created", _l("New customer"), [_SOURCE]),
    AuditWords("customers.customer.changed", _l("Customer changed")),
    AuditWords("customers.customer.unblocked", _l("Customer unblocked")),
    AuditWords("customers.customer.imported", _l("Customers imported")),
    AuditWords("customers.identity.linked", _l("Sign-in linked"), [Column("provider", _l("Signs in with"), "choice", choices=(
        Choice("demo", _l("Demo sign-in")), Choice("wechat", _l("WeChat"))))]),
]  # fmt: skip
