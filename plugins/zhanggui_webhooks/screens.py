"""What people see: who is told, what each was told, and what can be told at all."""

from __future__ import annotations

from typing import Any

from sqlalchemy import select

from zhanggui.api import (
    Action,
    Card,
    Choice,
    Column,
    Field,
    Filter,
    Invalid,
    MenuItem,
    Question,
    Screen,
    Search,
    Section,
    ThreePhases,
    Widget,
    _l,
)

from . import jobs, queries, rules
from .models import Delivery, Endpoint
from .services import endpoints, replay
from .states import AGAIN, DELIVERY_CHOICES, ENDPOINT_CHOICES

_ARRIVED = Field("arrived", _l("Also when it arrived already"), "bool", help=_l("It comes under the same id, so the other program knows it again."))
TEST = ThreePhases(replay.claim_test, replay.do_test, replay.end_test, jobs.end_test)
_BOTH = tuple(Choice(str(hours), label) for hours, label in ((1, _l("1 hour")), (24, _l("1 day")), (168, _l("7 days"))))


def _rotate(db: Any, *, id: int, hours: str, actor: Any, now: Any) -> None:
    endpoints.rotate(db, id=id, hours=int(hours), actor=actor, now=now)


def _send_missed(db: Any, *, id: int, actor: Any, now: Any) -> None:
    replay.send_missed(db, id=id, actor=actor, now=now)
    jobs.wake(db)


def _send_again(db: Any, *, id: int, arrived: bool, actor: Any, now: Any) -> None:
    replay.send_again(db, id=id, arrived=arrived, actor=actor, now=now)
    jobs.wake(db)


def _send_as_new(db: Any, *, id: int, actor: Any, now: Any) -> None:
    replay.send_as_new(db, id=id, actor=actor, now=now)
    jobs.wake(db)


def _resume(db: Any, *, id: int, actor: Any, now: Any) -> None:
    endpoints.resume(db, id=id, actor=actor, now=now)
    jobs.wake(db)


def _head(text: str | None) -> str | None:
    endpoints.head(text)
    return text


def _address(url: str) -> str:
    try:
        return endpoints.address(url)
    except Invalid as error:
        raise ValueError(error.errors["url"]) from None


def own_endpoints(actor: Any, columns: Any) -> Any:
    """A program sees the endpoints of its partner alone."""
    return columns.partner_id == endpoints.partner_of(actor) if actor.program else None


def own_deliveries(actor: Any, columns: Any) -> Any:
    """A program sees what the endpoints of its partner were told."""
    own = select(Endpoint.id).where(Endpoint.partner_id == endpoints.partner_of(actor))
    return columns.endpoint_id.in_(own) if actor.program else None


ENDPOINTS = Screen(
    resource="webhooks.Endpoint",
    source=Endpoint,
    route="/webhooks",
    title=_l("Webhooks"),
    singular=_l("Endpoint"),
    icon="plug",
    label="label",
    row_rule=own_endpoints,
    always=("events",),
    columns=(
        Column("label", _l("Name"), order=10),
        Column("host", _l("Address"), order=20),
        Column("state", _l("State"), "status", choices=ENDPOINT_CHOICES, order=30),
        Column("events_in_words", _l("Is told"), value=lambda row: queries.event_words(row.events), order=40),
        Column("waiting", _l("Waiting"), "int", load=queries.waiting, order=50),
        Column("last_ok_at", _l("Last answer"), "datetime", order=60),
        Column("failing_since", _l("Fails since"), "datetime", wide=False, order=70),
        Column("seconds", _l("Time for an answer (seconds)"), "int", wide=False, order=80),
        Column("rate_per_minute", _l("At most a minute"), "int", wide=False, order=90),
        Column("ordered", _l("One after another"), "bool", wide=False, order=100),
        Column("created_at", _l("Added"), "datetime", wide=False, order=110),
        Column("partner_id", _l("Partner"), "lookup", to="webhooks.Partner", wide=False, order=120),
    ),
    card=Card(title="label", badge="state", sub=("host", "events_in_words")),
    filters=(Filter("state", _l("State"), choices=ENDPOINT_CHOICES, tabs=True, counted=("resting", "disabled"), order=10),),
    search=Search(contains=("label", "host"), hint=_l("Name or address")),
    default_sort=("id",),
    sections=(
        Section("doing", _l("How it does"), template="webhooks/doing.html", load=queries.doing, order=10),
        Section(
            "about", _l("About"), columns=("host", "events_in_words", "seconds", "rate_per_minute", "ordered", "partner_id", "last_ok_at", "created_at"), aside=True, order=20
        ),
    ),
    fields=(
        Field("label", _l("Name"), required=True, max_length=80, help=_l("Who is told, such as the bookkeeping."), order=10),
        Field("url", _l("Address"), required=True, max_length=1000, help=_l("https://, at which the other program takes messages."), clean=_address, order=20),
        Field("everything", _l("Tell everything that can be told"), "bool", get=lambda db, row: rules.ALL in row.events, order=30),
        Field(
            "events", _l("Or these events"), "choices", choices=queries.event_choices, get=lambda db, row: [one for one in row.events if one != rules.ALL],
            order=40,
        ),
        Field(
            "headers", _l("Headers"), "long_text", max_length=2000, help=_l("One a line, like “Authorization: Bearer …”. They are sealed."),
            clean=_head, get=lambda db, row: "\n".join(f"{name}: {value}" for name, value in (row.headers or {}).items()), order=50,
        ),
        Field("seconds", _l("Time for an answer (seconds)"), "int", default=10, minimum=1, maximum=30, order=60),
        Field("rate_per_minute", _l("At most a minute"), "int", default=0, minimum=0, maximum=6000, help=_l("0: as fast as it answers."), order=70),
        Field(
            "ordered", _l("One after another"), "bool", order=80,
            help=_l("What happens to one order comes in its order: the next only when the one before was taken or given up."),
        ),
        Field("partner_id", _l("Partner"), "lookup", to="webhooks.Partner", help=_l("Whose it is: the tokens of this partner see it, and no others."), order=90),
    ),
    create=endpoints.create_endpoint,
    update=endpoints.change_endpoint,
    delete=endpoints.remove_endpoint,
    actions=(
        Action(
            "test", _l("Send a test"), TEST, icon="send", tone="primary", done=_l("The test was sent. How it went stands below."), order=10,
        ),
        Action(
            "send_missed", _l("Send what was missed"), _send_missed, icon="refresh", needs=("state",), when=lambda row: row.state != "disabled",
            confirm=_l("Send all that this endpoint did not get? The oldest goes first, at its own rate."), done=_l("What was missed is on its way."), order=20,
        ),
        Action(
            "rotate", _l("Exchange the secret"), _rotate, icon="refresh", order=30,
            fields=(Field("hours", _l("Sign with both for"), "choice", required=True, choices=_BOTH, default="24"),),
            done=_l("There is a new secret. Show it once and enter it at the other program."),
        ),
        Action(
            "end_old_secret", _l("End the old secret now"), endpoints.end_old_secret, icon="x", tone="danger", needs=("old_secret",),
            when=lambda row: row.old_secret is not None, confirm=_l("Sign with the new secret alone?"), follows=_l("Who still checks with the old one refuses from now on."), stays=_l("Keep both"),
            done=_l("Messages are signed with the new secret alone."), order=40,
        ),
        Action(
            "pause", _l("Pause"), endpoints.pause, icon="clock", needs=("state",), when=lambda row: row.state in ("active", "resting"),
            done=_l("Paused. What happens waits."), order=50,
        ),
        Action(
            "resume", _l("Switch on"), _resume, icon="check", needs=("state",), when=lambda row: row.state in ("paused", "disabled", "resting"),
            done=_l("It is told again."), order=60,
        ),
    ),
    empty=_l("No other program is told anything. Add the address of one."),
)  # fmt: skip

