"""What home says of money that waits for somebody: figures of lists, under the rules of whoever reads."""

from __future__ import annotations

from sqlalchemy import exists, select
from sqlalchemy.orm import Session

from zhanggui.api import Question, Reader, current_runtime, get_setting

from .models import Attempt
from .providers import offers
from .states import RefundState

CASES = Question("payments.Case", {"state": "open"})
REFUNDS_DUE = Question("payments.Refund", {"state": RefundState.REQUESTED})
ON_THE_WAY = Question("payments.Refund", {"state": f"{RefundState.PROCESSING},{RefundState.ABNORMAL}"})


def can_be_paid(db: Session, _reader: Reader) -> bool:
    """Whether a provider is set up, the shop says that it takes cash and transfers, or money was taken before."""
    if get_setting("plugin.payments.offline") or any(offer.why_not is None for offer in offers(current_runtime().config["instance.currency"])):
        return True
    return bool(db.scalar(select(exists(select(Attempt.id)))))
