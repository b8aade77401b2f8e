"""Making and changing a product with its variants."""

from __future__ import annotations

from typing import Any

import pytest
from shop import NOON, rows
from sqlalchemy import select
from sqlalchemy.orm import Session

from zhanggui.api import Actor, Invalid, Money, NotFound, StaleRow, reader_at_work, timeline, translations
from zhanggui_products import facade as products
from zhanggui_products import queries
from zhanggui_products.models import Product, Variant
from zhanggui_products.services.editing import create_product, update_product

TEA = {"sku": "TEA-250", "price": Money(1990, "CNY"), "option": "250 g"}


def make(db: Session, owner: Actor, **more: Any) -> int:
    return create_product(db, actor=owner, now=NOON, **{"name": "Longjing tea", "variants": [TEA], **more})


def test_it_is_a_draft_with_its_variants(db: Session, owner: Actor) -> None:
    product = db.get_one(Product, make(db, owner, variants=[TEA, {"sku": "TEA-500", "price": Money(3500, "CNY")}]))
    assert (product.status, product.name) == ("draft", "Longjing tea")
    assert [(v.sku, v.price, v.currency, v.active) for v in product.variants] == [
        ("TEA-250", 1990, "CNY", True),
        ("TEA-500", 3500, "CNY", True),
    ]
    assert timeline(db, reader_at_work(owner), "products.Product", product.id)[0].action == "products.product.created"


def test_the_form_s_languages_become_source_and_translations(db: Session, owner: Actor) -> None:
    product_id = make(db, owner, name={"zh_CN": "龙井茶", "en": "Longjing tea"})
    assert db.get_one(Product, product_id).name == "龙井茶"
    assert translations.texts_of(db, "products.Product", {product_id: "龙井茶"}, "name", "en") == {
        product_id: "Longjing tea"
    }
    assert translations.texts_of(db, "products.Product", {product_id: "龙井茶"}, "name", "zh_CN") == {
        product_id: "龙井茶"
    }


def test_a_new_source_makes_its_translations_outdated(db: Session, owner: Actor) -> None:
    product_id = make(db, owner, name={"zh_CN": "龙井茶", "en": "Longjing tea"})
    update_product(
        db,
        id=product_id,
        row_version=None,
        actor=owner,
        now=NOON,
        name={"zh_CN": "西湖龙井", "en": "Longjing tea"},
        variants=[TEA],
    )
    outdated = translations.outdated_locales(db, "products.Product", product_id, "name", source="西湖龙井")
    assert outdated == ["en"]


@pytest.mark.parametrize(
    ("more", "field"),
    [
        ({"name": " "}, "name"),
        ({"name": {"en": "only a translation"}}, "name"),
        ({"variants": []}, "variants"),
        ({"variants": [{"sku": "", "price": 1}]}, "variants-0-sku"),
        ({"variants": [{"sku": "A"}]}, "variants-0-price"),
        ({"variants": [{"sku": "A", "price": Money(1, "USD")}]}, "variants-0-price"),
        ({"variants": [{"sku": "A", "price": -1}]}, "variants-0-price"),
        ({"variants": [{"sku": "A", "price": 1}, {"sku": "A", "price": 2}]}, "variants-1-sku"),
        ({"category_id": 4711}, "category_id"),
    ],
)
def test_it_names_the_field_that_is_wrong_and_writes_nothing(db: Session, owner: Actor, more: Any, field: str) -> None:
    with pytest.raises(Invalid) as refusal:
        make(db, owner, **more)
    assert field in refusal.value.errors
    assert (rows(db, Product), rows(db, Variant)) == (0, 0)


def test_a_sku_belongs_to_one_product(db: Session, owner: Actor) -> None:
    make(db, owner)
    with pytest.raises(Invalid) as refusal:
        make(db, owner, name="Another")
    assert "variants-0-sku" in refusal.value.errors
    assert rows(db, Product) == 1


def test_a_variant_that_is_left_out_is_no_longer_sold_but_stays(db: Session, owner: Actor) -> None:
    product_id = make(db, owner, variants=[TEA, {"sku": "TEA-500", "price": 3500}])
    update_product(db, id=product_id, row_version=None, actor=owner, now=NOON, name="Longjing tea", variants=[TEA])
    assert {v.sku: v.active for v in db.scalars(select(Variant))} == {"TEA-250": True, "TEA-500": False}


