"""What a merchant enters is tried before it counts; the sentence says what is wrong."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from merchant import settings_of

from zhanggui.runtime import Runtime
from zhanggui.testing.browsing import Visitor
from zhanggui_sandbox import Keyring, Sandbox
from zhanggui_sandbox.keys import issue, new_key, private_pem, public_pem

KEY = "plugin.wechatpay.api_v3_key"


@pytest.fixture
def kind() -> str:
    """Settings are the core's; its tests know both databases."""
    return "sqlite"


@pytest.fixture
def try_it(instance: Runtime, visit: Callable[..., Visitor], sandbox: Sandbox) -> Callable[..., str]:
    """Press the button with these settings typed; answers the page."""
    owner = visit("owner")
    owner.get("/system/settings/")

    def press(**change: str) -> str:
        values = settings_of(sandbox) | change
        return owner.post(f"/system/settings/test/{KEY}", {f"plugin.wechatpay.{name}": value for name, value in values.items()}).text

    return press


def wrong(given: dict[str, str], keys: Keyring) -> dict[str, tuple[dict[str, str], str]]:
    """What can be wrong, and the sentence for it."""
    other, mine, authority = new_key(), keys.merchant.private.public_key(), keys.authority.private
    begins = datetime.now(UTC) - timedelta(days=400)
    expired = issue("1900008888", mine, authority, "Zhanggui Sandbox Root CA", begins=begins, years=1)
    bare = {"certificate": ""}
    hello = "-----BEGIN PRIVATE KEY-----\nhello\n-----END PRIVATE KEY-----"
    return {
        "no key": ({"private_key": hello}, "The private key of the merchant is no key"),
        "a certificate as key": ({"private_key": given["certificate"]}, "The private key of the merchant is no key"),
        "another key": ({"private_key": private_pem(other)}, "The merchant certificate belongs to another private key."),
        "another key, no certificate": ({**bare, "private_key": private_pem(other)}, "The private key does not belong to the merchant certificate"),
        "expired": ({"certificate": expired, "serial": ""}, "The merchant certificate expired on"),
        "no certificate": ({"certificate": "hello"}, "The merchant certificate is none"),
        "another serial": ({"serial": "5F" * 20}, "The serial number is not that of the merchant certificate, which is"),
        "another serial, no certificate": ({**bare, "serial": "5F" * 20}, "WeChat Pay does not know the serial number"),
        "another merchant": ({"mchid": "1900009999"}, "WeChat Pay does not know the merchant number."),
        "short APIv3 key": ({"api_v3_key": "short"}, "The APIv3 key has to have 32 characters; this one has 5."),
        "wrong APIv3 key": ({"api_v3_key": "0" * 32}, "The APIv3 key is not the one that is set in the merchant console."),
        "no public key": ({"public_key": "hello"}, "WeChat Pay’s public key is no key".replace("’", "&#39;")),
        "another public key": ({"public_key": public_pem(other.public_key())}, "public key does not fit its answers"),
        "another public key ID": ({"public_key_id": "PUB_KEY_ID_0"}, "WeChat Pay does not know the ID of its public key"),
        "half of it": ({"public_key_id": ""}, "public key and its ID are entered together"),
        "no AppID": ({"app_id": ""}, "enter the AppID under Settings"),
    }  # fmt: skip


def test_the_button_says_what_is_wrong(try_it: Callable[..., str], sandbox: Sandbox, keys: Keyring) -> None:
    well = "key, serial number and APIv3 key are right."
    given = settings_of(sandbox)
    assert well in try_it()
    assert well in try_it(certificate="")
    assert well in try_it(public_key="", public_key_id="")  # by platform certificates
    # As a box of one line leaves it.
    assert well in try_it(**{name: given[name].replace("\n", "") for name in ("private_key", "certificate", "public_key")})
    said = {name: (try_it(**change), sentence) for name, (change, sentence) in wrong(given, keys).items()}
    assert [name for name, (page, sentence) in said.items() if sentence not in page] == []
    sandbox.ask("POST", "/_sim/keys", {"mode": "public_key", "notify_with": "public_key"})
    assert "there is nothing to try it on" in try_it()
    assert "has no platform certificates" in try_it(public_key="", public_key_id="")
    assert sandbox.ask("GET", "/_sim/orders")["items"] == []  # nothing was ordered for it
    sandbox.stop()
    try_it()  # the connection from before is cut
    assert "127.0.0.1 cannot be reached." in try_it()


def test_keys_are_sealed_and_never_shown(instance: Runtime, visit: Callable[..., Visitor], sandbox: Sandbox) -> None:
    given = settings_of(sandbox)
    secrets = [given["api_v3_key"], given["private_key"].splitlines()[5]]
    with instance.write_bind.connect() as connection:
        stored = str(connection.exec_driver_sql("SELECT key, value FROM core__setting").all())
        audited = str(connection.exec_driver_sql("SELECT * FROM core__audit").all())
    page = visit("owner").get("/system/settings/").text
    assert given["mchid"] in stored
    assert given["mchid"] in page
    for secret in secrets:
        for place in (stored, audited, page):
            assert secret not in place


@pytest.mark.parametrize(
    ("more", "why"),
    [
        ({"WEB__PUBLIC_URL": "https://tea.example"}, "This shop is for real customers"),
        ({"PLUGIN__WECHATPAY__SANDBOX": ""}, "WeChat Pay tells payments to an https address alone"),
    ],
    ids=["sandbox", "no address"],
)
def test_play_money_and_real_shops_do_not_meet(databases: Any, kind: str, sandbox: Sandbox, more: dict[str, str], why: str) -> None:
    from merchant import enter

    from zhanggui.api import SYSTEM, acting_as
    from zhanggui.host import refresh
    from zhanggui.runtime import activated, open_runtime
    from zhanggui_wechatpay.provider import WECHATPAY

    trusted = {"WEB__TRUSTED_HOSTS": "localhost,127.0.0.1,tea.example", "PLUGIN__WECHATPAY__SANDBOX": sandbox.url}
    runtime = open_runtime(databases.fresh(kind, OUTSIDE__ALLOWED="127.0.0.1", **{**trusted, **more}))
    with activated(runtime), acting_as(SYSTEM):
        refresh(runtime)
        enter(settings_of(sandbox))
        assert why in str(WECHATPAY.missing())
    databases.drop(runtime)
