"""A shop whose copies can be sent to a real store."""

from __future__ import annotations

import json
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from zhanggui.api import SYSTEM, acting_as, unit_of_work
from zhanggui.config import settings
from zhanggui.host import refresh
from zhanggui.jobs import runner
from zhanggui.kernel import clock
from zhanggui.runtime import Runtime, activated, open_runtime

KEY, SECRET, BUCKET = "shop-key", "shop-secret-2026", "copies"


@pytest.fixture
def instance(databases: Any, kind: str) -> Iterator[Runtime]:
    """A shop that may call this machine."""
    runtime = open_runtime(databases.fresh(kind, OUTSIDE__ALLOWED="127.0.0.1"))
    with activated(runtime), acting_as(SYSTEM):
        refresh(runtime)
        yield runtime
    databases.drop(runtime)


@pytest.fixture
def work(instance: Runtime) -> Callable[[], None]:
    """``work()``: what waits in both lanes is done, as a worker would."""

    def do() -> None:
        for lane in ("default", "io", "default", "io"):
            runner.drain(lane)

    return do


@pytest.fixture
def set_to(instance: Runtime) -> Callable[..., None]:
    """``set_to(folder="/mnt")``: settings of the plugin, as on their screen."""

    def do(**values: Any) -> None:
        with unit_of_work() as db:
            for name, value in values.items():
                settings.set(db, f"plugin.backup.{name}", value, actor=SYSTEM, now=clock.now())
        refresh(instance)

    return do


@pytest.fixture(scope="session")
def store(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The address of a real server that speaks S3, with one bucket and one key that may write to it."""
    folder = tmp_path_factory.mktemp("weed")
    ports = _free(6)
    (folder / "s3.json").write_text(json.dumps({"identities": [
        {"name": "shop", "credentials": [{"accessKey": KEY, "secretKey": SECRET}], "actions": ["Admin", "Read", "Write", "List", "Tagging"]},
    ]}))  # fmt: skip
    weed = Path(sys.executable).parent / "weed"
    names = ("-master.port", "-volume.port", "-filer.port", "-s3.port")
    with (folder / "log").open("wb") as log:
        server = subprocess.Popen(
            [str(weed), "server", f"-dir={folder}", "-ip=127.0.0.1", "-ip.bind=127.0.0.1", "-s3", "-filer", f"-s3.config={folder / 's3.json'}",
             "-volume.max=4", "-s3.port.iceberg=0", "-s3.port.lance=0", "-master.volumeSizeLimitMB=64",
             *(f"{name}={port}" for name, port in zip(names, ports, strict=False))],
            stdout=log, stderr=log, cwd=folder,
        )  # fmt: skip
    url = f"http://127.0.0.1:{ports[3]}"
    try:
        _wait_for_bucket(url, server, folder)
        yield url
    finally:
        server.kill()  # it holds nothing that is worth its long farewell
        server.wait(30)


def _free(count: int) -> list[int]:
    """Ports of this machine that nobody uses; the server adds 10,000 for its other door."""
    found: list[int] = []
    while len(found) < count:
        with socket.socket() as one:
            one.bind(("127.0.0.1", 0))
            port = one.getsockname()[1]
        if port < 55000 and port not in found:
            found.append(port)
        elif port >= 55000 and port - 20000 not in found:
            found.append(port - 20000)
    return found


def _wait_for_bucket(url: str, server: subprocess.Popen[bytes], folder: Path) -> None:
    import hashlib
    import hmac
    import http.client
    from datetime import UTC, datetime
    from urllib.parse import urlsplit

    host = urlsplit(url).netloc
    for _try in range(120):
        assert server.poll() is None, (folder / "log").read_text(errors="replace")[-2000:]
        stamp = datetime.now(UTC).strftime("%Y%m%dT%H%M%SZ")
        day, empty = stamp[:8], hashlib.sha256(b"").hexdigest()
        head = f"host:{host}\nx-amz-content-sha256:{empty}\nx-amz-date:{stamp}\n"
        names = "host;x-amz-content-sha256;x-amz-date"
        asked = f"PUT\n/{BUCKET}\n\n{head}\n{names}\n{empty}"
        scope = f"{day}/us-east-1/s3/aws4_request"
        key = f"AWS4{SECRET}".encode()
        for part in (day, "us-east-1", "s3", "aws4_request"):
            key = hmac.new(key, part.encode(), hashlib.sha256).digest()
        signed = hmac.new(key, f"AWS4-HMAC-SHA256\n{stamp}\n{scope}\n{hashlib.sha256(asked.encode()).hexdigest()}".encode(), hashlib.sha256).hexdigest()
        wire = http.client.HTTPConnection(host, timeout=5)
        try:
            wire.request("PUT", f"/{BUCKET}", headers={
                "x-amz-date": stamp, "x-amz-content-sha256": empty,
                "Authorization": f"AWS4-HMAC-SHA256 Credential={KEY}/{scope}, SignedHeaders={names}, Signature={signed}",
            })  # fmt: skip
            if wire.getresponse().status in (200, 409):
                return
        except OSError:
            pass  # not up yet: asked again below, and told by the assertion when it ended
        finally:
            wire.close()
        time.sleep(0.5)
    raise AssertionError((folder / "log").read_text(errors="replace")[-2000:])