def test_a_form_gives_back_what_it_was_given(db: Session, owner: Actor) -> None:
    product_id = make(db, owner)
    product = db.get_one(Product, product_id)
    lines = queries.variant_lines(db, product)
    update_product(
        db, id=product_id, row_version=product.row_version, actor=owner, now=NOON, name="Longjing", variants=lines
    )
    assert rows(db, Variant) == 1
    assert db.get_one(Product, product_id).name == "Longjing"


def test_a_variant_of_another_product_cannot_be_taken_over(db: Session, owner: Actor) -> None:
    make(db, owner)
    foreign = db.scalars(select(Variant.id)).one()
    with pytest.raises(Invalid):
        make(db, owner, variants=[{"id": foreign, "sku": "MINE", "price": 1}])


def test_a_stale_save_is_refused(db: Session, owner: Actor) -> None:
    product_id = make(db, owner)
    version = db.get_one(Product, product_id).row_version
    update_product(db, id=product_id, row_version=version, actor=owner, now=NOON, name="First", variants=[TEA])
    with pytest.raises(StaleRow) as refusal:
        update_product(db, id=product_id, row_version=version, actor=owner, now=NOON, name="Second", variants=[TEA])
    assert refusal.value.changed["name"] == "First"


def test_orders_get_names_in_the_reader_s_language(db: Session, owner: Actor) -> None:
    make(db, owner, name={"zh_CN": "龙井茶", "en": "Longjing tea"})
    public = db.scalars(select(Variant.public_id)).one()
    for locale, name in (("en", "Longjing tea"), ("zh_CN", "龙井茶"), ("fr", "龙井茶"), (None, "龙井茶")):
        assert products.variants_for_order(db, [public], locale)[public].name == name
    assert products.variants_for_order(db, ["unknown"], None) == {}


def test_customers_do_not_find_a_draft(db: Session, owner: Actor) -> None:
    product = db.get_one(Product, make(db, owner))
    with pytest.raises(NotFound):
        products.product_on_shelf(db, product.public_id, locale="en")
    assert products.shelf(db, locale="en")[0] == []


def test_what_is_not_given_stays(db: Session, owner: Actor) -> None:
    product_id = make(db, owner, description={"zh_CN": "好茶", "en": "Good tea"}, position=7, pictures=["a" * 16])
    update_product(db, id=product_id, row_version=None, actor=owner, now=NOON, name="Green tea")
    product = db.get_one(Product, product_id)
    assert (product.name, product.description, product.position, product.picture) == ("Green tea", "好茶", 7, "a" * 16)
    assert translations.texts_of(db, "products.Product", [product_id], "description", "en") == {product_id: "Good tea"}
    assert [v.active for v in product.variants] == [True]


def test_a_category_keeps_what_is_not_given(db: Session, owner: Actor) -> None:
    from zhanggui_products.models import Category
    from zhanggui_products.services.categories import create_category, update_category

    above = create_category(db, actor=owner, now=NOON, name="Tea")
    below = create_category(
        db, actor=owner, now=NOON, name={"zh_CN": "绿茶", "en": "Green"}, parent_id=above, position=3
    )
    update_category(db, id=below, row_version=1, actor=owner, now=NOON, visible=False)
    category = db.get_one(Category, below)
    assert (category.name, category.parent_id, category.position, category.visible) == ("绿茶", above, 3, False)
    assert translations.texts_of(db, "products.Category", {below: "绿茶"}, "name", "en") == {below: "Green"}


def test_variants_exchange_their_skus(db: Session, owner: Actor) -> None:
    product_id = make(db, owner, variants=[TEA, {"sku": "TEA-500", "price": 3500}])
    first, second = db.get_one(Product, product_id).variants
    lines = [
        {"id": first.id, "sku": "TEA-500", "price": 1990}, {"id": second.id, "sku": "TEA-750", "price": 3500}, {"sku": "TEA-250", "price": 100},
    ]  # fmt: skip
    update_product(db, id=product_id, row_version=None, actor=owner, now=NOON, variants=lines)
    db.expire_all()
    found = {v.sku: v for v in db.get_one(Product, product_id).variants}
    assert (found["TEA-500"].id, found["TEA-750"].id) == (first.id, second.id)
    assert found["TEA-250"].id not in (first.id, second.id)


def test_a_sku_of_a_variant_that_is_left_out_is_taken(db: Session, owner: Actor) -> None:
    product_id = make(db, owner, variants=[TEA, {"sku": "TEA-500", "price": 3500}])
    first = db.get_one(Product, product_id).variants[0]
    with pytest.raises(Invalid) as refused:
        update_product(db, id=product_id, row_version=None, actor=owner, now=NOON, variants=[{"id": first.id, "sku": "TEA-500", "price": 1}])
    assert "variants-0-sku" in refused.value.errors
