"""What is forgotten by the hour: ended sessions and tokens, old throttle windows, used idempotency keys."""

from __future__ import annotations

from datetime import timedelta

from sqlalchemy import delete, or_
from sqlalchemy.orm import Session

from .. import approvals, webhooks
from ..i18n.texts import lazy_gettext as _l
from ..jobs import aside, job
from ..kernel import clock
from . import tokens
from .idempotency import forget_old
from .models import Throttle, UserSession

KEEP_ENDED = timedelta(days=90)  # for as long a device or an address is known: see ``known``


@job(_l("Forget sessions, tokens and counts that ran out"))
def clean_up(db: Session) -> None:
    """Drop what nobody can use any more."""
    now = clock.now()
    ended = or_(UserSession.expires_at < now - KEEP_ENDED, UserSession.revoked_at < now - KEEP_ENDED)
    db.execute(delete(UserSession).where(ended))
    db.execute(delete(Throttle).where(Throttle.window_start < now - timedelta(days=1)))
    forget_old(db)
    tokens.forget_ended(db, now)
    approvals.forget_old(db, now)
    webhooks.forget_old(db, now)
    aside.forget_old(db, now)
