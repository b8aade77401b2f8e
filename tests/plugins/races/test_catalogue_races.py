"""What holds of the catalogue when everybody edits at once."""

from __future__ import annotations

from typing import Any

import pytest
from arena import OWNER, Arena, name
from shop import NOON
from sqlalchemy import func, select

from zhanggui.api import DomainError, IllegalMove, Invalid, NotFound, StaleRow, reading, unit_of_work
from zhanggui.audit import told
from zhanggui.audit.models import AuditEntry
from zhanggui.i18n.content import Translation
from zhanggui.testing.racing import refused
from zhanggui_products.contracts import ProductRecord, VariantRecord
from zhanggui_products.models import Category, Product, Variant
from zhanggui_products.services import categories, editing, history, selling

pytestmark = pytest.mark.proof
BY: dict[str, Any] = {"actor": OWNER, "now": NOON}


def _product(sku: str, **more: Any) -> int:
    with unit_of_work() as db:
        return editing.create_product(db, name="Tea", variants=[{"sku": sku, "price": 100}], **BY, **more)


def _category(**more: Any) -> int:
    with unit_of_work() as db:
        return categories.create_category(db, name="Shelf", **BY, **more)


def test_a_sku_belongs_to_one_product(arena: Arena):
    sku = name("SAME")

    def act(db, n):
        if n % 4 == 3:
            record = ProductRecord(f"sku:{sku}:{n}", "Tea", [VariantRecord(sku, 100, "CNY")])
            history.upsert_products(db, [record], batch_id="b", **BY)
        else:
            editing.create_product(db, name="Tea", variants=[{"sku": sku, "price": 100}], **BY)

    arena.one_wins(act, Invalid)
    assert arena.one(select(func.count()).where(Variant.sku == sku)) == 1


def test_products_that_exchange_skus_end_with_one_each(arena: Arena):
    skus = [name("X") for _ in range(arena.crowd)]
    ids = [_product(sku) for sku in skus]

    def act(db, n):  # everybody wants the one of his neighbor
        editing.update_product(db, id=ids[n], row_version=None, variants=[{"sku": skus[n - 1], "price": 100}], **BY)

    refused(arena.race(act), Invalid)
    found = [row.sku for row in arena.ask(select(Variant.sku).where(Variant.product_id.in_(ids)))]
    assert len(found) == len(set(found)) == arena.crowd


def test_categories_never_stand_in_a_circle(arena: Arena):
    ids = [_category() for _ in range(arena.crowd)]
    outcomes = arena.race(lambda db, n: categories.update_category(db, id=ids[n], row_version=None, parent_id=ids[n - 1], **BY))
    assert refused(outcomes, Invalid) == 1  # the one who would have closed it
    parents = {row.id: row.parent_id for row in arena.ask(select(Category.id, Category.parent_id).where(Category.id.in_(ids)))}
    for start in ids:
        seen, above = set(), start
        while above is not None:
            assert above not in seen
            seen.add(above)
            above = parents[above]


def test_a_category_that_is_deleted_is_empty(arena: Arena):
    for _ in range(3):
        shelf, product, sku = _category(), _product(name("P")), name("Q")

        def act(db, n, shelf=shelf, product=product, sku=sku):
            match n % 4:
                case 0:
                    categories.delete_category(db, id=shelf, **BY)
                case 1:
                    editing.update_product(db, id=product, row_version=None, category_id=shelf, **BY)
                case 2:
                    categories.create_category(db, name="Below", parent_id=shelf, **BY)
                case 3:
                    editing.create_product(db, name="Tea", category_id=shelf, variants=[{"sku": f"{sku}-{n}", "price": 1}], **BY)

        refused(arena.race(act), categories.CategoryInUse, Invalid, NotFound)
        there = arena.one(select(func.count()).where(Category.id == shelf))
        inside = arena.one(select(func.count()).where(Product.category_id == shelf))
        below = arena.one(select(func.count()).where(Category.parent_id == shelf))
        assert there == 1 or inside == below == 0


