"""Putting on sale, prices, shelves and bulk."""

from __future__ import annotations

import pytest
from shop import NOON, add_product, rows
from sqlalchemy.orm import Session

from zhanggui.api import Actor, IllegalMove, Invalid, Money, gateway, reader_at_work, timeline
from zhanggui.host import current_host
from zhanggui.web.query import ListQuery
from zhanggui_products import facade as products
from zhanggui_products import queries
from zhanggui_products.contracts import ProductRecord, VariantRecord
from zhanggui_products.models import Category, Product, Variant
from zhanggui_products.services import categories
from zhanggui_products.services.editing import create_product
from zhanggui_products.services.selling import NothingToSell, change_price, put_on_sale, take_off_sale
from zhanggui_products.states import MOVES, ProductStatus

VERBS = {ProductStatus.ON_SALE: put_on_sale, ProductStatus.OFF_SALE: take_off_sale}


@pytest.mark.parametrize("old", list(ProductStatus))
@pytest.mark.parametrize("wanted", list(VERBS))
def test_every_move_is_made_or_refused_as_the_table_says(
    db: Session, owner: Actor, old: ProductStatus, wanted: ProductStatus
) -> None:
    product_id = create_product(db, actor=owner, now=NOON, name="Tea", variants=[{"sku": "A", "price": 1}])
    if old is not ProductStatus.DRAFT:
        put_on_sale(db, id=product_id, actor=owner, now=NOON)
    if old is ProductStatus.OFF_SALE:
        take_off_sale(db, id=product_id, actor=owner, now=NOON)
    version = db.get_one(Product, product_id).row_version
    if wanted in MOVES[old]:
        VERBS[wanted](db, id=product_id, actor=owner, now=NOON)
        assert db.get_one(Product, product_id).status == wanted
    else:
        with pytest.raises(IllegalMove):
            VERBS[wanted](db, id=product_id, actor=owner, now=NOON)
        product = db.get_one(Product, product_id)
        assert (product.status, product.row_version) == (old, version)


def test_a_product_without_a_sold_variant_does_not_go_on_sale(db: Session, owner: Actor) -> None:
    variants = [{"sku": "A", "price": 1, "retired": True}]
    product_id = create_product(db, actor=owner, now=NOON, name="Tea", variants=variants)
    with pytest.raises(NothingToSell):
        put_on_sale(db, id=product_id, actor=owner, now=NOON)


def test_a_new_price_is_on_record(db: Session, owner: Actor) -> None:
    tea = add_product(db, owner, price=1990)
    prices = [{"id": str(tea.id), "option": "250 g", "price": Money(2190, "CNY")}]
    change_price(db, id=tea.product_id, prices=prices, actor=owner, now=NOON)
    assert products.variants_by_id(db, [tea.id])[tea.id].price == 2190
    entry = timeline(db, reader_at_work(owner), "products.Product", tea.product_id)[0]
    assert (entry.before, entry.after) == ({"TEA-250": 1990}, {"TEA-250": 2190})


def test_a_price_of_another_product_or_below_zero_is_refused(db: Session, owner: Actor) -> None:
    tea, cup = add_product(db, owner), add_product(db, owner, "CUP")
    for line in (
        {"id": cup.id, "price": 1},
        {"id": tea.id, "price": -1},
        {"id": tea.id, "price": Money(1, "USD")},
        {"price": 1},
    ):
        with pytest.raises(Invalid):
            change_price(db, id=tea.product_id, prices=[line], actor=owner, now=NOON)
    assert products.variants_by_id(db, [tea.id])[tea.id].price == 1990


def test_a_list_says_one_price_or_a_range(db: Session, owner: Actor) -> None:
    one = add_product(db, owner, "ONE", price=1990)
    variants = [{"sku": "S", "price": 1000}, {"sku": "L", "price": 3000}]
    two = create_product(db, actor=owner, now=NOON, name="Two", variants=variants)
    ranges = queries.price_ranges(db, reader_at_work(owner), [one.product_id, two])
    assert ranges[one.product_id].endswith("19.90")
    assert "10.00" in ranges[two]
    assert "30.00" in ranges[two]


