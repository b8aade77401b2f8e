"""Tastings: every new kind of value, a kind of its own, a form in groups with conditions, and a form of its own view."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import time
from decimal import Decimal
from typing import Any

from markupsafe import Markup
from sqlalchemy import Integer, String, Text, Time
from sqlalchemy.orm import Mapped, mapped_column

from zhanggui.api import (
    BigKey,
    Card,
    Choice,
    Column,
    Decimals,
    Field,
    Fieldset,
    Filter,
    Form,
    HelpTarget,
    Kind,
    MenuItem,
    Model,
    Screen,
    Slot,
    Versioned,
    View,
    When,
    expose,
    has_access,
    hookimpl,
    show_form,
    take_form,
)

broken: list[str] = []  # what a test has fail
invited: list[dict[str, Any]] = []
PLACES = (Choice("shop", "In the shop"), Choice("online", "Online"))
WAYS = (Choice("phone", "Phone"), Choice("mail", "Mail"))


class Stars(Kind):
    """One to five, as stars."""

    name = "stars"
    equals = ranged = True
    inputmode = "numeric"
    types = (int,)

    def cell(self, column: Any, currency: str, extra: Any) -> Any:
        if "stars" in broken:
            raise RuntimeError("no stars tonight")
        return lambda value, _row: Markup('<span class="stars">%s</span>') % ("★" * value)

    def schema(self, thing: Any) -> dict[str, Any]:
        return {"type": "integer", "minimum": 1, "maximum": 5}

    def parse(self, f: Any, text: str, posted: Any) -> Any:
        if text not in ("1", "2", "3", "4", "5"):
            raise ValueError("One to five stars.")
        return int(text)

    def asked(self, f: Any, text: str, zone: Any, currency: str) -> Any:
        return int(text) if text in "12345" else 0


class Tasting(Model, Versioned):
    __tablename__ = "tasting__tasting"
    id: Mapped[int] = mapped_column(BigKey, primary_key=True)
    name: Mapped[str] = mapped_column(String(80))
    place: Mapped[str] = mapped_column(String(16))
    seats: Mapped[int | None] = mapped_column(Integer)
    link: Mapped[str | None] = mapped_column(String(200))
    fee: Mapped[Decimal | None] = mapped_column(Decimals(2))
    grams: Mapped[Decimal | None] = mapped_column(Decimals(3))
    discount: Mapped[Decimal | None] = mapped_column(Decimals(2))
    begins: Mapped[time | None] = mapped_column(Time)
    ends: Mapped[time | None] = mapped_column(Time)
    about: Mapped[str | None] = mapped_column(Text)
    stars: Mapped[int | None] = mapped_column(Integer)


def in_order(values: Mapping[str, Any]) -> Iterator[tuple[str, Any]]:
    """What one field alone cannot know."""
    if values.get("begins") and values.get("ends") and values["ends"] <= values["begins"]:
        yield "ends", "It ends before it begins."
    if values.get("grams") and values.get("discount") == 100:
        yield "grams", "What is given away is not weighed."
        yield "", "Nobody gives away tea by the gram."


TASTINGS = Screen(
    resource="tasting.Tasting", source=Tasting, route="/tastings", title="Tastings", singular="Tasting",
    columns=(
        Column("name", "Name"), Column("grams", "Grams", "decimal", sortable=True), Column("discount", "Discount", "percent", decimals=1),
        Column("begins", "Begins", "time", sortable=True), Column("stars", "Stars", "stars"), Column("about", "About", "rich_text"),
    ),
    card=Card(title="name", end="discount", sub=("begins", "stars")),
    filters=(
        Filter("grams", "Grams", "decimal_range"), Filter("discount", "Discount", "percent_range"), Filter("begins", "Begins", "time_range"),
        Filter("stars", "Stars", "stars"),
    ),
    fields=(
        Field("name", "Name", required=True, max_length=80),
        Field("place", "Place", "choice", choices=PLACES, required=True, default="shop", fieldset="where"),
        Field("seats", "Seats", "int", required=True, minimum=1, maximum=200, shown_when=When("place", ("shop",)), fieldset="where"),
        Field("link", "Link", required=True, shown_when=When("place", ("online",)), fieldset="where"),
        Field("fee", "Fee", "decimal", decimals=2, shown_when=When("link"), fieldset="where"),
        Field("begins", "Begins", "time", fieldset="when"), Field("ends", "Ends", "time", fieldset="when"),
        Field("grams", "Grams", "decimal", decimals=3, minimum=0), Field("discount", "Discount", "percent", decimals=2, minimum=0, maximum=100),
        Field("stars", "Stars", "stars"), Field("about", "About", "rich_text"),
    ),
    fieldsets=(Fieldset("where", "Where", help="A room or a link.", order=10), Fieldset("when", "When", order=20)),
    validate=in_order, create="generic", update="generic",
)  # fmt: skip
INVITATION = Form(
    fields=(
        Field("way", "Way", "choice", choices=WAYS, required=True),
        Field("phone", "Phone", required=True, shown_when=When("way", ("phone",))),
        Field("mail", "Mail", required=True, shown_when=When("way", ("mail",))),
        Field("guests", "Guests", "int", minimum=1, required=True),
    ),
    validate=lambda values: [("guests", "A phone call is for one.")] if values["way"] == "phone" and values["guests"] > 1 else [],
    key="tasting.Invitation",
)


def invite(db: Any, **values: Any) -> int:
    invited.append(values)
    return len(invited)


class InvitationView(View):
    """A form without a row behind it."""

    route_base = "/tastings-invite"
    class_permission_name = "tasting.Invitation"

    @expose("/")
    @has_access
    def invite(self) -> Any:
        """The form."""
        return show_form(INVITATION, title="Invite", action="/tastings-invite/send", back="/", values={"guests": 1})

    @expose("/send", methods=["POST"])
    @has_access
    def send(self) -> Any:
        """What it posts."""
        return take_form(INVITATION, invite, title="Invite", action="/tastings-invite/send", back="/", then="/tastings-invite/", said="Invited.")

    send._permission_name = "invite"  # type: ignore[attr-defined]


@hookimpl
def register_kinds() -> Sequence[Kind]:
    return [Stars()]


@hookimpl
def register_models() -> Sequence[type[Any]]:
    return [Tasting]


@hookimpl
def register_screens() -> Sequence[Screen]:
    return [TASTINGS]


@hookimpl
def register_views() -> Sequence[type[Any]]:
    return [InvitationView]


@hookimpl
def register_menu() -> Sequence[MenuItem]:
    return [MenuItem("tastings", "Tastings", "cup", screen="tasting.Tasting")]


@hookimpl
def register_slots() -> Sequence[Slot]:
    return [Slot("products.Product", Column("stars", "Stars", "stars", load=lambda db, reader, ids: dict.fromkeys(ids, 4)))]


@hookimpl
def register_help_targets() -> Sequence[HelpTarget]:
    return [HelpTarget("screen:tasting.Tasting.list", "/help/tastings", "What a tasting is")]
