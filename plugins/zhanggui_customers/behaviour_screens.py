"""Lists of what visitors did: their sessions, and how often each thing was done. Nobody is named in them."""

from __future__ import annotations

from zhanggui.api import Card, Choice, Column, Filter, Measure, Screen, _l

from .behaviour import ALL_NAMES, DEVICES, REASONS
from .models import Tally, Visit

_COUNTED = Column("reason", _l("Not counted because"), "choice", choices=(Choice("", _l("It is counted")), *REASONS), wide=False, order=100)
_WORDS = {choice.value: choice.label for choice in ALL_NAMES}
_FILTER = Filter("reason", _l("Not counted because"), "choice", choices=REASONS, order=60)

VISITS = Screen(
    resource="customers.Visit",
    source=Visit,
    route="/visits",
    title=_l("Visits"),
    singular=_l("Visit"),
    icon="map-pin",
    label="id",
    columns=(
        Column("started_at", _l("Began"), "datetime", sortable=True, order=10),
        Column("entry", _l("First page"), order=20),
        Column("exit", _l("Last page"), order=30),
        Column("pages", _l("Pages"), "int", order=40),
        Column("device", _l("Device"), "choice", choices=DEVICES, order=50),
        Column("campaign", _l("Campaign"), order=60),
        Column("scene", _l("Scene"), order=70),
        Column("visits", _l("Visits"), "int", wide=False, order=80),
        Column("bounces", _l("Left after one page"), "int", wide=False, order=90),
        _COUNTED,
    ),
    card=Card(title="entry", end="pages", sub=("started_at", "device")),
    filters=(
        Filter("started_at", _l("Began"), "date_range", order=10),
        Filter("device", _l("Device"), "choice", choices=DEVICES, order=20),
        Filter("counted", _l("Counted"), "bool", clause=lambda value, c: (c.reason == "") if value else (c.reason != ""), order=30),
        Filter("bounced", _l("Left after one page"), "bool", clause=lambda value, c: (c.bounces > 0) if value else (c.bounces == 0), order=40),
        _FILTER,
    ),
    measures=(
        Measure("visits", _l("Visits"), "sum", "visits"),
        Measure("pages", _l("Pages"), "sum", "pages"),
        Measure("bounces", _l("Left after one page"), "sum", "bounces"),
    ),
    default_sort=("-started_at", "-id"),
    empty=_l("No visits yet. They appear when the shop sends what its visitors do."),
)

TALLIES = Screen(
    resource="customers.Tally",
    source=Tally,
    route="/visitor-acts",
    title=_l("What visitors did"),
    singular=_l("Act of visitors"),
    icon="activity",
    label=lambda row: str(_WORDS.get(row.name, row.name)),
    always=("name",),
    columns=(
        Column("at", _l("Hour"), "datetime", sortable=True, order=10),
        Column("name", _l("What"), "choice", choices=ALL_NAMES, order=20),
        Column("product_id", _l("Product"), "lookup", to="products.Product", order=30),
        Column("q", _l("Searched for"), order=40),
        Column("times", _l("Times"), "int", order=50),
        Column("empty", _l("Nothing found"), "int", wide=False, order=60),
        _COUNTED,
    ),
    card=Card(title="name", end="times", sub=("at", "q")),
    filters=(
        Filter("at", _l("Hour"), "date_range", order=10),
        Filter("name", _l("What"), "choice", choices=ALL_NAMES, order=20),
        Filter("product_id", _l("Product"), "lookup", to="products.Product", order=30),
        Filter("searched", _l("Searched for"), "text", column="q", order=40),
        Filter("counted", _l("Counted"), "bool", clause=lambda value, c: (c.reason == "") if value else (c.reason != ""), order=50),
        _FILTER,
    ),
    measures=(Measure("times", _l("Times"), "sum", "times"), Measure("empty", _l("Nothing found"), "sum", "empty")),
    default_sort=("-at", "-id"),
    empty=_l("Nothing yet. It is counted when the shop sends what its visitors do."),
)