def test_a_shelf_holds_what_lies_below_it_and_nothing_hidden(db: Session, owner: Actor) -> None:
    def shelf(name: str, parent: int | None = None, visible: bool = True) -> int:
        return categories.create_category(db, actor=owner, now=NOON, name=name, parent_id=parent, visible=visible)

    tea = shelf("Tea")
    green, secret = shelf("Green", tea), shelf("Secret", visible=False)
    for sku, category in (("G", green), ("X", secret)):
        product_id = create_product(
            db, actor=owner, now=NOON, name=sku, variants=[{"sku": sku, "price": 1}], category_id=category
        )
        put_on_sale(db, id=product_id, actor=owner, now=NOON)
    public = {s.name: s for s in products.shelves(db, locale="en")}
    assert set(public) == {"Tea", "Green"}
    assert public["Green"].parent_id == public["Tea"].public_id
    found, _next = products.shelf(db, locale="en", category=public["Tea"].public_id)
    assert [p.name for p in found] == ["G"]
    assert found[0].category_id == public["Green"].public_id


def test_a_shelf_is_paged_without_gaps(db: Session, owner: Actor) -> None:
    for n in range(5):
        add_product(db, owner, f"SKU-{n}", name=f"Tea {n}", stock=0)
    seen, after = [], None
    while True:
        page, after = products.shelf(db, locale="en", limit=2, after=after)
        seen += [p.name for p in page]
        if after is None:
            break
    assert seen == [f"Tea {n}" for n in range(5)]
    assert [p.name for p in products.shelf(db, locale="en", q="sku-3")[0]] == ["Tea 3"]


def test_a_category_does_not_stand_below_itself(db: Session, owner: Actor) -> None:
    above = categories.create_category(db, actor=owner, now=NOON, name="Tea")
    below = categories.create_category(db, actor=owner, now=NOON, name="Green", parent_id=above)
    with pytest.raises(Invalid):
        categories.update_category(db, id=above, row_version=None, actor=owner, now=NOON, name="Tea", parent_id=below)


def test_only_an_empty_category_is_deleted(db: Session, owner: Actor) -> None:
    above = categories.create_category(db, actor=owner, now=NOON, name="Tea")
    below = categories.create_category(db, actor=owner, now=NOON, name="Green", parent_id=above)
    with pytest.raises(categories.CategoryInUse):
        categories.delete_category(db, id=above, actor=owner, now=NOON)
    categories.delete_category(db, id=below, actor=owner, now=NOON)
    categories.delete_category(db, id=above, actor=owner, now=NOON)
    assert rows(db, Category) == 0


def records(count: int) -> list[ProductRecord]:
    return [
        ProductRecord(f"K{n}", f"Thing {n}", [VariantRecord(f"S{n}", 100 + n, "CNY")], category="Imported")
        for n in range(count)
    ]


def test_an_import_twice_gives_the_same_rows_brought_up_to_date(db: Session, owner: Actor) -> None:
    first = products.upsert_products(db, records(10), batch_id="b")
    renamed = ProductRecord("K3", "Renamed", [VariantRecord("S3", 999, "CNY")], category="Imported")
    assert products.upsert_products(db, [*records(3), renamed], batch_id="b").items() <= first.items()
    assert (rows(db, Product), rows(db, Variant), rows(db, Category)) == (10, 10, 1)
    product = db.get_one(Product, first["K3"])
    assert (product.name, product.status, product.variants[0].price) == ("Renamed", "on_sale", 999)


def test_an_import_does_not_take_a_sku_from_another_product(db: Session, owner: Actor) -> None:
    add_product(db, owner, "S1")
    with pytest.raises(Invalid):
        products.upsert_products(db, records(3), batch_id="b")


def test_the_list_names_categories_without_a_statement_more(db: Session, owner: Actor) -> None:
    category = categories.create_category(db, actor=owner, now=NOON, name="Tea")
    for sku, chosen in (("A", category), ("B", None)):
        create_product(db, actor=owner, now=NOON, name=sku, variants=[{"sku": sku, "price": 1}], category_id=chosen)
    found = gateway.page(db, current_host().screens["products.Product"], reader_at_work(owner), ListQuery())
    assert [(row.name, row.category) for row in found.rows] == [("B", None), ("A", "Tea")]
    assert set(found.extra) == {"price", "inventory__available"}


def test_what_stands_below_a_hidden_category_is_hidden_with_it(db: Session, owner: Actor) -> None:
    tea = categories.create_category(db, actor=owner, now=NOON, name="Tea")
    green = categories.create_category(db, actor=owner, now=NOON, name="Green", parent_id=tea)
    categories.create_category(db, actor=owner, now=NOON, name="Longjing", parent_id=green)
    assert [shelf.name for shelf in queries.shelves(db, "en")] == ["Tea", "Green", "Longjing"]
    db.get_one(Category, green).visible = False
    db.flush()
    assert [shelf.name for shelf in queries.shelves(db, "en")] == ["Tea"]
