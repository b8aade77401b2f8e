"""One worked exchange per operation. ``tests/plugins/storefront`` sends each to a real shop and compares."""

from __future__ import annotations

from typing import Any

PRODUCT_ID, VARIANT_ID, CATEGORY_ID = "p7kq2m9xw4t8bn3d", "v3hd8r5tz6yqk2wm", "c4nm7v2kx9sbt6qf"
CUSTOMER_ID, ADDRESS_ID, PICTURE_ID = "k5xw8p2nt7qhc4mz", "a9wt4k6pz2hmx7dv", "f2q8nk5xm7wbt3vd"
NUMBER, TOKEN = "260302K4M7Q2XW9T", "Wk3dPq0v5uYt7sXeRz1aBc9nMg2hLf8jKo4iT6yUx0E"


def _cny(amount: int) -> dict[str, Any]:
    return {"amount": amount, "currency": "CNY"}


def _exchange(response: Any, *, status: int = 200, **request: Any) -> dict[str, Any]:
    return {"request": request, "response": response, "status": status}


_PICTURE = {"thumb": f"/files/{PICTURE_ID}/thumb", "full": f"/files/{PICTURE_ID}/full"}
_PRODUCT = {
    "id": PRODUCT_ID, "name": "Longjing tea", "description": "Picked before the rains.", "category_id": CATEGORY_ID,
    "pictures": [_PICTURE], "price": _cny(1990),
    "variants": [
        {"id": VARIANT_ID, "sku": "TEA-250", "option": "250 g", "attributes": {}, "price": _cny(1990), "available": 8}
    ],
    "extra": {},
}  # fmt: skip
_LINE = {
    "variant_id": VARIANT_ID, "sku": "TEA-250", "name": "Longjing tea", "option": "250 g", "picture": _PICTURE,
    "unit_price": _cny(1990), "quantity": 2, "discount": _cny(0), "total": _cny(3980),
}  # fmt: skip
_SUMS = {
    "subtotal": _cny(3980), "discount": _cny(0), "freight": _cny(0), "fee": _cny(0), "tax": _cny(0), "total": _cny(3980),
    "adjustments": [], "extra": {},
}  # fmt: skip
_WRITTEN = {"name": "Wang Wei", "phone": "13800138000", "region": ["浙江省", "杭州市", "西湖区"], "detail": "龙井路 1 号"}
_ADDRESS = {"id": ADDRESS_ID, **_WRITTEN, "is_default": True}
_CART = {"lines": [{"variant_id": VARIANT_ID, "quantity": 2}], "address_id": ADDRESS_ID, "note": "Please ring twice."}
_AT = "2026-03-02T04:00:00Z"
_ORDER = {
    "number": NUMBER, "status": "open", "payment_status": "unpaid", "fulfillment_status": "unfulfilled",
    "stage": "to_pay", "lines": [_LINE], **_SUMS, "address": _WRITTEN, "note": "Please ring twice.", "shipments": [],
    "refunds": [], "placed_at": _AT, "paid_at": None, "shipped_at": None, "completed_at": None, "canceled_at": None,
    "cancel_reason": "",
}  # fmt: skip
_CANCELED = {
    **_ORDER, "status": "canceled", "stage": "canceled", "canceled_at": _AT, "cancel_reason": "Ordered twice.",
}  # fmt: skip
_RECEIVED = {
    **_ORDER, "status": "completed", "payment_status": "paid", "fulfillment_status": "received", "stage": "done",
    "shipments": [{"carrier": "sf", "tracking_number": "SF1234567890", "shipped_at": _AT}], "paid_at": _AT,
    "shipped_at": _AT, "completed_at": _AT,
}  # fmt: skip
_UNPAYABLE = {
    "type": "about:blank", "title": "payment unavailable", "status": 409, "code": "payment_unavailable",
    "detail": "No way to pay is switched on in this shop.",
    "correlation": "0b6f1f0e2c8d4a53",
}  # fmt: skip


