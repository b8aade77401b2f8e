"""Guards orders, and sleeps on duty while others wait to write."""

import time

from zhanggui.api import hookimpl

NAPS = []
SECONDS = 5.0


@hookimpl
def orders_move_guards(db, order, verb, actor):
    NAPS.append(verb)
    time.sleep(SECONDS)
