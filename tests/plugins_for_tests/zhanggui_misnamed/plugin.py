"""Hears an event that nobody publishes, and offers a page whose icon is none."""

from zhanggui.api import MenuItem, hookimpl, job


@job()
def hear(**fields):
    return None


@hookimpl
def register_handlers():
    return {"orders.order.plcd@1": [hear]}


@hookimpl
def register_menu():
    return [MenuItem("misnamed", "Misnamed page", "unicorn", href="/me/")]
