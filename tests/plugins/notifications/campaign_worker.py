"""Workers of campaigns, as processes that can be killed: each turns rows into messages and sends them until somebody ends it.

Told by a line of JSON what the bells know; the shop comes from the environment. For each line that comes in, one more worker is made
of this process, in which everything is imported already, and its number is written.
"""

from __future__ import annotations

import json
import os
import signal
import sys
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent / "plugins"))

from zhanggui_bells.plugin import Belfry  # noqa: E402 - found by the line above

from zhanggui.api import SYSTEM, acting_as  # noqa: E402
from zhanggui.config import Config  # noqa: E402
from zhanggui.host import refresh  # noqa: E402
from zhanggui.runtime import Runtime, activated, open_runtime  # noqa: E402
from zhanggui_notifications.services import delivering, pumping  # noqa: E402


def work() -> None:
    parent, runtime = os.getppid(), open_runtime(Runtime(Config.load(None)))
    with activated(runtime), acting_as(SYSTEM):
        refresh(runtime)
        while os.getppid() == parent:
            pumping.run()
            delivering.run(1.0)
            time.sleep(0.02)


if __name__ == "__main__":
    told = json.loads(sys.argv[1])
    Belfry.address, Belfry.granted, Belfry.phones = told["address"], set(told["granted"]), set(told["phones"])
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)  # nobody waits for those that were killed
    for _line in sys.stdin:
        number = os.fork()
        if not number:
            work()
            os._exit(0)
        print(number, flush=True)
