"""A sandbox that is killed outright has lost nothing, not even the notification that was under way."""

from __future__ import annotations

import json
import subprocess
import sys
import threading
from pathlib import Path
from typing import Any
from urllib.request import urlopen

from zhanggui_sandbox import Keyring, running


def test_what_was_under_way_is_told_again(tmp_path: Path, keys: Keyring, shop: Any):
    from sandbox.clients import Merchant

    keys.save(tmp_path)
    started = subprocess.Popen([sys.executable, "-m", "zhanggui_sandbox", "--port", "0", "--data", str(tmp_path)], stdout=subprocess.PIPE, text=True)
    try:
        assert started.stdout
        url = started.stdout.readline().split()[-1]
        hanging = threading.Event()
        shop.answer = lambda told: (hanging.wait(4) and 200 or 200, b"")

        class There:
            """What a merchant needs of a sandbox in another process."""

            port = int(url.rpartition(":")[2])

            @staticmethod
            def ask(method: str, path: str, body: Any = None) -> Any:
                from urllib.request import Request

                data = None if body is None else json.dumps(body).encode()
                with urlopen(Request(url + path, data, {"Content-Type": "application/json"}, method=method)) as answer:
                    return json.load(answer)

        merchant = Merchant(There, shop.url)
        merchant.order("T000001")
        merchant.pay("T000001")
        shop.wait(1)
        merchant.close()
    finally:
        started.kill()
        started.communicate()
    hanging.set()
    with running(tmp_path) as again:
        shop.wait(2)
        assert [row["amount"] for row in again.ask("GET", "/_sim/ledger")["movements"]] == [1990]
