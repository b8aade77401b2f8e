"""What it adds to the pages that all share raises, or is of the wrong kind."""

from zhanggui.api import MenuItem, SearchProvider, SettingTest, Widget, hookimpl

MAY = ("can_list", "orders.Order")


def fail(*args, **kwargs):
    raise SystemExit("and take everything along")


@hookimpl
def register_menu():
    return [
        MenuItem("bad_badge", "Bad badge", "list", href="/me/", badge=fail),
        MenuItem("odd_badge", "Odd badge", "list", href="/me/", badge=lambda db, reader: "many"),
    ]


@hookimpl
def register_widgets():
    return [Widget("bad", "Bad figure", "number", fail, MAY), Widget("odd", "Odd figure", "list", lambda db, reader: {"rows": [None]}, MAY)]


@hookimpl
def register_search():
    return [SearchProvider("bad", "Bad search", MAY, fail), SearchProvider("odd", "Odd search", MAY, lambda db, reader, text, limit: ["hit"])]


@hookimpl
def register_setting_tests():
    return {"plugin.fails_frame.name": SettingTest("Test the name", fail)}
