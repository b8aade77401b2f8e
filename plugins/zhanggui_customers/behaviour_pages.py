"""What one customer did, on a page of its own: who opens it is written down."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from sqlalchemy.orm import Session

from zhanggui.api import (
    Block,
    Page,
    Reader,
    View,
    _,
    clock,
    current_actor,
    expose,
    fmt,
    has_access,
    permission_name,
    reader_at_work,
    reading,
    recording,
    row_labels,
    show_page,
)

from . import queries
from .behaviour import ALL_NAMES
from .services import footprints

RESOURCE = "customers.Behaviour"
MAY_SEE = ("can_show", RESOURCE)
_MOST = 200
_WORDS = {choice.value: choice.label for choice in ALL_NAMES}


def section(db: Session, reader: Reader, row: Any) -> Mapping[str, Any]:
    """The way to them, on the page of a customer: nothing is read before it is opened."""
    return {"href": f"/footprints/{row.id}"}


class FootprintsView(View):
    """Footprints of one customer."""

    route_base = "/footprints"
    class_permission_name = RESOURCE

    @expose("/<key(18):customer_id>")
    @has_access
    @permission_name("show")
    def show(self, customer_id: int) -> str:
        """The latest things that he did."""
        reader = reader_at_work(current_actor())
        with reading() as db:
            customer = queries.customer(db, customer_id)
        with recording() as db:
            footprints.look(db, customer_id=customer.id, actor=reader.actor, now=clock.now())
        with reading() as db:
            rows = list(map(dict, _rows(db, reader, customer_id)))
        said = _("What is older than the shop keeps, and what was done without consent, is not here. That you looked is written down.")
        blocks = [
            Block("steps", "list", _("What was done"), lambda db, reader: {"rows": rows}, order=10),
            Block("said", "text", "", lambda db, reader: said, order=20),
        ]
        return show_page(Page(RESOURCE, "/footprints", _("Footprints of %(name)s", name=customer.name), blocks))


def _rows(db: Session, reader: Reader, customer_id: int) -> list[dict[str, Any]]:
    found = footprints.footprints(db, customer_id, _MOST)
    names = row_labels(db, reader, "products.Product", sorted({one.product_id for one in found if one.product_id}))
    rows = []
    for one in found:
        about = [names.get(one.product_id, ""), one.q or "", one.page if not one.product_id and not one.q else ""]
        if one.name == "search" and one.results == 0:
            about.append(_("Nothing found"))
        rows.append({"title": _WORDS.get(one.name, one.name), "sub": [*filter(None, about)], "end": fmt.datetime(one.received_at)})
    return rows