def test_of_those_who_save_the_same_form_one_saves(arena: Arena):
    product, shelf = _product(name("F")), _category()
    seen, of = arena.one(select(Product.row_version).where(Product.id == product)), arena.one(select(Category.row_version).where(Category.id == shelf))
    arena.one_wins(lambda db, n: editing.update_product(db, id=product, row_version=seen, name=f"Tea {n}", **BY), StaleRow)
    arena.one_wins(lambda db, n: categories.update_category(db, id=shelf, row_version=of, name=f"Shelf {n}", **BY), StaleRow)


def test_a_product_goes_on_sale_once_and_never_without_a_variant_that_is_sold(arena: Arena):
    product = _product(name("S"))
    arena.one_wins(lambda db, n: selling.put_on_sale(db, id=product, **BY), IllegalMove)
    for _ in range(3):
        sku = name("T")
        other = _product(sku)

        def act(db, n, other=other, sku=sku):
            if n % 2:
                selling.put_on_sale(db, id=other, **BY)
            else:
                editing.update_product(db, id=other, row_version=None, variants=[{"sku": sku, "price": 100, "retired": True}], **BY)

        refused(arena.race(act), IllegalMove, selling.NothingToSell)
        entry = AuditEntry.__table__.c
        acts = [r.action.rpartition(".")[2] for r in arena.ask(select(entry.action).where(entry.target_type == "products.Product", entry.target_id == str(other)).order_by(entry.id))]  # fmt: skip
        if "on_sale" in acts and "changed" in acts:
            assert acts.index("on_sale") < acts.index("changed")


def test_every_change_of_a_product_begins_where_the_one_before_ended(arena: Arena):
    sku = name("U")
    product = _product(sku)
    variant = arena.one(select(Variant.id).where(Variant.sku == sku))

    def act(db, n):
        price = 200 + n
        if n % 2:
            selling.change_price(db, id=product, prices=[{"id": variant, "price": price}], **BY)
        else:
            editing.update_product(
                db, id=product, row_version=None, name={"zh_CN": f"茶 {n}", "en": f"Tea {n}"}, description=f"{n}",
                variants=[{"id": variant, "sku": sku, "price": price}], **BY,
            )  # fmt: skip

    assert refused(arena.race(act)) == 0
    with reading() as db:
        mine = (AuditEntry.target_type == "products.Product") & (AuditEntry.target_id == str(product))
        entries = db.scalars(select(AuditEntry).where(mine, AuditEntry.action != "products.product.created").order_by(AuditEntry.id)).all()
        steps = told(db, entries)
    price = 100
    for step in steps:
        before, after = (_price(side, sku) for side in (step.before, step.after))
        assert before == price, [(s.before, s.after) for s in steps]
        price = after
    assert arena.one(select(Variant.price).where(Variant.id == variant)) == price
    texts = select(func.count()).where(Translation.resource == "products.Product", Translation.row_id == product, Translation.field == "name")
    assert arena.one(texts) == 1


def _price(side: dict[str, Any], sku: str) -> int:
    return side[sku] if sku in side else side["variants"][0]["price"]


def test_products_of_two_files_are_made_once_with_their_category(arena: Arena):
    word = name("file")
    records = [ProductRecord(f"{word}-{k}", "Tea", [VariantRecord(f"{word}-{k}", 100, "CNY")], category=f"Shelf {word}") for k in range(4)]

    def act(db, n):
        return history.upsert_products(db, records if n % 2 else records[::-1], batch_id="b", **BY)

    outcomes = arena.race(act)
    assert refused(outcomes, DomainError) == 0
    assert len({tuple(sorted(o.items())) for o in outcomes}) == 1
    assert arena.one(select(func.count()).where(Category.name == f"Shelf {word}")) == 1
