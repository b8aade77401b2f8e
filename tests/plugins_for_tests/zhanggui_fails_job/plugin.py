"""Its job raises whenever an order was placed."""

import sys

from zhanggui.api import hookimpl, job


@job(max_attempts=1)
def end_all(**_more):
    sys.exit(1)


@hookimpl
def register_handlers():
    return {"orders.order.placed@1": [end_all]}
