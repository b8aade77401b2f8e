"""Implements a hook that there is not."""

from zhanggui.api import hookimpl


@hookimpl
def register_menus():
    return []
