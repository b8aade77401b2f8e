"""One token for all processes: however many want it at once, WeChat is asked once."""

from __future__ import annotations

import os
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from contextvars import copy_context
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import select, update

from zhanggui.api import ProviderError, clock, reading, unit_of_work
from zhanggui.config.loader import variable
from zhanggui.runtime import Runtime
from zhanggui.testing.instances import environment
from zhanggui_sandbox import Sandbox
from zhanggui_wechat import facade, services, wire
from zhanggui_wechat.models import Token

THREADS = 8
PROCESS = """
import sys
from concurrent.futures import ThreadPoolExecutor
from contextvars import copy_context
from zhanggui.api import SYSTEM, acting_as
from zhanggui.config import Config
from zhanggui.runtime import Runtime, activated, open_runtime
from zhanggui_wechat import facade
runtime = open_runtime(Runtime(Config.load(None)))
with activated(runtime), acting_as(SYSTEM):
    print("ready", flush=True)
    sys.stdin.readline()
    with ThreadPoolExecutor(8) as pool:
        contexts = [copy_context() for _ in range(8)]
        found = list(pool.map(lambda context: context.run(facade.access_token), contexts))
print(len(set(found)), found[0], flush=True)
"""


def asked(sandbox: Sandbox, operation: str = "token") -> int:
    return sum(one["operation"] == operation for one in sandbox.ask("GET", "/_sim/requests?limit=1000")["items"])


def at_once(count: int = THREADS) -> list[str]:
    contexts = [copy_context() for _ in range(count)]
    with ThreadPoolExecutor(count) as pool:
        return list(pool.map(lambda context: context.run(facade.access_token), contexts))


def age(**values: Any) -> None:
    with unit_of_work() as db:
        db.execute(update(Token).values(**values))


def test_threads_of_two_processes_ask_once(instance: Runtime, sandbox: Sandbox) -> None:
    settings = {"outside.allowed": "127.0.0.1", "plugin.wechat.sandbox": sandbox.url}
    environ = {**os.environ, **environment(instance.config), **{variable(key): value for key, value in settings.items()}}
    environ["PYTHONPATH"] = os.pathsep.join(part for part in sys.path if part)
    sandbox.ask("POST", "/_sim/faults", {"kind": "slow", "operation": "token", "seconds": 0.3})  # time enough for all to come
    child = subprocess.Popen([sys.executable, "-c", PROCESS], env=environ, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    assert child.stdin
    assert child.stdout
    assert child.stdout.readline() == "ready\n"
    child.stdin.write("go\n")
    child.stdin.flush()
    mine = at_once()
    count, token = child.communicate(timeout=60)[0].split()
    assert (count, {token, *mine}, asked(sandbox)) == ("1", {token}, 1)


def test_it_is_replaced_in_time_and_the_old_one_serves_meanwhile(instance: Runtime, sandbox: Sandbox) -> None:
    first = facade.access_token()
    with reading() as db:
        row = db.execute(select(Token.__table__)).one()
    assert row.expires_at - row.refresh_at == services.EARLY
    sandbox.ask("POST", "/_sim/clock", {"advance_seconds": 7000})
    age(refresh_at=clock.now(), expires_at=clock.now() + timedelta(seconds=200))
    sandbox.ask("POST", "/_sim/faults", {"kind": "slow", "operation": "token", "seconds": 0.5})
    found = at_once(4)
    assert (sorted(found).count(first), len(set(found)), asked(sandbox)) == (3, 2, 2)  # who asks has the new one, nobody waits for him
    assert facade.access_token() != first
    # A process that died while it asked keeps nobody waiting for longer than a call may take.
    age(token=None, claimed_until=clock.now() - timedelta(seconds=1))
    assert facade.access_token()


def test_one_that_they_do_not_take_is_replaced_once(instance: Runtime, sandbox: Sandbox) -> None:
    facade.access_token()
    sandbox.ask("POST", "/_sim/revoke_tokens", {})
    code = sandbox.ask("POST", "/_sim/login", {"user": "alice", "kind": "phone"})["code"]
    said = facade.call("POST", "/wxa/business/getuserphonenumber", {"code": code})
    assert said["phone_info"]["countryCode"] == "86"
    assert (asked(sandbox), asked(sandbox, "phone")) == (2, 2)
    sandbox.ask("POST", "/_sim/faults", {"kind": "errcode", "errcode": 40001, "operation": "phone", "count": 0})
    with pytest.raises(facade.WechatRefused) as refused:
        facade.call("POST", "/wxa/business/getuserphonenumber", {"code": code})
    assert (refused.value.code, asked(sandbox), asked(sandbox, "phone")) == (40001, 3, 4)  # once more, and no further


def test_who_cannot_have_one_says_so_and_the_next_may_try_at_once(instance: Runtime, sandbox: Sandbox) -> None:
    sandbox.ask("POST", "/_sim/faults", {"kind": "status", "status": 503, "operation": "token"})
    with pytest.raises(ProviderError, match="503"):
        facade.access_token()
    assert facade.access_token()
    with instance.write_bind.connect() as connection:
        assert facade.access_token() not in str(connection.exec_driver_sql("SELECT * FROM wechat__token").all())
    assert wire.app()
