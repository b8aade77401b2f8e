"""Notices as messages: whoever carries messages takes them to where each member of staff wants them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy.orm import Session

from ..host import message_kinds
from ..host.messaging import NOTICE, MessageKind, MessageVariable, Recipient
from ..i18n.texts import lazy_gettext as _l
from . import read_notice

_VARIABLES = (
    MessageVariable("title", _l("Title"), _l("New paid order 26112785921383, ¥556.00")), MessageVariable("body", _l("Text"), "", required=False),
    MessageVariable("href", _l("Address"), "/orders/1", required=False),
)  # fmt: skip


def notice_kind(id: str, label: Any, *, channels: Sequence[str] = (), help: Any = "") -> MessageKind:
    """Notices of one kind (``notify(kind="inventory.low", ...)``) as messages of the same name, which each can have where he wants."""
    return MessageKind(
        id, label, NOTICE, lambda db, event: _audience(event) if event["kind"] == id else [], _load, _key, _VARIABLES, "{title}", "{body}",
        category="staff", channels=channels, href="{href}", help=help,
    )  # fmt: skip


def _audience(event: Mapping[str, Any]) -> list[Recipient]:
    if event["user_id"] is not None:
        return [Recipient("user", event["user_id"])]
    verb, _space, resource = event["permission"].partition(" ")
    return [Recipient("staff", right=(verb, resource) if resource else None)]


def _others(db: Session, event: Mapping[str, Any]) -> list[Recipient]:
    """Of notices that have a kind of their own, nobody is told twice."""
    return [] if event["kind"] in message_kinds() else _audience(event)


def _load(db: Session, event: Mapping[str, Any], locale: str) -> dict[str, Any]:
    line = read_notice(db, event["notice_id"])
    return {"title": line.title, "body": line.body, "href": line.href}


def _key(event: Mapping[str, Any]) -> str:
    return f"notice:{event['notice_id']}"


OTHERS = MessageKind(
    "core.notice", _l("Other notices"), NOTICE, _others, _load, _key, _VARIABLES, "{title}", "{body}", category="staff", channels=(), href="{href}",
    help=_l("What stands under messages and is none of the others: jobs that failed, approvals, tasks that ended."),
)  # fmt: skip
