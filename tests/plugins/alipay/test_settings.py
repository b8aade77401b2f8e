"""What a merchant enters is tried before it counts; the sentence says what is wrong."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from alipay_side import certificate_settings, enter, key_settings
from shoppers import Shopper

from zhanggui.runtime import Runtime
from zhanggui.testing.browsing import Visitor
from zhanggui_sandbox import Keyring
from zhanggui_sandbox.keys import issue, new_key, private_pem, public_pem

KEY = "plugin.alipay.private_key"
WELL = "both sides believe each other’s keys. Money is simulated."


@pytest.fixture
def kind() -> str:
    """Settings are the core's; its tests know both databases."""
    return "sqlite"


@pytest.fixture
def try_it(instance: Runtime, visit: Callable[..., Visitor]) -> Callable[[dict[str, str]], str]:
    """Press the button with these settings typed; answers the page."""
    owner = visit("owner")
    owner.get("/system/settings/")

    def press(values: dict[str, str]) -> str:
        return owner.post(f"/system/settings/test/{KEY}", {f"plugin.alipay.{name}": value for name, value in values.items()}).text

    return press


def bare(pem: str) -> str:
    """As the key tool gives it: one line of base64."""
    return "".join(line for line in pem.splitlines() if "-----" not in line)


def test_right_settings_are_answered(try_it: Callable[..., str], given: dict[str, str]) -> None:
    assert WELL in try_it(key_settings(given))
    assert WELL in try_it(certificate_settings(given))
    assert WELL in try_it({**key_settings(given), "private_key": bare(given["app_private_key"]), "alipay_public_key": bare(given["alipay_public_key"])})
    pasted = {name: value.replace("\n", "") for name, value in certificate_settings(given).items()}  # as a box of one line leaves it
    assert WELL in try_it(pasted)


def wrong(given: dict[str, str], keys: Keyring) -> dict[str, tuple[dict[str, str], str]]:
    """What can be wrong, and the sentence for it."""
    other, now = new_key(), datetime.now(UTC)
    authority = keys.authority.private
    of_the_app = keys.alipay_app.private.public_key()
    expired = issue("9021000100008888", of_the_app, authority, "Zhanggui Sandbox Root CA", begins=now - timedelta(days=400), years=1)
    stranger = issue("Alipay (sandbox)", keys.alipay.private.public_key(), new_key(), "Zhanggui Sandbox Root CA")
    certified = certificate_settings(given)
    return {
        "no key": ({"private_key": "-----BEGIN PRIVATE KEY-----\nhello\n-----END PRIVATE KEY-----"}, "“Private key of the app” is no private key"),
        "a public key": ({"private_key": given["app_public_key"]}, "“Private key of the app” is no private key"),
        "no public key": ({"alipay_public_key": "hello"}, "“Alipay’s public key” is no public key"),
        "the app's own": ({"alipay_public_key": given["app_public_key"]}, "is the app’s own public key"),
        "another pair": ({"private_key": private_pem(other)}, "Alipay does not accept what the private key signs"),
        "another key of Alipay's": ({"alipay_public_key": public_pem(other.public_key())}, "is not signed by the key entered as Alipay’s"),
        "another app": ({"app_id": "9021000199999999"}, "Alipay knows no app with this app id."),
        "no app id": ({"app_id": "wx123"}, "“App id” has 16 digits."),
        "no certificate": (certified | {"app_certificate": "hello"}, "“Certificate of the app” is no certificate"),
        "of another key": (certified | {"app_certificate": given["alipay_certificate"]}, "“Private key of the app” and “Certificate of the app” do not belong"),
        "expired": (certified | {"app_certificate": expired}, "“Certificate of the app” expired on"),
        "a stranger's": (certified | {"alipay_certificate": stranger}, "“Alipay’s certificate” was not issued by Alipay"),
        "one is missing": (certified | {"root_certificate": ""}, "“Alipay’s root certificates” is missing"),
    }  # fmt: skip


def test_what_is_wrong_is_said(try_it: Callable[..., str], given: dict[str, str], keys: Keyring) -> None:
    said = {name: (try_it({**key_settings(given), **change}), sentence) for name, (change, sentence) in wrong(given, keys).items()}
    assert [name for name, (page, sentence) in said.items() if sentence not in page] == []


def test_nobody_there_is_said(databases: Any, try_it: Callable[..., str], given: dict[str, str], sandbox: Any) -> None:
    sandbox.stop()
    assert "127.0.0.1 cannot be reached." in try_it(key_settings(given))


def test_a_key_is_kept_sealed(try_it: Callable[..., str], visit: Callable[..., Visitor], given: dict[str, str], instance: Runtime) -> None:
    secret = bare(given["app_private_key"])[100:140]
    with instance.write_bind.connect() as connection:
        stored = connection.exec_driver_sql("SELECT value FROM core__setting WHERE key = 'plugin.alipay.private_key'").scalar_one()
    assert secret not in str(stored)


def test_without_settings_it_is_not_offered(instance: Runtime, sign_in: Callable[..., Shopper], tea: Any) -> None:
    enter({"app_id": ""})
    alice = sign_in()
    number = alice.order(tea).get_json()["number"]
    (offer,) = [one for one in alice.get("/payment-methods?scene=h5")["items"] if one["method"] == "alipay"]
    assert (offer["available"], offer["why"]) == (False, "Alipay is not set up: “App id” is missing.")
    refusal = alice.post(f"/orders/{number}/pay", {"method": "alipay", "scene": "h5"})
    assert (refusal.status_code, refusal.get_json()["code"]) == (409, "method_unavailable")
    assert "“App id” is missing." in refusal.get_json()["detail"]
