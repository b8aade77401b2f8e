"""What messages add."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from types import ModuleType
from typing import Any

from zhanggui.api import JobDef, PersonalData, Schedule, hookimpl

from . import hookspecs, jobs, models, people


@hookimpl
def register_models() -> Sequence[type[Any]]:
    return [models.Message, models.Attempt, models.KindSetting, models.Template, models.Preference, models.Consent, models.Rate, models.Breaker]


@hookimpl
def register_hookspecs() -> Sequence[ModuleType]:
    return [hookspecs]


@hookimpl
def register_handlers() -> Mapping[str | type[Any], Sequence[JobDef]]:
    return {"*": [jobs.route]}


@hookimpl
def register_jobs() -> Sequence[JobDef]:
    return [jobs.deliver, jobs.tidy]


@hookimpl
def register_schedules() -> Sequence[Schedule]:
    return [Schedule("deliver", jobs.deliver, seconds=15), Schedule("tidy", jobs.tidy, cron="40 3 * * *")]


@hookimpl
def register_personal_data() -> Sequence[PersonalData]:
    return [people.ANSWER]
