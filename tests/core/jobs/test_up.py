"""``zhanggui up``: everything runs, what dies is started again, nothing is left behind."""

from __future__ import annotations

import json
import signal
import socket
import threading
import time
from http.client import HTTPConnection, HTTPException

import psutil
import pytest
from labor import marks, opened, until

from zhanggui import jobs
from zhanggui.db.uow import unit_of_work

pytestmark = pytest.mark.long


@pytest.fixture
def runtime(workshops):
    with opened(workshops("sqlite")) as runtime:
        yield runtime


@pytest.fixture
def port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def ask(port, path):
    connection = HTTPConnection("127.0.0.1", port, timeout=5)
    try:
        connection.request("GET", path)
        response = connection.getresponse()
        return response.status, response.read()
    except (OSError, HTTPException):
        return 0, b""
    finally:
        connection.close()


def is_ready(port):
    status, body = ask(port, "/readyz")
    return status == 200 and json.loads(body)["status"] == "ok"


def descendants(supervisor):
    return psutil.Process(supervisor.pid).children(recursive=True)


def gone(found):
    return all(not p.is_running() or p.status() == psutil.STATUS_ZOMBIE for p in found)


def test_it_runs_all_parts_restarts_what_dies_and_ends_all_on_a_signal(runtime, port, processes):
    from zhanggui_labor import jobs as work

    up = processes.start(runtime, "up", "--port", str(port), "--workers", "1")
    until(lambda: is_ready(port), 40, "readiness")
    with unit_of_work() as db:
        jobs.enqueue(db, work.also_note, thing=1)
    until(lambda: marks() == [("also_note", "1")], 15, "the job")
    before = descendants(up)
    for child in psutil.Process(up.pid).children():
        child.kill()
    time.sleep(1)
    until(lambda: is_ready(port), 40, "readiness after everything was killed")
    assert gone(before)
    after = descendants(up)
    up.send_signal(signal.SIGINT)
    assert up.wait(30) == 0
    until(lambda: gone(after), 3, "the end of every process")
    assert ask(port, "/healthz") == (0, b"")


def test_told_by_a_hangup_everything_but_the_queue_begins_anew_and_no_request_fails(runtime, port, processes):
    from zhanggui_labor import jobs as work

    up = processes.start(runtime, "up", "--port", str(port), "--workers", "1")
    until(lambda: is_ready(port), 40, "readiness")
    before = {p.pid for p in descendants(up)}
    queue = {p.pid for p in psutil.Process(up.pid).children() if "valkey" in " ".join(p.cmdline())}
    answers, ended = [], threading.Event()

    def visit():
        while not ended.is_set():
            answers.append(ask(port, "/healthz")[0])
            time.sleep(0.01)

    visitor = threading.Thread(target=visit)
    visitor.start()
    try:
        up.send_signal(signal.SIGHUP)
        kept = {up.pid, *queue, *(p.pid for p in psutil.Process(up.pid).children() if "web" in p.cmdline()[-8:] or "zhanggui.cli.web_server" in p.cmdline())}
        until(lambda: not ({p.pid for p in descendants(up)} & before) - kept, 60, "new processes in the place of all others")
        until(lambda: is_ready(port), 40, "readiness")
    finally:
        ended.set()
        visitor.join()
    assert up.poll() is None
    assert set(answers) == {200}
    assert queue and queue <= {p.pid for p in descendants(up)}
    with unit_of_work() as db:
        jobs.enqueue(db, work.also_note, thing=1)
    until(lambda: marks() == [("also_note", "1")], 15, "the job")


def test_when_the_supervisor_is_killed_its_children_end(runtime, port, processes):
    up = processes.start(runtime, "up", "--port", str(port), "--workers", "1")
    until(lambda: is_ready(port), 40, "readiness")
    found = descendants(up)
    assert len(found) >= 5  # queue server, web and its worker process, job worker, scheduler
    up.kill()
    until(lambda: gone(found), 15, "the end of every process")


def test_a_taken_port_and_a_running_shop_are_one_sentence_each(runtime, port, processes):
    with socket.socket() as other:
        other.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        other.bind(("127.0.0.1", port))
        other.listen()
        first = processes.start(runtime, "up", "--port", str(port))
        assert first.wait(20) == 1
    log = next(runtime.data.glob("up-*.log")).read_text()
    assert log == f"Port {port} is taken by another program; choose another one with PORT=.\n"

    from zhanggui.cli.process import only_one

    with only_one(runtime):
        second = processes.start(runtime, "up", "--port", str(port))
        assert second.wait(20) == 1
    assert (runtime.data / "up-1.log").read_text().startswith("This shop runs already: another `zhanggui up` holds")
