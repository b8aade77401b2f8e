"""Pages of two source trees in turn: is a list as fast as before?

    python tests/bench/lists.py OTHER_TREE [TIMES]

A process a tree opens the same demo shop; each is asked for ten pages in its turn, some hundred in all. What is compared is the
median processor time of a request, because other programs run beside it.
"""

from __future__ import annotations

import json
import os
import random
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

HERE = Path(__file__).parents[2]
PAGES = {
    "orders": "/orders/?size=25", "products": "/products/", "api": "/api/v1/orders/orders/?limit=25", "form": "/products/1/edit",
    "detail": "/orders/1",
}  # fmt: skip
BATCH = 10


def serve(folder: Path) -> None:
    """Read addresses, ask for each ten times, and write how many milliseconds of processor time a request took."""
    from werkzeug.test import Client

    from zhanggui.app import Site
    from zhanggui.kernel.actors import SYSTEM, acting_as
    from zhanggui.runtime import Runtime, activated, open_runtime
    from zhanggui.testing.browsing import Visitor
    from zhanggui.testing.fixtures import PASSWORD
    from zhanggui.testing.instances import configured

    runtime = open_runtime(Runtime(configured(folder, f"sqlite:///{folder}/db.sqlite3")))
    with activated(runtime), acting_as(SYSTEM):
        visitor = Visitor(Client(Site(runtime)))
        visitor.log_in("owner", PASSWORD)
        for line in sys.stdin:
            took = []
            for _n in range(BATCH):
                started = time.process_time()
                answer = visitor.client.get(line.strip())
                answer.get_data()
                took.append((time.process_time() - started) * 1000)
                assert answer.status_code == 200, (line, answer.status)
            print(json.dumps(took), flush=True)


def prepare(folder: Path) -> None:
    """The demo shop, with an owner."""
    from zhanggui.auth import service as accounts
    from zhanggui.db.uow import unit_of_work
    from zhanggui.host import current_host, refresh
    from zhanggui.host.service import upgrade
    from zhanggui.kernel import clock
    from zhanggui.kernel.actors import SYSTEM, acting_as
    from zhanggui.runtime import Runtime, activated, open_runtime
    from zhanggui.testing.fixtures import PASSWORD
    from zhanggui.testing.instances import configured

    runtime = open_runtime(Runtime(configured(folder, f"sqlite:///{folder}/db.sqlite3")))
    with activated(runtime), acting_as(SYSTEM):
        upgrade(runtime)
        refresh(runtime)
        with unit_of_work() as db:
            accounts.create_user(db, username="owner", password=PASSWORD, roles=["owner"], display_name="Owner", actor=SYSTEM, now=clock.now())
        for part in current_host().every("demo"):
            part.fill(clock.now(), random.Random(1))


def begin(tree: Path, step: str, folder: str) -> subprocess.Popen[str]:
    """A step in a process that imports ``tree``."""
    environ = {**os.environ, "PYTHONPATH": os.pathsep.join(str(tree / part) for part in ("core", "plugins", "themes"))}
    return subprocess.Popen(
        [sys.executable, __file__, step, folder], env=environ, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True
    )


def main(other: Path, times: int) -> None:
    """Print the medians of both trees, and how they relate."""
    with tempfile.TemporaryDirectory() as folder:
        begin(HERE, "prepare", folder).wait()
        trees = [begin(other, "serve", folder), begin(HERE, "serve", folder)]
        for name, path in PAGES.items():
            taken: list[list[float]] = [[], []]
            for number in range(times // BATCH + 1):
                for place in (0, 1) if number % 2 else (1, 0):
                    talk = trees[place]
                    assert talk.stdin is not None and talk.stdout is not None
                    print(path, file=talk.stdin, flush=True)
                    took = json.loads(talk.stdout.readline())
                    taken[place] += took if number else []  # the first ones compile templates and statements
            before, after = map(statistics.median, taken)
            print(f"{name:10} {before:7.2f} ms  {after:7.2f} ms  {after / before - 1:+.1%}", flush=True)
        for talk in trees:
            talk.terminate()
            talk.wait()


if __name__ == "__main__":
    if sys.argv[1] in ("prepare", "serve"):
        {"prepare": prepare, "serve": serve}[sys.argv[1]](Path(sys.argv[2]))
    else:
        main(Path(sys.argv[1]).resolve(), int(sys.argv[2]) if len(sys.argv) > 2 else 300)
