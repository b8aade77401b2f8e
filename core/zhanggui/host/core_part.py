"""What the core itself adds, through the same rooms as any plugin."""

from __future__ import annotations

from .declare import Schedule
from .host import Contribution


def core_part() -> Contribution:
    """Screens, menu, schedules and events of the core."""
    from ..approvals import screens as approval_screens
    from ..audit import screen as audit_screens
    from ..auth import screens as auth_screens
    from ..auth.jobs import clean_up
    from ..jobs import screens as job_screens
    from ..notices.events import NoticeCreated
    from ..people import erase_again
    from ..web import core_menu

    return Contribution(
        screens=[approval_screens.APPROVALS, *audit_screens.SCREENS, *auth_screens.SCREENS, *job_screens.SCREENS],
        menu=list(core_menu.MENU),
        permissions=list(core_menu.PERMISSIONS),
        events=[NoticeCreated],
        jobs=[erase_again],
        schedules=[Schedule("clean_up", clean_up, seconds=3600)],
    )
