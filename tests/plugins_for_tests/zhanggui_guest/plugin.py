"""Adds to the products screen without its templates: a column, a filter, an action, a section, a price step."""

from sqlalchemy import literal

from zhanggui.api import Action, Column, Filter, Section, Slot, View, expose, has_access, hookimpl
from zhanggui_orders.contracts import Adjustment, PriceStep

BLESSED = []


def bless(db, *, id, actor, now):
    BLESSED.append(id)


class GuestView(View):
    """A page of the guest."""

    route_base = "/guest"
    class_permission_name = "guest.Page"

    @expose("/")
    @has_access
    def index(self):
        return "guest page"


@hookimpl
def register_slots():
    screen = "products.Product"
    return [
        Slot(screen, Column("luck", "Luck", "int", load=lambda db, ids: dict.fromkeys(ids, 88))),
        Slot(screen, Filter("lucky", "Lucky", "bool", clause=lambda value, c: literal(bool(value)))),
        Slot(screen, Action("bless", "Bless", bless, done="Blessed.")),
        Slot(screen, Section("fortune", "Fortune", template="guest/fortune.html", load=lambda db, row: {"omen": "good"})),
    ]


@hookimpl
def register_views():
    return [GuestView]


@hookimpl
def orders_price_steps():
    return [PriceStep("guest", lambda db, quote, now: [Adjustment("A guest's gift", -100)], order=400)]
