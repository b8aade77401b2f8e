"""Brings the pages of the core anew, and catalogs that nobody can read."""

from zhanggui.api import hookimpl


@hookimpl
def register_menu():
    return []
