"""``zhanggui import products``: one row a SKU; rows that name the same product become its variants."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from itertools import groupby
from typing import Any, Literal

from sqlalchemy import select
from sqlalchemy.orm import Session

from zhanggui.api import Importer, ImportRow, ImportRun, Made, Money, Outcome, Present, _l

from .contracts import ProductRecord, VariantRecord
from .exporting import COLUMNS, LABELS, RIGHTS, row_of, selected
from .models import Product, Variant
from .rules import MAX_PRICE
from .services.history import upsert_products
from .services.removal import IN_USE, remove_variants


def batch(db: Session, rows: Sequence[ImportRow], run: ImportRun) -> list[Outcome]:
    """New products, and known ones brought up to date."""
    owners = _owners(db, sorted({row["sku"] for row in rows if row["sku"]}))
    outcomes: dict[int, Outcome] = {}
    records: dict[str, ProductRecord] = {}
    first: dict[str, int] = {}  # the row that a SKU belongs to: the first that names it
    for row in sorted(rows, key=lambda row: row.number):
        first.setdefault(row["sku"] or "", row.number)
    for _product, group in groupby(rows, key=lambda row: row["product"] or f"\0{row['sku']}"):
        lines = list(group)
        # A list of SKUs and prices that names no product is about the products that these SKUs belong to.
        own = owners.get(lines[0]["sku"] or "")
        key = f"product:{lines[0]['product']}" if lines[0]["product"] else own or f"sku:{lines[0]['sku']}"
        good: list[tuple[ImportRow, VariantRecord]] = []
        for row in lines:
            found = _variant(row, run, key, owners, first)
            if isinstance(found, str):
                outcomes[row.number] = Outcome.rejected(found)
            else:
                good.append((row, found))
                outcomes[row.number] = Outcome("updated" if found.sku in owners else "new")
        if good:
            leader = good[0][0]
            record = ProductRecord(
                key, leader["name"] or "", [variant for _row, variant in good], leader["description"] or "",
                (leader["category"] or "")[:120] or None, status="draft", given=frozenset(leader.values),
            )  # fmt: skip
            there = records.get(key)
            records[key] = record if there is None else replace(there, variants=[*there.variants, *record.variants])
    if records:
        upsert_products(db, list(records.values()), batch_id=run.batch_id, actor=run.actor, now=run.now)
    return [outcomes[row.number] for row in rows]


def _variant(row: ImportRow, run: ImportRun, key: str, owners: dict[str, str | None], first: dict[str, int]) -> VariantRecord | str:
    """The variant of a row, or the name of what is wrong with it."""
    sku = row["sku"]
    if sku is None or row["name"] is None:
        return "no_sku" if sku is None else "no_name"
    if len(sku) > 60 or len(key) > 64:
        return "bad_sku"
    if first[sku] != row.number:
        return "sku_twice"
    if sku in owners and owners[sku] != key:
        return "sku_taken"
    price, cost = _amount(row["price"], run.currency), _amount(row["cost"], run.currency)
    if price is None or price is False:
        return "bad_price"
    if cost is False:
        return "bad_cost"
    grams = row["weight_g"]
    if grams is not None and not (grams.isascii() and grams.isdigit() and len(grams) < 9):
        return "bad_weight"
    return VariantRecord(
        sku, price, run.currency, (row["option"] or "")[:200], cost, (row["barcode"] or "")[:64] or None, int(grams) if grams else None
    )


def _amount(text: str | None, currency: str) -> int | Literal[False] | None:
    """Minor units; None where nothing stands, False for what is no price."""
    try:
        amount = Money.parse(text, currency).amount if text else None
    except ValueError:
        return False
    return amount if amount is None or 0 <= amount <= MAX_PRICE else False


def present(db: Session, rows: Sequence[ImportRow], run: ImportRun) -> dict[int, Present]:
    """How the variants that rows name stand in the shop, by the number of the row. One that is no longer sold is not there."""
    skus = sorted({row["sku"] for row in rows if row["sku"]})
    found: dict[str, Present] = {}
    for start in range(0, len(skus), 500):
        for r in db.execute(selected().where(Variant.sku.in_(skus[start : start + 500]))):
            values = {name: _text(name, value) for name, value in zip(COLUMNS, row_of(r), strict=True)}
            label = f"{r.name} {r.option}".strip()
            found[r.sku] = Present(r.id, label, values, f"{r.status}:{r.shelf_place}:{len(r.pictures or ())}")
    return {row.number: found[row["sku"] or ""] for row in rows if row["sku"] in found}


def _text(name: str, value: Any) -> str | None:
    return None if value is None or value == "" else f"{value:f}" if name in ("price", "cost") else str(value)


def remove(db: Session, rows: Sequence[Made], run: ImportRun) -> Mapping[int, str]:
    """Take away variants that an import made, and products that are left without one; those that something needs stay."""
    stayed = remove_variants(db, [made.id for made in rows], actor=run.actor, now=run.now)
    return {made.number: IN_USE if made.id in stayed else "" for made in rows}


def _owners(db: Session, skus: Sequence[str]) -> dict[str, str | None]:
    """Which product a SKU belongs to already, by the key of that product."""
    found: dict[str, str | None] = {}
    for start in range(0, len(skus), 500):
        rows = db.execute(
            select(Variant.sku, Product.external_key, Product.public_id).join(Product, Variant.product_id == Product.id)
            .where(Variant.sku.in_(skus[start : start + 500]))
        )  # fmt: skip
        found |= {row.sku: row.external_key or f"product:{row.public_id}" for row in rows}
    return found


PRODUCTS = Importer(
    kind="products",
    label=_l("Products"),
    permission=("can_import", "products.Product"),
    labels=LABELS,
    rights=RIGHTS,
    reasons={
        "no_sku": ("sku", _l("There is no SKU.")),
        "no_name": ("name", _l("There is no name.")),
        "bad_sku": ("sku", _l("“%(value)s” is too long for a SKU: 60 characters at most.")),
        "sku_twice": ("sku", _l("The SKU %(value)s stands in an earlier row as well.")),
        "sku_taken": ("sku", _l("The SKU %(value)s belongs to another product.")),
        "bad_price": ("price", _l("“%(value)s” is no amount such as 19.90.")),
        "bad_cost": ("cost", _l("“%(value)s” is no amount such as 19.90.")),
        "bad_weight": ("weight_g", _l("“%(value)s” is no whole number of grams.")),
        IN_USE: ("sku", _l("It is in an order or in the stock.")),
    },
    present=present,
    remove=remove,
    columns={
        "sku": ("Stock code", "StockCode", "Product code", "商品编码", "规格编码", "货号", "SKU编码", "商家编码"),
        "name": ("Product name", "Title", "商品名称", "品名", "名称"),
        "price": ("Unit price", "Sale price", "单价", "价格", "售价", "售价(元)"),
        "product": ("Product", "Parent", "SPU", "商品", "款号"),
        "option": ("Variant", "Options", "Option", "规格", "规格名称"),
        "description": ("Details", "描述", "详情", "介绍"),
        "category": ("Type", "分类", "类目"),
        "cost": ("Purchase price", "成本", "进价"),
        "barcode": ("EAN", "UPC", "GTIN", "条码", "条形码"),
        "weight_g": ("Weight", "Grams", "重量", "克重", "重量(克)", "重量（克）"),
    },
    required=("sku", "name", "price"),
    batch=batch,
    order_by="product",
)  # fmt: skip
