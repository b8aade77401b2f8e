"""What programs outside are told of orders: by their number, without a word about who bought."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from sqlalchemy.orm import Session

from zhanggui.api import PublicEvent, _l

_NUMBER = {"type": "string", "description": "order number"}
_AT = {"type": "string", "format": "date-time"}
_MONEY = {
    "type": "object", "required": ["amount", "currency"], "additionalProperties": False,
    "properties": {"amount": {"type": "integer", "description": "minor units"}, "currency": {"type": "string"}},
}  # fmt: skip
_EXAMPLE = {"number": "26112785921383", "at": "2026-11-27T08:22:10+00:00"}
_TOTAL = {"amount": 55600, "currency": "CNY"}


def _money(payload: Mapping[str, Any], field: str) -> dict[str, Any]:
    return {"amount": payload[field], "currency": payload["currency"]}


def _told(name: str, label: Any, *, money: tuple[str, str] | None = None, **more: tuple[Mapping[str, Any], Any]) -> PublicEvent:
    """``money``: the field of the event with an amount, and what it is called outside; ``more``: schema and example of other fields, told as they are."""

    def render(db: Session, payload: Mapping[str, Any]) -> Mapping[str, Any]:
        amount = {money[1]: _money(payload, money[0])} if money else {}
        return {"number": payload["number"], **amount, **{field: payload[field] for field in more}, "at": payload["at"]}

    amounts = {money[1]: (_MONEY, _TOTAL)} if money else {}
    parts = {**amounts, **more}
    schema = {"number": _NUMBER, **{field: part[0] for field, part in parts.items()}, "at": _AT}
    example = {**_EXAMPLE, **{field: part[1] for field, part in parts.items()}}
    run: Callable[..., Mapping[str, Any]] = render
    return PublicEvent(name, label, schema, example, run)


PUBLIC = (
    _told("orders.order.placed@1", _l("An order is placed"), money=("amount", "total")),
    _told("orders.order.paid@1", _l("An order is paid"), money=("amount", "total")),
    _told(
        "orders.order.shipped@1", _l("A parcel of an order is shipped"),
        carrier=({"type": "string"}, "sf"), tracking_number=({"type": "string"}, "SF1002003004005"),
        complete=({"type": "boolean", "description": "whether it was the last parcel"}, True),
    ),
    _told("orders.order.received@1", _l("An order is received")),
    _told("orders.order.canceled@1", _l("An order is canceled"), money=("paid", "paid")),
    _told("orders.order.refunded@1", _l("A canceled order is paid back"), money=("amount", "amount")),
)  # fmt: skip
