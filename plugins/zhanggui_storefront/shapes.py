"""Contracts of other plugins as JSON: public ids, money with its currency, moments in UTC."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

from zhanggui.api import get_setting, url_for_file
from zhanggui_customers.contracts import AddressView
from zhanggui_inventory.contracts import Stock
from zhanggui_orders.contracts import Adjustment, OrderView, Quote
from zhanggui_products.contracts import Shelf, ShelfProduct, SoldVariant

Json = dict[str, Any]


def money(amount: int, currency: str) -> Json:
    """Minor units beside their currency."""
    return {"amount": amount, "currency": currency}


def moment(at: datetime | None) -> str | None:
    """``2026-03-02T04:00:00Z``"""
    return at.astimezone(UTC).isoformat(timespec="seconds").replace("+00:00", "Z") if at else None


def picture(file_id: str | None) -> Json | None:
    """Where a picture lies: at the shop's public address, where it has one."""
    if not file_id:
        return None
    base = get_setting("web.public_url").rstrip("/")
    return {"thumb": base + url_for_file(file_id, "thumb"), "full": base + url_for_file(file_id, "full")}


def product(found: ShelfProduct, stock: Mapping[int, Stock]) -> Json:
    """A product with what can be bought of it."""
    cheapest = min(found.variants, key=lambda v: v.price, default=None)
    return {
        "id": found.public_id, "name": found.name, "description": found.description, "category_id": found.category_id,
        "pictures": [picture(file_id) for file_id in found.pictures],
        "price": money(cheapest.price, cheapest.currency) if cheapest else None,
        "variants": [
            {
                "id": v.public_id, "sku": v.sku, "option": v.option, "attributes": dict(v.attributes),
                "price": money(v.price, v.currency), "available": available(stock, v.id),
            }
            for v in found.variants
        ],
    }  # fmt: skip


def available(stock: Mapping[int, Stock], variant_id: int) -> int:
    """How many can be ordered. A count that found less than is promised leaves none, not fewer than none."""
    return max(stock[variant_id].available, 0) if variant_id in stock else 0


def cart_line(found: SoldVariant, product_id: str, row: Any, stock: Mapping[int, Stock]) -> Json:
    """One line of a cart, at today's price."""
    return {
        "variant_id": found.public_id, "product_id": product_id, "sku": found.sku, "name": found.name, "option": found.option, "picture": picture(found.picture),
        "unit_price": money(found.price, found.currency), "quantity": row.quantity, "available": available(stock, found.id) if found.sellable else 0,
        "sellable": found.sellable, "choices": dict(row.choices or {}),
    }  # fmt: skip


def category(found: Shelf) -> Json:
    """A shelf."""
    return {"id": found.public_id, "parent_id": found.parent_id, "name": found.name, "picture": picture(found.picture)}


def quote(found: Quote, stock: Mapping[int, Stock]) -> Json:
    """What a cart costs."""
    currency = found.currency
    return {
        "lines": [
            {
                "variant_id": q.variant_public_id, "sku": q.sku, "name": q.name, "option": q.option,
                "picture": picture(q.picture), "unit_price": money(q.unit_price, currency), "quantity": q.quantity,
                "discount": money(q.discount, currency), "total": money(q.total, currency),
                "available": available(stock, q.variant_id),
                "parts": [
                    {"kind": a.kind, "source": a.source, "amount": money((a.parts or {})[n], currency)}
                    for a in found.adjustments if n in (a.parts or {})
                ],
            }
            for n, q in enumerate(found.lines)
        ],
        "adjustments": _adjustments(found.adjustments, currency),
        "notes": [
            {
                "source": note.source, "applied": note.applied, "reason": note.reason, "text": str(note.sentence),
                "amount": money(note.amount, currency), "missing": money(note.missing, currency),
            }
            for note in found.notes
        ],
        "subtotal": money(found.goods_total, currency), "discount": money(found.discount_total, currency),
        "freight": money(found.added("freight"), currency), "fee": money(found.added("fee"), currency),
        "tax": money(found.added("tax"), currency), "total": money(found.total, currency),
    }  # fmt: skip


def _adjustments(changes: Sequence[Adjustment], currency: str) -> list[Json]:
    return [
        {"label": str(a.label), "kind": a.kind, "step": a.step, "source": a.source, "amount": money(a.amount, currency)}
        for a in changes
    ]


def order(found: OrderView) -> Json:
    """An order as its buyer sees it."""
    facts, currency = found.facts, found.facts.currency
    return {
        "number": facts.number, "status": facts.status, "payment_status": facts.payment_status,
        "fulfillment_status": facts.fulfillment_status, "stage": facts.stage,
        "lines": [
            {
                "variant_id": line.variant_id, "sku": line.sku, "name": line.name, "option": line.option,
                "picture": picture(line.picture), "unit_price": money(line.unit_price, currency),
                "quantity": line.quantity, "discount": money(line.discount, currency),
                "total": money(line.total, currency),
            }
            for line in found.lines
        ],
        "subtotal": money(found.goods_total, currency), "discount": money(found.discount_total, currency),
        "freight": money(found.freight_total, currency), "fee": money(found.fee_total, currency),
        "tax": money(found.tax_total, currency), "total": money(facts.total, currency),
        "adjustments": _adjustments(found.adjustments, currency),
        "address": dict(found.address) if found.address else None, "note": found.note,
        "shipments": [
            {"carrier": s.carrier, "tracking_number": s.tracking_number, "shipped_at": moment(s.shipped_at)}
            for s in found.shipments
        ],
        "refunds": [{"amount": r.amount.as_json(), "state": r.state, "at": moment(r.at)} for r in found.refunds],
        "placed_at": moment(facts.placed_at), "paid_at": moment(found.paid_at), "shipped_at": moment(found.shipped_at),
        "completed_at": moment(found.completed_at), "canceled_at": moment(found.canceled_at),
        "cancel_reason": found.cancel_reason or "",
    }  # fmt: skip


def address(found: AddressView) -> Json:
    """Where a customer receives parcels."""
    return {
        "id": found.public_id, "name": found.name, "phone": found.phone, "region": list(found.region),
        "detail": found.detail, "is_default": found.is_default,
    }  # fmt: skip
