"""Rights of payments beside those that its screens and verbs declare."""

from __future__ import annotations

from zhanggui.api import Permission, _l

ABOVE = ("can_refund_above_limit", "payments.Refund")
SET_UP = ("can_set_up", "payments.Provider")
PERMISSIONS = (
    Permission(*ABOVE, _l("Agree to refunds above the limit"), _l("Refunds")),
    Permission(*SET_UP, _l("Change settings of payments and of their providers"), _l("Providers of payments")),
)
