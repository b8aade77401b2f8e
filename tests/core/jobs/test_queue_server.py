"""The bundled queue server: private, kept, and never two on one file."""

from __future__ import annotations

import os
import stat

import psutil
import pytest
from labor import opened

from zhanggui.jobs import nudge, queue_server
from zhanggui.kernel.errors import ConfigError
from zhanggui.runtime import Runtime, activated
from zhanggui.testing.instances import configured


@pytest.fixture
def runtime(workshops):
    with opened(workshops("sqlite")) as runtime:
        yield runtime


def test_it_listens_on_a_private_socket_and_on_no_port(runtime, processes):
    server = processes.queue(runtime)
    assert nudge.backlog() == 0
    path = queue_server.socket_path(runtime)
    assert stat.S_IMODE(path.stat().st_mode) == 0o700
    assert stat.S_IMODE(path.parent.stat().st_mode) == 0o700
    assert psutil.Process(server.pid).net_connections("inet") == []


def test_nudges_survive_its_being_killed_after_a_second(runtime, processes):
    import time

    server = processes.queue(runtime)
    assert nudge.nudge("default")
    assert nudge.nudge("io")
    time.sleep(1.2)  # its file is synced once a second
    server.kill()
    server.wait()
    assert nudge.backlog() is None
    processes.queue(runtime)
    runtime.shared.pop("queue_pause", None)
    assert nudge.backlog() == 2


def test_one_that_outlived_its_supervisor_gives_way(runtime, processes):
    orphan = processes.queue(runtime)
    processes.queue(runtime)
    assert orphan.wait(5) is not None
    assert nudge.backlog() == 0


def test_a_data_folder_with_a_long_path_gets_a_short_socket(tmp_path, processes):
    deep = tmp_path / ("d" * 60) / ("e" * 60)
    runtime = Runtime(configured(deep, f"sqlite:///{deep}/db.sqlite3", plugins__folders=""))
    socket = queue_server.socket_path(runtime)
    assert len(str(socket)) <= 100
    with activated(runtime):
        processes.queue(runtime)
        assert nudge.backlog() == 0
    socket.unlink(missing_ok=True)
    socket.parent.rmdir()


def test_a_socket_folder_of_somebody_else_is_refused(tmp_path, monkeypatch):
    monkeypatch.setattr(os, "getuid", lambda: 12345)
    runtime = Runtime(configured(tmp_path, f"sqlite:///{tmp_path}/db.sqlite3", plugins__folders=""))
    with pytest.raises(ConfigError, match="belongs to another user"):
        queue_server.start(runtime)


def test_a_configured_server_is_used_instead(tmp_path):
    runtime = Runtime(configured(tmp_path, f"sqlite:///{tmp_path}/db.sqlite3", queue__url="redis://queue.example:6379/3", plugins__folders=""))
    assert queue_server.connection_url(runtime) == "redis://queue.example:6379/3"