def _list(entry: dict[str, Any]) -> dict[str, Any]:
    return {"items": [entry], "next": None}


SIGN_IN = _exchange({"token": TOKEN, "expires_in": 2592000}, body={"code": "demo:Wang Wei"})
ME = _exchange({"id": CUSTOMER_ID, "name": "Wang Wei", "extra": {}})
SIGN_OUT = _exchange(None, status=204)
LIST_PRODUCTS = _exchange(_list(_PRODUCT), query={"category": CATEGORY_ID, "q": "tea", "limit": "20"})
SHOW_PRODUCT = _exchange(_PRODUCT, path={"id": PRODUCT_ID})
LIST_CATEGORIES = _exchange(_list({"id": CATEGORY_ID, "parent_id": None, "name": "Tea", "picture": None}))
QUOTE = _exchange({"lines": [{**_LINE, "available": 8, "parts": []}], "notes": [], **_SUMS}, body=_CART)
PLACE = _exchange(_ORDER, status=201, body={**_CART, "expected_total": _cny(3980)}, headers={"Idempotency-Key": "6f1c2f6e-cart-17"})
LIST_ORDERS = _exchange(_list(_ORDER), query={"stage": "to_pay"})
SHOW_ORDER = _exchange(_ORDER, path={"number": NUMBER})
CANCEL = _exchange(_CANCELED, path={"number": NUMBER}, body={"reason": "Ordered twice."})
PAY = _exchange(_UNPAYABLE, status=409, path={"number": NUMBER})
RECEIVE = _exchange(_RECEIVED, path={"number": NUMBER})
LIST_ADDRESSES = _exchange(_list(_ADDRESS))
ADD_ADDRESS = _exchange(_ADDRESS, status=201, body={**_WRITTEN, "is_default": True})
CHANGE_ADDRESS = _exchange({**_ADDRESS, "detail": "龙井路 2 号"}, path={"id": ADDRESS_ID}, body={"detail": "龙井路 2 号"})
REMOVE_ADDRESS = _exchange(None, status=204, path={"id": ADDRESS_ID})
_KEPT_CART = {
    "lines": [{
        "variant_id": VARIANT_ID, "product_id": PRODUCT_ID, "sku": "TEA-250", "name": "Longjing tea", "option": "250 g", "picture": _PICTURE,
        "unit_price": _cny(1990), "quantity": 2, "available": 8, "sellable": True, "choices": {},
    }],
    "changed_at": _AT,
}  # fmt: skip
SHOW_CART = _exchange(_KEPT_CART)
KEEP_CART = _exchange(_KEPT_CART, body={"lines": [{"variant_id": VARIANT_ID, "quantity": 2}]})
LIST_FAVOURITES = _exchange(_list({"added_at": _AT, "product": _PRODUCT}))
ADD_FAVOURITE = _exchange({"product_id": PRODUCT_ID}, status=201, body={"product_id": PRODUCT_ID})
FORGET_FAVOURITE = _exchange(None, status=204, query={"product_id": PRODUCT_ID})
FORGET_FAVOURITE_BY_ID = _exchange(None, status=204, path={"id": PRODUCT_ID})
_EVENT = {"visitor": "v-5f0c1d7e9a3b4c68", "session": "s-1b9e7c2d4f6a8035", "at": "2026-03-02T04:00:00Z"}
SEND_EVENTS = _exchange(
    {"accepted": 2, "refused": 0, "dropped": 0}, status=202,
    body={
        "events": [
            {**_EVENT, "id": "e-3a7d5b1c9e2f4086", "name": "visit", "page": "/", "props": {"scene": "1089"}},
            {**_EVENT, "id": "e-8c4f2a6d0b7e9153", "name": "view", "page": "/p", "props": {"product": PRODUCT_ID}},
        ],
        "consent": ["measure", "personal"], "sent_at": "2026-03-02T04:00:01Z",
    },
)  # fmt: skip