DELIVERIES = Screen(
    resource="webhooks.Delivery",
    source=Delivery,
    route="/webhook-deliveries",
    title=_l("Deliveries"),
    singular=_l("Delivery"),
    icon="list",
    label=queries.type_words,
    row_rule=own_deliveries,
    always=("type",),
    columns=(
        Column("created_at", _l("Time"), "datetime", sortable=True, order=10),
        Column("what", _l("Event"), value=queries.type_words, order=20),
        Column("endpoint_id", _l("Endpoint"), "lookup", to="webhooks.Endpoint", order=30),
        Column("state", _l("State"), "status", choices=DELIVERY_CHOICES, order=40),
        Column("tries", _l("Tries"), "int", order=50),
        Column("last_status", _l("Last answer"), "int", order=60),
        Column("done_at", _l("Ended"), "datetime", wide=False, order=70),
        Column("public_id", _l("Id of the message"), "code", wide=False, order=80),
        Column("type", _l("Code of the event"), "code", wide=False, order=90),
        Column("sequence", _l("Number in its order"), "int", wide=False, order=100),
    ),
    card=Card(title="what", badge="state", sub=("endpoint_id", "created_at")),
    filters=(
        Filter("state", _l("State"), choices=DELIVERY_CHOICES, tabs=True, counted=("failed", "dropped"), order=10),
        Filter("endpoint_id", _l("Endpoint"), "lookup", to="webhooks.Endpoint", order=20),
        Filter("created_at", _l("Time"), "date_range", order=30),
        Filter("type", _l("Code of the event"), "text", order=40),
    ),
    search=Search(prefix=("public_id", "type"), hint=_l("Id of the message or code of the event")),
    default_sort=("-created_at", "-id"),
    sections=(
        Section("sent", _l("What is sent"), template="webhooks/sent.html", load=queries.sent, order=10),
        Section("about", _l("About"), columns=("endpoint_id", "state", "tries", "public_id", "type", "sequence", "created_at", "done_at"), aside=True, order=20),
    ),
    actions=(
        Action(
            "send_again", _l("Send again"), _send_again, icon="refresh", tone="primary", needs=("state",), when=lambda row: row.state in AGAIN, bulk=True,
            fields=(_ARRIVED,), done=_l("It is on its way again, under the same id."), order=10,
        ),
        Action(
            "send_as_new", _l("Send as new"), _send_as_new, icon="send", needs=("state",), when=lambda row: row.state in AGAIN,
            confirm=_l("Send it under a new id? The other program takes it for something that happened again."), done=_l("It is on its way under a new id."),
            order=20,
        ),
    ),
    empty=_l("Nothing was sent yet."),
)  # fmt: skip

MENU = [MenuItem("webhooks", _l("Webhooks"), "plug", screen="webhooks.Endpoint", group="system", order=60)]
WIDGETS = [
    Widget(
        "webhooks_off", _l("Programs that are told nothing"), "todo", Question("webhooks.Endpoint", {"state": "disabled"}), ("can_list", "webhooks.Endpoint"),
        order=90, icon="plug",
    ),
]  # fmt: skip
