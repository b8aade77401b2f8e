"""``zhanggui import products``: one row a SKU; rows that name the same product become its variants."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import groupby

from sqlalchemy import select
from sqlalchemy.orm import Session

from zhanggui.api import Importer, ImportRow, ImportRun, Money, Outcome, _l

from .contracts import ProductRecord, VariantRecord
from .models import Product, Variant
from .rules import MAX_PRICE
from .services.history import upsert_products


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
        key = f"product:{lines[0]['product']}" if lines[0]["product"] else f"sku:{lines[0]['sku']}"
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
            records[key] = ProductRecord(
                key, leader["name"] or "", [variant for _row, variant in good], leader["description"] or "",
                (leader["category"] or "")[:120] or None, status="draft", given=frozenset(leader.values),
            )  # fmt: skip
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
    prices = []
    for text in (row["price"], row["cost"]):
        try:
            prices.append(Money.parse(text, run.currency).amount if text else None)
        except ValueError:
            return "bad_price"
    price, cost = prices
    if price is None or not 0 <= price <= MAX_PRICE or (cost is not None and cost < 0):
        return "bad_price"
    grams = row["weight_g"]
    if grams is not None and not (grams.isascii() and grams.isdigit() and len(grams) < 9):
        return "bad_weight"
    return VariantRecord(
        sku, price, run.currency, (row["option"] or "")[:200], cost, (row["barcode"] or "")[:64] or None, int(grams) if grams else None
    )


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
    columns={
        "sku": ("Stock code", "StockCode", "Product code", "商品编码", "规格编码", "货号", "SKU编码"),
        "name": ("Product name", "Title", "商品名称", "品名", "名称"),
        "price": ("Unit price", "Sale price", "单价", "价格", "售价"),
        "product": ("Product", "Parent", "SPU", "商品", "款号"),
        "option": ("Variant", "Options", "规格", "规格名称"),
        "description": ("Details", "描述", "详情"),
        "category": ("Type", "分类", "类目"),
        "cost": ("Purchase price", "成本", "进价"),
        "barcode": ("EAN", "UPC", "GTIN", "条码", "条形码"),
        "weight_g": ("Weight", "Grams", "重量", "克重"),
    },
    required=("sku", "name", "price"),
    batch=batch,
    order_by="product",
)  # fmt: skip
