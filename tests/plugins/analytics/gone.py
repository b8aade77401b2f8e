"""Orders as they once were."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from zhanggui.api import SYSTEM, clock, shop_zone, unit_of_work
from zhanggui_orders import facade as orders


def at(text: str) -> datetime:
    """``2026-04-01 00:05`` of the shop's clock."""
    return datetime.fromisoformat(text).replace(tzinfo=shop_zone()).astimezone(UTC)


def row(**given: Any) -> dict[str, Any]:
    """An order of one line, or a line, for :func:`past`."""
    return given


def past(*given: dict[str, Any]) -> None:
    """Orders as they once were: ``past(row(at="2026-04-01 10:00", sku="A", quantity=2, price=500))``; ``lines`` where there are several."""
    made = []
    with unit_of_work() as db:
        for number, one in enumerate(given):
            lines = one.get("lines") or [one]
            made.append(
                orders.HistoricOrder(
                    f"{one['at']}:{number}", at(one["at"]), one.get("currency", "CNY"),
                    [orders.HistoricLine(x["sku"], x["sku"], x.get("quantity", 1), x["price"], x.get("kind", "goods")) for x in lines],
                    customer_id=one.get("customer"), canceled=one.get("canceled", False),
                )
            )  # fmt: skip
        orders.record_history(db, made, f"batch:{given[0]['at']}:{len(given)}", actor=SYSTEM, now=clock.now())
