"""Tries settings before they are saved, loads from elsewhere, asks for a second person, and knows people."""

from __future__ import annotations

from typing import Any

from flask import Response

from zhanggui.api import (
    Action,
    Approvable,
    Code,
    Field,
    PersonalData,
    ProviderError,
    RolePreset,
    SettingTest,
    Slot,
    ThreePhases,
    View,
    expose,
    has_access,
    hookimpl,
    job,
    lazy_gettext,
    record_audit,
    request_approval,
)

TRIED: list[dict[str, Any]] = []
OUTSIDE = [lambda: "The far end answered."]  # what the far end does when it is called


def knock(values):
    TRIED.append(dict(values))
    return OUTSIDE[0]()


def away():
    raise ProviderError(lazy_gettext("Please sign in."), retry=True)


@hookimpl
def register_setting_tests():
    return {"plugin.doors.times": SettingTest("Knock", knock)}


class MapView(View):
    """A page with pictures of others."""

    route_base = "/doors"
    class_permission_name = "doors.Map"

    @expose("/map")
    @has_access
    def index(self):
        return Response("<p>A map", mimetype="text/html")

    @expose("/wide")
    @has_access
    def wide(self):
        return Response("<p>Open", mimetype="text/html", headers={"Content-Security-Policy": "script-src *"})


@hookimpl
def register_views():
    return [MapView]


FAILS: list[Exception] = []


def ask_for_gift(db, *, id, amount, reason, actor, now):
    request_approval(db, "doors.gift", id=id, values={"amount": amount}, label=Code(f"C{id}"), reason=reason or "", actor=actor, now=now)


def give(db, *, id, amount, actor, now):
    if FAILS:
        raise FAILS[0]
    record_audit(db, "doors.gift.given", target=("customers.Customer", id), after={"amount": amount}, actor=actor, now=now)


@job(max_attempts=1, lane="io")
def go_on(*, id, **_more):
    TRIED.append({"went on": id})


def claim_trip(db, *, id, actor, now):
    record_audit(db, "doors.trip.claimed", target=("customers.Customer", id), actor=actor, now=now)
    return {"id": id}


TRIP = ThreePhases(claim_trip, lambda id: None, lambda db, result, *, actor, now, id: None, go_on)
MAY = ("can_approve_gift", "doors.Gift")


@hookimpl
def register_jobs():
    return [go_on]


@hookimpl
def register_approvals():
    return [
        Approvable("gift", "Gift", "customers.Customer", MAY, give, words=lambda values: str(values["amount"])),
        Approvable("trip", "Trip", "customers.Customer", MAY, TRIP),
    ]


@hookimpl
def register_slots():
    ask = Action("gift", "Give a gift", ask_for_gift, fields=[Field("amount", "Amount", "money", required=True), Field("reason", "Why")], bulk=True)
    trip = Action("trip", "Send on a trip", lambda db, *, id, actor, now: request_approval(db, "doors.trip", id=id, values={}, actor=actor, now=now))
    return [Slot("customers.Customer", ask), Slot("customers.Customer", trip)]


@hookimpl
def register_role_presets():
    both = {"customers.Customer": ("list", "show", "doors__gift"), "core.Approval": ("list", "show", "approve", "refuse", "withdraw")}
    return [
        RolePreset("asker", "Asker", both),
        RolePreset("second", "Second person", {**both, "doors.Gift": ("approve_gift",)}),
    ]


NOTES: dict[Any, str] = {}  # what this plugin knows, in place of a table


def forget(db, person, *, actor, now):
    if FAILS:
        raise FAILS[0]
    NOTES.pop(person, None)


def told(db, person):
    return {"notes": [{"text": NOTES[person]}]} if person in NOTES else {}


@hookimpl
def register_personal_data():
    return [PersonalData("notes", [], lambda db, text, *, actor: [who for who, note in NOTES.items() if note == text], told, forget)]
