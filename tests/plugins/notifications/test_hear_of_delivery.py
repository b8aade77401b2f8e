"""What providers of short messages tell later, from the sandbox over the shop's own address to the message: arrived, came back, and who is believed."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
from sqlalchemy import select
from told_shop import FOLDERS, set_to
from werkzeug.serving import WSGIRequestHandler, make_server
from werkzeug.test import Client

from zhanggui.api import SYSTEM, Actor, acting_as, clock, reading, unit_of_work
from zhanggui.cli import sandbox as sandboxes
from zhanggui.config.loader import PREFIX
from zhanggui.events.models import OutboxEvent
from zhanggui.host import refresh
from zhanggui.host.service import enable_plugin
from zhanggui.runtime import Runtime, activated, open_runtime
from zhanggui.webhooks.models import ArrivedMessage
from zhanggui_channels import reports
from zhanggui_channels.plugin import PROVIDERS
from zhanggui_channels.sms import Provider
from zhanggui_customers import facade as customers
from zhanggui_notifications.models import Address
from zhanggui_notifications.services import kinds
from zhanggui_sandbox import Keyring, Sandbox, running

PHONE = "+8613912345678"
Work = Callable[[], None]
BOTH = pytest.mark.parametrize("name", ["tencent", "aliyun"])


class Silent(WSGIRequestHandler):
    """Nothing of a request on the screen."""

    def log(self, type: str, message: str, *args: Any) -> None:
        """Nothing."""


@pytest.fixture(scope="module")
def keys() -> Keyring:
    return Keyring.make()


@pytest.fixture
def sandbox(tmp_path: Path, keys: Keyring) -> Iterator[Sandbox]:
    with running(tmp_path / "sandbox", keys=keys) as sandbox:
        yield sandbox


@pytest.fixture
def instance(databases: Any, kind: str, tower: Any, sandbox: Sandbox) -> Iterator[Runtime]:
    """A shop whose short messages end in the sandbox."""
    given = sandboxes.as_settings(sandbox.ask("GET", "/_sim/credentials"), sandbox.url, sandbox.mail_port)
    values = {key.removeprefix(PREFIX): value for key, value in given.items()}
    values["PLUGIN__CHANNELS__TENCENT_TEMPLATES"] = "bells.care: 1000002 bell"
    values["PLUGIN__CHANNELS__ALIYUN_TEMPLATES"] = "bells.care: SMS_100000002 number=bell"
    runtime = open_runtime(databases.fresh(kind, OUTSIDE__ALLOWED="127.0.0.1", PLUGINS__FOLDERS=FOLDERS, WEB__PUBLIC_URL="https://shop.example", WEB__TRUSTED_HOSTS="shop.example,localhost", **values))
    with activated(runtime), acting_as(SYSTEM):
        refresh(runtime)
        enable_plugin("bells", actor=SYSTEM, now=clock.now())
        refresh(runtime)
        set_to(quiet_from=0, quiet_until=0)
        yield runtime
    databases.drop(runtime)


@pytest.fixture
def wang(instance: Runtime, owner: Actor) -> int:
    """A customer with a phone, who is told of the bells by short message."""
    with unit_of_work() as db:
        kinds.change_kind(db, kind_id="bells.care", channels=["sms", "inbox"], actor=owner, now=clock.now())
        return customers.find_or_create_by_phone(db, name="Wang Wei", phone=PHONE, actor=owner, now=clock.now())


@pytest.fixture
def served(site: Any) -> Iterator[str]:
    """The shop on a port of this machine, as the sandbox reaches it."""
    server = make_server("127.0.0.1", 0, site, threaded=True, request_handler=Silent)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield f"http://localhost:{server.server_port}"
    server.shutdown()
    thread.join()


@pytest.fixture
def sent(only: Any, ring: Any, wang: int, work: Work, told: Any, sandbox: Sandbox, served: str) -> Callable[[str], Any]:
    """``sent("tencent")``: a message is sent by this provider, which knows where to tell of it."""

    def do(name: str) -> Any:
        set_plugin(sms_provider=name)
        path = urlsplit(reports.address(PROVIDERS[name])).path
        sandbox.ask("POST", "/_sim/report_address", {"provider": f"sms_{name}", "url": f"{served}{path}"})
        only("care")
        ring(wang, 7)
        work()
        return told()[-1]

    return do


def set_plugin(**values: Any) -> None:
    from zhanggui.config import settings

    with unit_of_work() as db:
        for name, value in values.items():
            settings.set(db, f"plugin.channels.{name}", value, actor=SYSTEM, now=clock.now())


def arrivals(at_least: int) -> list[Any]:
    """What the shop kept of reports."""
    deadline = time.monotonic() + 5
    while True:
        with reading() as db:
            found = list(db.scalars(select(ArrivedMessage.content).order_by(ArrivedMessage.id)))
        if len(found) >= at_least or time.monotonic() > deadline:
            return found
        time.sleep(0.05)


@BOTH
def test_what_arrived_is_told_and_known_and_the_phone_is_not_kept(sent: Any, work: Work, told: Any, name: str):
    message = sent(name)
    assert (message.state, message.channel) == ("sent", "sms")
    [kept] = arrivals(1)
    work()
    assert told()[-1].state == "delivered"
    assert PHONE.removeprefix("+86") not in json.dumps(kept)


@BOTH
def test_what_came_back_says_so_and_speaks_against_no_number(sent: Any, sandbox: Sandbox, work: Work, told: Any, name: str):
    sandbox.ask("POST", "/_sim/faults", {"kind": "undelivered", "operation": f"sms_{name}", "code": "SWITCHED_OFF"})
    sent(name)
    arrivals(1)
    work()
    message = told()[-1]
    assert (message.state, message.reason, message.detail) == ("bounced", "bounced", "SWITCHED_OFF")
    assert message.shown_at is not None  # it stands in the customer's list
    with reading() as db:
        assert db.scalar(select(Address.channel)) is None
        failed = [json.loads(payload) if isinstance(payload, str) else payload for payload in db.scalars(select(OutboxEvent.payload).where(OutboxEvent.name == "notifications.message.failed"))]
    assert [(one["channel"], one["reason"]) for one in failed] == [("sms", "bounced")]


@BOTH
def test_the_same_report_again_is_no_news_and_the_first_word_counts(sent: Any, sandbox: Sandbox, work: Work, told: Any, name: str):
    sent(name)
    arrivals(1)
    work()
    said = sandbox.ask("POST", "/_sim/report", {"provider": f"sms_{name}", "copies": 3})["answers"]
    assert [one["status"] for one in said] == [200, 200, 200]
    assert {one["answer"] for one in said} == {'{"result":0,"errmsg":"OK"}' if name == "tencent" else '{"code":0,"msg":"OK"}'}
    assert len(arrivals(1)) == 1
    sandbox.ask("POST", "/_sim/report", {"provider": f"sms_{name}", "code": "LATE_NO"})
    arrivals(2)
    work()
    assert told()[-1].state == "delivered"


@BOTH
def test_only_an_address_that_this_shop_made_for_this_account_is_believed(sent: Any, site: Any, work: Work, told: Any, name: str):
    sent(name)
    arrivals(1)
    work()
    path, program = urlsplit(reports.address(PROVIDERS[name])).path, Client(site)
    other = next(one for one in PROVIDERS if one != name)
    base: dict[str, Any] = {"base_url": "http://localhost"}
    forged = [
        f"{path[:-1]}{'0' if path[-1] != '0' else '1'}", f"/notify/sms/{name}/key", path.replace(f"/{name}/", f"/{other}/"), path.replace(f"/{name}/", "/nobody/"),
    ]  # fmt: skip
    before = len(arrivals(1))
    for address in forged:
        assert program.post(address, json=[], **base).status_code in (400, 401, 403), address
    for body in (b"{", b'{"sid": "x"}', b"[1]", b"[" * 2000, json.dumps([{}] * 1001).encode()):
        assert program.post(path, data=body, content_type="application/json", **base).status_code in (400, 401, 403), body[:20]
    assert len(arrivals(before)) == before
    assert program.post(path, json=[{}, {"sid": 5, "biz_id": []}, {"sid": "nobody's", "biz_id": "nobody's"}], **base).status_code == 200
    work()
    assert told()[-1].state == "delivered"


def test_the_address_belongs_to_the_account_and_is_shown_by_a_button(instance: Runtime, site: Any):
    provider: Provider = PROVIDERS["tencent"]
    test = reports.where(provider)["plugin.channels.tencent_id"]
    shown = str(test.run({}))
    assert "https://shop.example/notify/sms/tencent/" in shown
