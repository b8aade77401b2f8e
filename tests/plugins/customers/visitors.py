"""Things that visitors did, as rows."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from zhanggui_customers import behaviour


def row(key: str, at: datetime, name: str = "page", visitor: str = "v1", **more: Any) -> dict[str, Any]:
    """An event that came when it happened."""
    own = {
        "key": key, "name": name, "at": at, "received_at": at, "tick": behaviour.ticks(at), "visitor": visitor, "session": "s", "page": "/", "product_id": None,
        "q": None, "results": None, "props": None, "device": "phone", "reason": "", "personal": True, "visit_id": None,
    }  # fmt: skip
    return {**own, **more}
