"""What the platform of WeChat adds."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from zhanggui.api import PersonalData, ProviderError, SettingTest, _, _l, hookimpl

from . import identity, models, services, wire


def try_app(values: Mapping[str, Any]) -> Any:
    """Ask for a token with settings that are only tried; it is not kept.

    :raises ProviderError: in a sentence that names the setting that is wrong.
    """
    app = wire.app(values)
    if app is None:
        raise ProviderError(_("The mini-program is not set up yet: enter its AppID and AppSecret under Settings."), retry=False)
    services.ask_for_token(app)
    return _l("WeChat knows the mini-program %(app_id)s.", app_id=app.app_id)


@hookimpl
def register_models() -> Sequence[type[Any]]:
    return [models.Token]


@hookimpl
def storefront_identity_providers() -> Mapping[str, Callable[[str], Mapping[str, Any] | None]]:
    return {identity.PROVIDER: identity.identity_of_code}


@hookimpl
def register_setting_tests() -> Mapping[str, SettingTest]:
    return {"plugin.wechat.app_secret": SettingTest(_l("Try the connection"), try_app)}


@hookimpl
def register_personal_data() -> Sequence[PersonalData]:
    return [PersonalData("wechat", [models.Token], because="a token is the shop's own and names nobody; openids are kept by customers")]
