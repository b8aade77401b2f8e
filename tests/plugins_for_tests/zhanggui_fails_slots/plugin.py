"""Whatever it adds to the screens of others raises."""

from sqlalchemy import text

from zhanggui.api import Action, Column, Field, Filter, Section, Slot, hookimpl


def fail(*args, **kwargs):
    raise RuntimeError("out of order")


ORDERS = [
    Column("luck", "Luck", "int", load=fail),
    Column("mood", "Mood", value=lambda row: row.nothing),
    Column("wrong", "Wrong kind", "money", load=lambda db, reader, ids: dict.fromkeys(ids, "much")),
    Column("fine", "Fine", "int", load=lambda db, reader, ids: dict.fromkeys(ids, 947)),
    Filter("lucky", "Lucky", "bool", clause=fail),
    Filter("unheard", "Unheard of", "bool", clause=lambda value, c: text("no_such_column = 1")),
    Action("bless", "Bless", fail),
    Action("curse", "Curse", fail, when=fail),
    Section("fortune", "Fortune", template="fails_slots/fortune.html", load=fail),
    Section("palm", "Palm", template="fails_slots/palm.html"),
]


@hookimpl
def register_slots():
    return [
        *(Slot("orders.Order", part) for part in ORDERS),
        Slot("customers.Customer", Field("charm", "Charm", get=fail), save=fail),
    ]
