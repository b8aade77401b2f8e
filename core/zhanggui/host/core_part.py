"""What the core itself adds, through the same rooms as any plugin."""

from __future__ import annotations

from .declare import Schedule
from .host import Contribution


def core_part() -> Contribution:
    """Screens, menu, schedules and events of the core."""
    from ..approvals import screens as approval_screens
    from ..audit import screen as audit_screens
    from ..audit.core_words import AUDIT_WORDS
    from ..audit.verifying import keep_head
    from ..auth import screens as auth_screens
    from ..auth.jobs import clean_up
    from ..calendar import screen as calendar_screens
    from ..importing import work as import_work
    from ..jobs import screens as job_screens
    from ..notices.events import MessageReported, NoticeCreated
    from ..notices.messages import OTHERS
    from ..people import erase_again
    from ..tasks import screens as task_screens
    from ..tasks import upkeep
    from ..web import core_menu, private_file_pages
    from ..web.export_pages import ExportView
    from ..web.export_tasks import write_export
    from ..web.file_exports import write_rows_of_list
    from ..web.first_steps import FIRST_STEPS
    from ..web.import_pages import ImportView
    from ..web.several import act_on_all
    from ..web.task_pages import TaskProgressView

    return Contribution(
        screens=[approval_screens.APPROVALS, *audit_screens.SCREENS, *auth_screens.SCREENS, *job_screens.SCREENS, task_screens.TASKS, calendar_screens.CALENDAR],
        views=[private_file_pages.PrivateFileView, TaskProgressView, ImportView, ExportView],
        apis=[private_file_pages.PrivateFileApi],
        menu=[*core_menu.MENU, *task_screens.MENU, *calendar_screens.MENU],
        first_steps=list(FIRST_STEPS),
        permissions=[*core_menu.PERMISSIONS, task_screens.SUPERVISE],
        role_presets=list(task_screens.ROLE_PRESETS),
        events=[NoticeCreated, MessageReported],
        message_kinds=[OTHERS],
        audit_words=AUDIT_WORDS,
        jobs=[write_export, write_rows_of_list, act_on_all, erase_again, *import_work.TASKS],
        schedules=[
            Schedule("keep_head", keep_head, seconds=3600),
            Schedule("clean_up", clean_up, seconds=3600),
            Schedule("tidy_tasks", upkeep.tidy_tasks, seconds=3600),
            Schedule("tidy_imports", import_work.tidy_imports, seconds=3600),
            Schedule("sweep_private_files", upkeep.sweep_private_files, cron="20 4 * * *"),
        ],
    )
