"""Paths of the storefront: what a customer was told, and what he wants to hear."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from marshmallow import EXCLUDE, Schema, fields, validate

from zhanggui.api import Operation, _, decode_cursor, encode_cursor

from . import queries
from .rules import INBOX
from .services import choosing
from .ways import ways

_ID, _AT = "m7k2qw9d4tbx0zra", "2026-03-02T04:00:00Z"
MOST_IDS = 100


class ShopMessage(Schema):
    id = fields.String(required=True)
    title = fields.String(required=True)
    body = fields.String(required=True)
    href = fields.String(required=True, metadata={"description": "Where it leads in the web shop; empty where it leads nowhere."})
    kind = fields.String(required=True, metadata={"description": "`orders.shipped`: for a client that leads somewhere of its own."})
    at = fields.DateTime(required=True, format="iso")
    unread = fields.Boolean(required=True)


class ShopMessages(Schema):
    items = fields.List(fields.Nested(ShopMessage), required=True)
    next = fields.String(required=True, allow_none=True)
    unread = fields.Integer(required=True, strict=True, metadata={"description": "How many of all are unread; at most 100 are counted."})


class MessagesQuery(Schema):
    limit = fields.Integer(load_default=20, validate=validate.Range(1, 100))
    cursor = fields.String(load_default="")

    class Meta:
        unknown = EXCLUDE


class ReadBody(Schema):
    ids = fields.List(
        fields.String(validate=validate.Regexp(r"[0-9a-z]{1,24}\Z")), load_default=list, validate=validate.Length(max=MOST_IDS),
        metadata={"description": "Which were read; all, without any."},
    )  # fmt: skip


class Unread(Schema):
    unread = fields.Integer(required=True, strict=True)


class ShopChoice(Schema):
    channel = fields.String(required=True)
    name = fields.String(required=True)
    allowed = fields.Boolean(required=True)


class ShopCategory(Schema):
    category = fields.String(required=True, validate=validate.OneOf(tuple(choosing.CUSTOMER_CATEGORIES)))
    name = fields.String(required=True)
    allowed = fields.Boolean(required=True)
    fixed = fields.Boolean(required=True, metadata={"description": "Cannot be switched off as a whole."})
    channels = fields.List(fields.Nested(ShopChoice), required=True)


class ShopPreferences(Schema):
    items = fields.List(fields.Nested(ShopCategory), required=True)
    next = fields.String(required=True, allow_none=True)


class YesOrNo(fields.Boolean):
    """True or false, and no word or number for it."""

    def _deserialize(self, value: Any, attr: str | None, data: Mapping[str, Any] | None, **kwargs: Any) -> bool:
        if not isinstance(value, bool):
            raise self.make_error("invalid", input=value)
        return value


class Said(Schema):
    category = fields.String(required=True, validate=validate.OneOf(tuple(choosing.CUSTOMER_CATEGORIES)))
    channel = fields.String(
        load_default=choosing.ALL, validate=validate.Regexp(r"(\*|[a-z0-9_]{1,40})\Z"), metadata={"description": "One channel; `*` is the whole category."},
    )  # fmt: skip
    allowed = YesOrNo(required=True)


class PreferencesBody(Schema):
    items = fields.List(fields.Nested(Said), required=True, validate=validate.Length(1, 50))


def _moment(at: datetime) -> str:
    return at.isoformat(timespec="seconds").replace("+00:00", "Z")


def list_messages(request: Any) -> dict[str, Any]:
    """The customer's own, the newest first."""
    cursor, limit, sealed = request.query["cursor"], request.query["limit"], json.dumps(["messages", request.customer.id]).encode()
    after = decode_cursor(cursor, sealed_for=sealed) if cursor else None
    found = queries.shown(request.db, request.customer.id, limit + 1, after)
    more = len(found) > limit
    items = [
        {
            "id": one.public_id, "title": one.subject or "", "body": one.body or "", "href": one.href or "", "kind": one.kind_id,
            "at": _moment(one.shown_at), "unread": one.read_at is None,
        }
        for one in found[:limit]
    ]  # fmt: skip
    following = encode_cursor([found[limit - 1].shown_at, found[limit - 1].id], sealed_for=sealed) if more else None
    return {"items": items, "next": following, "unread": queries.unread(request.db, request.customer.id)}


def read_messages(request: Any) -> dict[str, Any]:
    """These were read. Somebody else's are nobody's."""
    queries.mark_read(request.db, request.customer.id, request.body["ids"], now=request.now)
    return {"unread": queries.unread(request.db, request.customer.id)}


def preferences(request: Any) -> dict[str, Any]:
    """What is chosen now; what was never chosen is as it comes."""
    said = choosing.chosen(request.db, "customer", [request.customer.id])[request.customer.id]
    names = {"service": _("Your orders"), "care": _("Tips and reminders"), "marketing": _("Offers")}
    reached = [way.channel for name, way in ways().items() if name != INBOX and "customer" in way.channel.to and way.missing() is None]
    items = [
        {
            "category": category, "name": names[category], "allowed": choosing.wants_category(category, said), "fixed": not whole,
            "channels": [{"channel": one.id, "name": str(one.label), "allowed": choosing.wants_on(category, one.id, said)} for one in reached],
        }
        for category, whole in choosing.CUSTOMER_CATEGORIES.items()
    ]  # fmt: skip
    return {"items": items, "next": None}


def choose(request: Any) -> dict[str, Any]:
    """Take over what the customer said; it counts from now on, for what waits too."""
    said = [(one["category"], one["channel"], one["allowed"]) for one in request.body["items"]]
    choosing.choose(request.db, recipient_kind="customer", recipient_id=request.customer.id, said=said, source="storefront", now=request.now)
    return preferences(request)


_WELCOME = {
    "id": _ID, "title": "Welcome to Zhanggui", "body": "Nice that you are here. What concerns your orders, you find in this list.", "href": "/shop/",
    "kind": "customers.welcome", "at": _AT, "unread": True,
}  # fmt: skip


def _chosen(marketing: bool) -> dict[str, Any]:
    rows = (("service", "Your orders", True, True), ("care", "Tips and reminders", True, False), ("marketing", "Offers", marketing, False))
    return {"items": [{"category": c, "name": n, "allowed": a, "fixed": f, "channels": []} for c, n, a, f in rows], "next": None}


OPERATIONS = [
    Operation(
        "GET", "/messages", list_messages, "What the shop told me", query=MessagesQuery, answer=ShopMessages,
        example={"request": {}, "status": 200, "response": {"items": [_WELCOME], "next": None, "unread": 1}},
    ),
    Operation(
        "POST", "/messages/read", read_messages, "I have read these, or all", body=ReadBody, answer=Unread,
        example={"request": {"body": {"ids": []}}, "status": 200, "response": {"unread": 0}},
    ),
    Operation(
        "GET", "/preferences", preferences, "What I want to hear", answer=ShopPreferences,
        example={"request": {}, "status": 200, "response": _chosen(False)},
    ),
    Operation(
        "PUT", "/preferences", choose, "Say what I want to hear", body=PreferencesBody, answer=ShopPreferences,
        example={"request": {"body": {"items": [{"category": "marketing", "allowed": True}]}}, "status": 200, "response": _chosen(True)},
    ),
]  # fmt: skip
