"""What arrived: messages of every kind, as the people and the groups have them who were meant."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from .clock import rfc3339
from .store import Row
from .world import World

CHANNELS = ("wechat_subscribe", "sms_tencent", "sms_aliyun", "email", "wecom", "dingtalk", "feishu")
GROUPS = ("wecom", "dingtalk", "feishu")


def arrive(world: World, channel: str, who: str, title: str, body: str, **more: Any) -> int:
    """Put a message where it belongs; answers its number."""
    return world.store.insert(
        "INSERT INTO message (at, channel, who, title, body, more) VALUES (?, ?, ?, ?, ?, ?)", world.clock.wire(), channel, who, title, body,
        json.dumps(more, ensure_ascii=False),
    )  # fmt: skip


def recent(world: World, channel: str) -> int:
    """How many came by it in the last minute."""
    found = world.store.one("SELECT COUNT(*) AS n FROM message WHERE channel = ? AND at > ?", channel, world.clock.wire() - 60)
    return int(found["n"]) if found else 0


def messages(world: World, channel: str = "", who: str = "", limit: int = 100) -> list[dict[str, Any]]:
    """The newest first."""
    rows = world.store.all(
        "SELECT * FROM message WHERE (? = '' OR channel = ?) AND (? = '' OR who = ?) ORDER BY id DESC LIMIT ?", channel, channel, who, who, limit
    )
    return [as_json(row) for row in rows]


def as_json(row: Row) -> dict[str, Any]:
    """For the control API and the phone."""
    more: Mapping[str, Any] = json.loads(row["more"])
    return {"id": row["id"], "at": rfc3339(row["at"]), "channel": row["channel"], "who": row["who"], "title": row["title"], "body": row["body"], **more}


def people(world: World) -> list[dict[str, Any]]:
    """Everybody who has messages, the newest first, with the last one."""
    rows = world.store.all(
        "SELECT message.*, counted.n FROM message JOIN (SELECT MAX(id) AS id, COUNT(*) AS n FROM message GROUP BY channel, who) AS counted "
        "ON counted.id = message.id ORDER BY message.id DESC LIMIT 200"
    )
    return [{**as_json(row), "count": row["n"]} for row in rows]
