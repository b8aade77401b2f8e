"""One worked exchange an operation; a test plays them all, in this order, against the real thing."""

from __future__ import annotations

from typing import Any

_PRICE = {"amount": 12800, "currency": "CNY"}
_NONE = {"amount": 0, "currency": "CNY"}
_TWICE = {"amount": 25600, "currency": "CNY"}

SESSION: dict[str, Any] = {
    "request": {"code": "demo:Lin"},
    "response": {"token": "kq1Xb0e7bV3mB0m9v1bq6d2k9sYg8uUo3qv5W4n2h0E", "expires_in": 2592000},
}
_PRODUCT = {
    "id": "k7m2p9w4x3b8n6qd", "name": "明前龙井", "description": "春茶，清明前采摘。", "category_id": "c4t8w2m6k9p3x7bd",
    "pictures": ["/files/f3k8m2w7p4x9b6nd/full"], "thumbnail": "/files/f3k8m2w7p4x9b6nd/thumb",
    "variants": [{"id": "v9x4b7n2k6m3w8pd", "sku": "LJ-100", "option": "100g", "price": _PRICE, "available": 18}],
}  # fmt: skip
PRODUCTS = {"response": {"items": [_PRODUCT], "next": None}}
PRODUCT = {"response": _PRODUCT}
CATEGORIES = {"response": {"items": [{"id": "c4t8w2m6k9p3x7bd", "parent_id": None, "name": "绿茶", "picture": None}], "next": None}}
_ADDRESS_BODY = {"name": "林小满", "phone": "13800138000", "region": ["浙江省", "杭州市", "西湖区"], "detail": "龙井路 1 号"}
_ADDRESS = {"id": "a6n3k8w2m7x4p9bd", **_ADDRESS_BODY, "is_default": True}
ADDRESS = {"request": {**_ADDRESS_BODY, "is_default": True}, "response": _ADDRESS}
ADDRESSES = {"response": {"items": [_ADDRESS], "next": None}}
_CART = {"lines": [{"variant_id": "v9x4b7n2k6m3w8pd", "quantity": 2}], "address_id": "a6n3k8w2m7x4p9bd", "note": "请发顺丰"}
_LINE = {
    "variant_id": "v9x4b7n2k6m3w8pd", "sku": "LJ-100", "name": "明前龙井", "option": "100g", "picture": "/files/f3k8m2w7p4x9b6nd/thumb",
    "quantity": 2, "unit_price": _PRICE, "total": _TWICE,
}  # fmt: skip
_QUOTE = {"lines": [_LINE], "goods_total": _TWICE, "discount_total": _NONE, "freight_total": _NONE, "total": _TWICE}
QUOTE = {"request": _CART, "response": _QUOTE}
_ORDER = {
    **_QUOTE, "number": "260302K7M2P9", "status": "open", "payment_status": "unpaid", "fulfillment_status": "unfulfilled",
    "stage": "to_pay", "address": {k: v for k, v in _ADDRESS_BODY.items()}, "note": "请发顺丰",
    "placed_at": "2026-03-02T04:00:00+00:00", "paid_at": None, "shipped_at": None, "completed_at": None, "canceled_at": None,
    "shipments": [],
}  # fmt: skip
ORDER = {"request": _CART, "response": _ORDER}
ORDERS = {"response": {"items": [_ORDER], "next": None}}
SHOWN = {"response": _ORDER}


def _problem(code: str, detail: str) -> dict[str, Any]:
    return {
        "type": "about:blank", "title": code.replace("_", " "), "status": 409, "code": code, "detail": detail,
        "correlation": "p4x9b6nd3k8m2w7f",
    }  # fmt: skip


UNPAYABLE = {
    "request": {}, "status": 409,
    "response": _problem("payment_unavailable", "This shop takes no payment online yet; please pay as agreed with it."),
}  # fmt: skip
TOO_EARLY = {"request": {}, "status": 409, "response": _problem("illegal_move", "Only an order that was shipped can be received.")}
CANCELED = {
    "request": {"reason": "买错了"},
    "response": {**_ORDER, "status": "canceled", "stage": "canceled", "canceled_at": "2026-03-02T04:05:00+00:00"},
}
