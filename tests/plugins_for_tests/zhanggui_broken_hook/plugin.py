"""Raises while it is asked what it adds."""

from zhanggui.api import hookimpl


@hookimpl
def register_menu():
    raise ValueError("no menu today")
