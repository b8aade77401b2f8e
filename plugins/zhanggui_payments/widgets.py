"""What home says of money that waits for somebody: figures of lists, under the rules of whoever reads."""

from __future__ import annotations

from zhanggui.api import Question

from .states import RefundState

CASES = Question("payments.Case", {"state": "open"})
REFUNDS_DUE = Question("payments.Refund", {"state": RefundState.REQUESTED})
