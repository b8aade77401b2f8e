"""What Alipay tells the shop: a signed form, the same for every delivery."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from urllib.parse import parse_qsl, urlencode

from .. import crypto, till
from ..clock import beijing, plain
from ..money import yuan
from ..store import Row
from ..world import World
from .trades import status


class Notices:
    """For :class:`zhanggui_sandbox.deliveries.Deliverer`. The content is the form without its signature."""

    SCHEDULE: tuple[int, ...] = (240, 600, 600, 3600, 7200, 21600, 54000)

    def notice(self, world: World, trade: Row, refund: Row | None, *, edit: Mapping[str, Any]) -> tuple[str, str, str]:
        """(event, id, content)."""
        now, amount = world.clock.now(), yuan(trade["paid_amount"] or trade["amount"])
        key = f"{beijing(now).strftime('%Y%m%d')}00222{crypto.random_digits(25)}"
        state = status(world, trade) if refund else "TRADE_SUCCESS"
        fields: dict[str, Any] = {
            "notify_time": plain(now), "notify_type": "trade_status_sync", "notify_id": key, "charset": "utf-8", "version": "1.0", "sign_type": "RSA2",
            "auth_app_id": trade["app_id"], "app_id": trade["app_id"], "trade_no": trade["trade_no"], "out_trade_no": trade["out_trade_no"],
            "buyer_open_id": trade["payer"], "buyer_logon_id": "san***@sandbox.com", "seller_id": world.keys.seller_id, "trade_status": state,
            "total_amount": amount, "receipt_amount": amount, "invoice_amount": amount, "buyer_pay_amount": amount, "point_amount": "0.00",
            "subject": trade["subject"], "gmt_create": plain(trade["created"]), "gmt_payment": plain(trade["paid"] or now),
            "fund_bill_list": crypto.compact([{"amount": amount, "fundChannel": "ALIPAYACCOUNT"}]),
        }  # fmt: skip
        if trade["attach"]:
            fields["passback_params"] = trade["attach"]
        if (trade["paid_currency"] or "CNY") != "CNY":
            fields["trans_currency"] = trade["paid_currency"]
        if refund is not None:
            total = till.succeeded(till.refunds_of(world, trade["id"]))
            fields |= {"out_biz_no": refund["out_refund_no"], "refund_fee": yuan(total), "gmt_refund": plain(refund["finished"] or now) + ".000"}
            if state == "TRADE_CLOSED":
                fields["gmt_close"] = plain(now)
        for name, value in edit.items():
            fields[name] = value
        return f"{fields['trade_status']}{'+refund' if refund else ''}", key, urlencode({k: v for k, v in fields.items() if v is not None})

    def wrap(self, world: World, event: str, key: str, content: str) -> bytes:
        """With the signature, which leaves ``sign_type`` out."""
        fields = dict(parse_qsl(content, keep_blank_values=True)) | {"notify_id": key}
        return sealed(world, fields)

    def headers(self, world: World, body: bytes) -> dict[str, str]:
        """Nothing of them matters."""
        return {"Content-Type": "application/x-www-form-urlencoded; charset=utf-8", "User-Agent": "Mozilla/4.0"}

    def taken(self, status: int, answer: str) -> bool:
        """The seven letters alone."""
        return status == 200 and answer == "success"


def signed_text(fields: Mapping[str, str]) -> str:
    """What the signature of a notification, and of a return to the shop, covers."""
    return "&".join(f"{name}={value}" for name, value in sorted(fields.items()) if name not in ("sign", "sign_type") and value != "")


def sealed(world: World, fields: Mapping[str, str], key: Any = None) -> bytes:
    """A form with its signature."""
    signature = crypto.sign(key or world.keys.alipay.private, signed_text(fields).encode())
    return urlencode({**fields, "sign": signature}).encode()


def return_address(world: World, trade: Row) -> str:
    """Where the browser goes after paying, with what Alipay says there; no proof of anything."""
    fields = {
        "charset": "utf-8", "out_trade_no": trade["out_trade_no"], "method": f"alipay.trade.{'page' if trade['scene'] == 'page' else 'wap'}.pay.return",
        "total_amount": yuan(trade["paid_amount"] or trade["amount"]), "trade_no": trade["trade_no"], "auth_app_id": trade["app_id"],
        "version": "1.0", "app_id": trade["app_id"], "sign_type": "RSA2", "seller_id": world.keys.seller_id, "timestamp": plain(world.clock.wire()),
    }  # fmt: skip
    sign = "?" if "?" not in trade["return_url"] else "&"
    return f"{trade['return_url']}{sign}{sealed(world, fields).decode()}"
