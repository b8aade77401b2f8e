"""What WeChat Pay tells the shop, encrypted under the APIv3 key and signed anew for each delivery."""

from __future__ import annotations

import json
import uuid
from collections.abc import Mapping
from typing import Any

from .. import crypto
from ..clock import rfc3339
from ..store import Row
from ..world import World
from .orders import transaction


class Notices:
    """For :class:`zhanggui_sandbox.deliveries.Deliverer`."""

    SCHEDULE: tuple[int, ...] = (15, 15, 30, 180, 600, 1200, 1800, 1800, 1800, 3600, 10800, 10800, 10800, 21600, 21600)

    def notice(self, world: World, trade: Row, refund: Row | None, *, edit: Mapping[str, Any]) -> tuple[str, str, str]:
        """(event, id, content)."""
        if refund is None:
            event = "TRANSACTION.SUCCESS"
            # A payment is told as it was then, also when money went back meanwhile.
            content = transaction(world, trade) | {"trade_state": "SUCCESS", "trade_state_desc": "支付成功"}
        else:
            state = refund["state"].upper()
            event = f"REFUND.{state}"
            content = {
                "mchid": trade["account"], "out_trade_no": trade["out_trade_no"], "transaction_id": trade["trade_no"], "out_refund_no": refund["out_refund_no"],
                "refund_id": refund["refund_no"], "refund_status": state, "user_received_account": "支付用户零钱",
                "amount": {"total": trade["amount"], "refund": refund["amount"], "payer_total": trade["paid_amount"], "payer_refund": refund["amount"]},
            } | ({"success_time": rfc3339(refund["finished"])} if refund["finished"] else {})  # fmt: skip
        change(content, edit)
        return event, str(uuid.uuid4()), crypto.compact(content)

    def wrap(self, world: World, event: str, key: str, content: str) -> bytes:
        """The envelope with what is encrypted."""
        kind = "transaction" if event.startswith("TRANSACTION") else "refund"
        return crypto.compact({
            "id": key, "create_time": rfc3339(world.clock.now()), "resource_type": "encrypt-resource", "event_type": event,
            "summary": {"TRANSACTION.SUCCESS": "支付成功", "REFUND.SUCCESS": "退款成功", "REFUND.ABNORMAL": "退款异常"}.get(event, "退款关闭"),
            "resource": crypto.seal(world.keys.api_v3_key, content.encode(), kind=kind, associated=kind),
        }).encode()  # fmt: skip

    def headers(self, world: World, body: bytes) -> dict[str, str]:
        """Signed now."""
        from .gate import signature

        pair = world.keys.platform[-1] if world.settings.notify_with == "certificate" else None
        return {"Content-Type": "application/json", "User-Agent": "Mozilla/4.0", "Accept": "*/*", **signature(world, body, pair)}

    def taken(self, status: int, answer: str) -> bool:
        """The status decides, whatever the answer says."""
        return status in (200, 204)


def change(content: dict[str, Any], edit: Mapping[str, Any]) -> None:
    """Set fields by their addresses, such as ``amount.total``; None takes one away."""
    for address, value in edit.items():
        *way, last = address.split(".")
        place = content
        for name in way:
            place = place.setdefault(name, {})
        if value is None:
            place.pop(last, None)
        else:
            place[last] = json.loads(json.dumps(value))
