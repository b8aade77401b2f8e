"""What people see: the log of messages, and what was told of an order."""

from __future__ import annotations

from typing import Any

from zhanggui.api import (
    Action,
    Card,
    Column,
    Field,
    Filter,
    MenuItem,
    Question,
    Reader,
    Screen,
    Search,
    Section,
    Slot,
    Widget,
    _l,
    fmt,
)

from . import jobs, queries
from .models import Message
from .services import replay
from .states import AGAIN, ARRIVED, REASON_CHOICES, STATE_CHOICES, WAITING

MAY_LIST = ("can_list", "notifications.Message")
_LATE = Field("late", _l("Also when it is too late for it"), "bool", help=_l("Whether it is wanted and still true is asked again either way."))


def _send_again(db: Any, *, id: int, late: bool, actor: Any, now: Any) -> None:
    replay.send_again(db, id=id, late=late, actor=actor, now=now)
    jobs.wake(db)


def _send_twice(db: Any, *, id: int, late: bool, actor: Any, now: Any) -> None:
    replay.send_twice(db, id=id, late=late, actor=actor, now=now)
    jobs.wake(db)


def _of_order(db: Any, reader: Reader, row: Any) -> dict[str, Any]:
    states = {choice.value: choice for choice in STATE_CHOICES}
    return {
        "messages": [
            {
                "id": one.id, "what": queries.kind_words(one), "state": states[one.state], "channel": queries.channel_words(one.channel),
                "reason": queries.reason_words(one), "at": fmt.datetime(one.created_at),
            }
            for one in queries.of_fact(db, f"order:{row.id}")
        ]
    }  # fmt: skip


MESSAGES = Screen(
    resource="notifications.Message",
    source=Message,
    route="/sent-messages",
    title=_l("Sent messages"),
    singular=_l("Message"),
    icon="send",
    label=queries.kind_words,
    always=("kind_id", "reason", "detail", "channel", "locale"),
    columns=(
        Column("created_at", _l("Time"), "datetime", sortable=True, order=10),
        Column("what", _l("Message"), value=queries.kind_words, order=20),
        Column("who", _l("To"), load=queries.recipients, order=30),
        Column("state", _l("State"), "status", choices=STATE_CHOICES, order=40),
        Column("by", _l("Channel"), value=lambda row: queries.channel_words(row.channel), order=50),
        Column("why", _l("Reason"), value=queries.reason_words, order=60),
        Column("done_at", _l("Ended"), "datetime", wide=False, order=70),
        Column("read_at", _l("Read"), "datetime", wide=False, order=80),
        Column("expires_at", _l("Too late after"), "datetime", wide=False, order=90),
        Column("language", _l("Language"), value=queries.language_words, wide=False, order=100),
        Column("public_id", _l("Id of the message"), "code", wide=False, order=110),
    ),
    card=Card(title="what", badge="state", sub=("who", "created_at", "why")),
    filters=(
        Filter("state", _l("State"), choices=STATE_CHOICES, tabs=True, counted=("failed", "bounced", "unknown"), order=10),
        Filter("kind_id", _l("Message"), "notifications_kind", order=20),
        Filter("channel", _l("Channel"), "notifications_channel", order=30),
        Filter("reason", _l("Reason"), choices=REASON_CHOICES, order=40),
        Filter("created_at", _l("Day"), "date_range", order=50),
        Filter(
            "customer", _l("Customer"), "lookup", to="customers.Customer", order=60,
            clause=lambda value, c: (c.recipient_kind == "customer") & (c.recipient_id == value),
        ),
    ),
    search=Search(prefix=("public_id",), hint=_l("Id of the message")),
    default_sort=("-created_at", "-id"),
    sections=(
        Section("tries", _l("Channels that were tried"), template="notifications/tries.html", load=queries.tries, order=10),
        Section(
            "about", _l("About"), columns=("who", "state", "by", "why", "created_at", "done_at", "read_at", "expires_at", "language", "public_id"), aside=True,
            order=20,
        ),
    ),
    actions=(
        Action(
            "send_again", _l("Send again"), _send_again, icon="refresh", tone="primary", needs=("state",), when=lambda row: row.state in AGAIN, bulk=True,
            fields=(_LATE,), done=_l("It is on its way again."), order=10,
        ),
        Action(
            "send_twice", _l("Send once more"), _send_twice, icon="send", needs=("state",), when=lambda row: row.state in ARRIVED, fields=(_LATE,),
            about=lambda row: _l("It left already: the recipient gets it twice."), done=_l("It is on its way as a message of its own."), order=20,
        ),
        Action(
            "cancel", _l("Call off"), replay.cancel, icon="ban", tone="danger", needs=("state",), when=lambda row: row.state in WAITING, bulk=True,
            confirm=lambda row: _l("Call off “%(what)s”?", what=queries.kind_words(row)), follows=_l("The recipient is not told."), stays=_l("Let it go out"),
            done=_l("It was called off."), order=30,
        ),
    ),
    empty=_l("Nobody was told anything yet. Orders, refunds and new customers begin it by themselves."),
)  # fmt: skip

SLOTS = (
    Slot("orders.Order", Section("messages", _l("Messages"), template="notifications/of_order.html", load=_of_order, permission=MAY_LIST, aside=True, order=60)),
)
MENU = [
    MenuItem("kinds", _l("Messages to customers and staff"), "bell", href="/message-kinds/", permission=("can_list", "notifications.Kind"), group="shop", order=70),
    MenuItem("log", _l("Sent messages"), "send", screen="notifications.Message", group="shop", order=71),
    MenuItem("campaigns", _l("Campaigns"), "send", screen="notifications.Campaign", group="shop", order=72),
    MenuItem("mine", _l("What I am told"), "mail", href="/my-messages/", permission=("can_choose", "notifications.Mine"), group="people", order=40),
]  # fmt: skip
WIDGETS = [
    Widget(
        "not_sent", _l("Messages that reached nobody"), "todo", Question("notifications.Message", {"state": "failed", "created_at": "7d"}), MAY_LIST, order=80, icon="send",
    ),
]  # fmt: skip
