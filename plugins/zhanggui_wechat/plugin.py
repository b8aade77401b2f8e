"""What the platform of WeChat adds."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from zhanggui.api import Channel, JobDef, Operation, PersonalData, ProviderError, PublicEvent, Schedule, SettingTest, _, _l, hookimpl

from . import events, identity, jobs, messages, models, public_events, rest, services, templates, wire


def try_app(values: Mapping[str, Any]) -> Any:
    """Ask for a token with settings that are only tried; it is not kept.

    :raises ProviderError: in a sentence that names the setting that is wrong.
    """
    app = wire.app(values)
    if app is None:
        raise ProviderError(_("The mini-program is not set up yet: enter its AppID and AppSecret under Settings."), retry=False)
    services.ask_for_token(app)
    return _l("WeChat knows the mini-program %(app_id)s.", app_id=app.app_id)


def try_templates(values: Mapping[str, Any]) -> Any:
    """Read the list of templates as it stands in the form.

    :raises ProviderError: naming the line that cannot be read.
    """
    try:
        found = templates.read(str(values.get(f"{wire.PREFIX}templates") or ""))
    except templates.BadLine as wrong:
        raise ProviderError(_("Line %(number)s of the templates cannot be read.", number=wrong.number), retry=False) from None
    return _l("%(count)s templates can be read.", count=len(found))


@hookimpl
def register_models() -> Sequence[type[Any]]:
    return [models.Token, models.Grant, models.GrantEntry, models.GrantHold]


@hookimpl
def register_events() -> Sequence[type[Any]]:
    return [events.GrantChanged]


@hookimpl
def register_public_events() -> Sequence[PublicEvent]:
    return public_events.PUBLIC


@hookimpl
def register_jobs() -> Sequence[JobDef]:
    return [jobs.recount_grants]


@hookimpl
def register_schedules() -> Sequence[Schedule]:
    return [Schedule("recount_grants", jobs.recount_grants, cron="30 3 * * *")]


@hookimpl
def notifications_channels() -> Sequence[Channel]:
    return [messages.CHANNEL]


@hookimpl
def storefront_operations() -> Sequence[Operation]:
    return rest.OPERATIONS


@hookimpl
def storefront_identity_providers() -> Mapping[str, Callable[[str], Mapping[str, Any] | None]]:
    return {identity.PROVIDER: identity.identity_of_code}


@hookimpl
def register_setting_tests() -> Mapping[str, SettingTest]:
    return {
        "plugin.wechat.app_secret": SettingTest(_l("Try the connection"), try_app),
        "plugin.wechat.templates": SettingTest(_l("Check the lines"), try_templates),
    }


@hookimpl
def register_personal_data() -> Sequence[PersonalData]:
    return [PersonalData("wechat", [models.Token], because="a token is the shop's own and names nobody; grants count what a customer allowed and hold no text; openids are kept by customers")]
