"""Channels whose far end is a real server, with grants that are used up; kinds of every category."""

from __future__ import annotations

import json
from dataclasses import dataclass

from zhanggui.api import (
    Channel,
    Event,
    Later,
    MessageKind,
    MessageVariable,
    ProviderError,
    Recipient,
    Refused,
    Sent,
    Unknown,
    hookimpl,
    outside,
)


@dataclass(frozen=True)
class Rung(Event, name="bells.bell.rung", version=1, key="bell_id"):
    bell_id: int
    customer_id: int


class Belfry:
    """What tests set. ``grants``: how many sends the paid channel has left."""

    address = ""
    grants: int | None = None
    nobody: set[str] = set()  # channels that know no address
    missing: set[str] = set()
    still_true = True
    word = "dong"
    breaks: set[str] = set()  # functions of the kinds that raise
    settled: list[tuple[str, object]] = []
    per_minute: dict[str, int] = {}
    granted: set[int] | None = None  # customers with a grant; None: there are no such channels
    phones: set[int] | None = None
    words: list[object] = []  # that it adds to the texts of kinds
    guards: list[object] = []  # asked before a message leaves
    price, repeatable = 5, False  # of a call by phone


def _send(channel):
    def send(envelope):
        if "send" in Belfry.breaks:
            raise RuntimeError("the rope is torn")
        said = {"id": envelope.message_id, "to": envelope.address, "subject": envelope.subject, "body": envelope.body, "href": envelope.href}
        try:
            answer = outside.post(f"{Belfry.address}/{channel}", body=json.dumps(said).encode(), headers={"Content-Type": "application/json"}, seconds=10.0)
        except ProviderError:
            return Unknown()
        told = json.loads(answer.body) if answer.status == 200 else {"down": 0}
        if "refuse" in told:
            return Refused(told["refuse"], str(told.get("code", "")), told.get("gone", False))
        if "down" in told:
            return Later(told["down"], told.get("why", "provider_down"))
        return Sent(told.get("ref", ""), 5)

    return send


def _missing(channel):
    return lambda: "It is not set up." if channel in Belfry.missing else None


def _address(channel):
    return lambda db, recipient: None if channel in Belfry.nobody else f"{channel}:{recipient.kind}:{recipient.id or 0}"


def _reserve(db, envelope):
    if Belfry.grants is None:
        return {}
    if Belfry.grants <= 0:
        return None
    Belfry.grants -= 1
    return {"grant": 1}


def _of(name):
    def address(db, recipient):
        return f"{name}:{recipient.id}" if recipient.id in getattr(Belfry, name) else None

    def reach(db, kind_id, recipients):
        return {one.id for one in recipients} & getattr(Belfry, name)

    return address, reach


_GRANT, _PHONE = _of("granted"), _of("phones")


def _settle(db, envelope, outcome):
    Belfry.settled.append((envelope.message_id, outcome))


@hookimpl
def notifications_channels():
    most = Belfry.per_minute
    by_name = [] if Belfry.granted is None else [
        Channel("granted", "By grant", "bell", ["customer"], _send("granted"), _missing("granted"), _GRANT[0], reach=_GRANT[1]),
        Channel("phone", "By phone", "bell", ["customer"], _send("phone"), _missing("phone"), _PHONE[0], billable=True, repeatable=Belfry.repeatable, reach=_PHONE[1], price=lambda: Belfry.price),
    ]  # fmt: skip
    return [
        *by_name,
        Channel("paid", "Paid bell", "bell", ["customer"], _send("paid"), _missing("paid"), _address("paid"), _reserve, _settle, billable=True, per_minute=most.get("paid", 0)),
        Channel("free", "Free bell", "bell", ["customer", "user"], _send("free"), _missing("free"), _address("free"), repeatable=True, longest=20),
        Channel("gong", "Gong", "bell", ["group"], _send("gong"), _missing("gong"), _address("gong"), repeatable=True, per_minute=most.get("gong", 0)),
    ]


def _part(name, value):
    def call(*given):
        if name in Belfry.breaks:
            raise RuntimeError("a bell is cracked")
        return value(*given)

    return call


def _kind(id, category="service", channels=("paid", "free", "inbox"), **more):
    return MessageKind(
        f"bells.{id}", id.title(), "bells.bell.rung@1", _part("audience", lambda db, event: [Recipient("customer", event["customer_id"])]),
        _part("load", lambda db, event, locale: {"word": Belfry.word, "bell": str(event["bell_id"])}), lambda event: f"order:{event['bell_id']}",
        [MessageVariable("word", "Word", "dong"), MessageVariable("bell", "Bell", "1", required=False)], "Bell {bell}", "It says {word}",
        category=category, channels=channels, href="/shop#/o/{bell}", still_true=_part("still_true", lambda db, event: Belfry.still_true), **more,
    )  # fmt: skip


@hookimpl
def notifications_variables():
    return Belfry.words


@hookimpl
def notifications_guards():
    return Belfry.guards


@hookimpl
def register_events():
    return [Rung]


@hookimpl
def register_message_kinds():
    return [
        _kind("service"), _kind("urgent", urgent=True), _kind("sale", "marketing", ("free", "inbox")), _kind("care", "care", ("free", "inbox")),
        _kind("only", channels=("paid",)), _kind("safe", "security", ("free", "inbox")),
    ]  # fmt: skip
