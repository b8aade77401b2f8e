"""The phone: what arrived at people and groups, as a page. For this machine alone, as the control API: mails may hold what is nobody else's business."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlencode

from . import inbox
from .cashier import draw
from .control import may_look
from .web import Call, Reply
from .world import World


def serve(world: World, call: Call) -> Reply:
    """Everybody who has messages, or the messages of one of them."""
    call.operation = "phone"
    if not may_look(world, call):
        return Reply(403, b"the phone is shown on this machine alone (--open-control lets others in)", "text/plain; charset=utf-8")
    channel, who = call.query.get("channel", ""), call.query.get("who", "")
    kept = {"lang": call.query["lang"]} if "lang" in call.query else {}
    if channel in inbox.CHANNELS and who:
        found = [_shown(one) for one in reversed(inbox.messages(world, channel, who, 100))]
        return draw(call, "phone.html", channel=channel, who=_name(channel, who), messages=found, back=f"?{urlencode(kept)}")
    talks = [{**_shown(one), "count": one["count"], "link": "?" + urlencode({**kept, "channel": one["channel"], "who": one["who"]})} for one in inbox.people(world)]
    return draw(call, "phone.html", talks=talks)


def _name(channel: str, who: str) -> str:
    return "" if channel in inbox.GROUPS else who


def _shown(one: dict[str, Any]) -> dict[str, Any]:
    return {**one, "day": one["at"][5:10], "time": one["at"][11:16], "name": _name(one["channel"], one["who"]), "lines": one.get("lines") or []}
