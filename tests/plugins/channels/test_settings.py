"""Lists of templates are typed line by line on the settings screen, and tried there."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from sqlalchemy import select

from zhanggui.api import get_setting, reading
from zhanggui.config.declare import Setting
from zhanggui.config.models import StoredSetting
from zhanggui_channels.sms_tencent import TENCENT

KEY = "plugin.channels.tencent_templates"


def test_lines_stay_lines(instance: Any, visit: Callable[..., Any]) -> None:
    owner = visit("owner")
    page = owner.get("/system/settings/").text
    assert f'<textarea class="form-control" name="{KEY}"' in page
    tried = owner.post("/system/settings/test/plugin.channels.tencent_key", {KEY: "orders.paid: 7 number\r\nnonsense"}).text
    assert "Line 2 of the templates cannot be read." in tried
    tried = owner.post("/system/settings/test/plugin.channels.tencent_key", {KEY: "orders.paid: 1000002 number\r\norders.shipped: 1000001 number carrier"}).text
    assert "Nothing was sent." in tried
    assert Setting("a.b").parse(" one\r\ntwo ") == "one\ntwo"
    assert TENCENT.missing() is None
    with reading() as db:  # pressing a button stores nothing
        assert "orders.paid" not in str(db.scalar(select(StoredSetting.value).where(StoredSetting.key == KEY)))
    assert "orders.confirmed" in get_setting(KEY)


def test_no_secret_of_a_channel_is_shown_or_kept_in_clear(instance: Any, visit: Callable[..., Any], sandbox: Any) -> None:
    given = sandbox.ask("GET", "/_sim/credentials")
    page = visit("owner").get("/system/settings/").text
    with instance.write_bind.connect() as connection:
        stored = str(connection.exec_driver_sql("SELECT value FROM core__setting").all())
    for secret in (given["robots"]["wecom"]["address"], given["robots"]["feishu"]["secret"], given["sms"]["sms_tencent"]["key"], given["mail"]["password"]):
        assert secret not in page
        assert secret not in stored
