"""Sentences that the core says about tasks."""

from __future__ import annotations

from ..i18n.texts import lazy_gettext as _l

CANCELED = _l("It was canceled. What was not finished is undone.")
FINISHED = _l("A task of yours is done.")
FAILED = _l("A task of yours has failed.")
BROKEN = _l("It stopped because of an error. Whoever looks after the shop finds it among the jobs that were given up.")
LOST = _l("It stopped before its end. Give its command again: it goes on where it was.")
NOBODY = _l("Whoever began it may not sign in any more.")
GONE = _l("What was written so far is gone from the disk. Begin the task again.")
