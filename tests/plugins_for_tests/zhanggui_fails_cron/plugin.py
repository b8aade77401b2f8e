"""Runs at a time that there is none."""

from zhanggui.api import Schedule, hookimpl, job


@job()
def never(**_more):
    return None


@hookimpl
def register_schedules():
    return [Schedule("never", never, cron="every full moon")]
