"""What staff can be told of backups."""

from __future__ import annotations

from zhanggui.api import _l, notice_kind

KINDS = (
    notice_kind("backup.backup", _l("A backup is late or failed"), help=_l("The copy of the day was not made, or could not be sent away.")),
    notice_kind("backup.drill", _l("A drill is late or failed"), help=_l("The newest copy did not come back as the shop that it was: a person has to look.")),
)
