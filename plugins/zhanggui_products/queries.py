"""Reads of the catalogue, one statement for a whole page."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from typing import Any

from sqlalchemy import Row, Subquery, and_, bindparam, exists, func, or_, select
from sqlalchemy.orm import Session

from zhanggui.api import Hit, InLanguages, Reader, find_rows, fmt, get_setting, translations, url_for_file, words

from .contracts import Shelf, ShelfProduct, ShelfVariant, SoldVariant
from .models import Category, Product, Variant
from .states import LABELS, ProductStatus

PRODUCT, CATEGORY, VARIANT = "products.Product", "products.Category", "products.Variant"


# -- for screens -------------------------------------------------------------------------------


_variant = Variant.__table__.c
_RANGES = (
    select(_variant.product_id, _variant.currency, func.min(_variant.price), func.max(_variant.price))
    .where(_variant.product_id.in_(bindparam("ids", expanding=True)), _variant.active.is_(True))
    .group_by(_variant.product_id, _variant.currency)
)


def price_ranges(db: Session, _reader: Reader, ids: Sequence[int]) -> dict[int, str]:
    """What each product costs, in words: one price, or from lowest to highest."""
    ranges: dict[int, str] = {}
    for product_id, currency, low, high in db.execute(_RANGES, {"ids": list(ids)}):
        text = str(fmt.money(low, currency))
        ranges[product_id] = text if low == high else f"{text} – {fmt.money(high, currency)}"
    return ranges


def category_name(c: Any) -> Any:
    """What the category of a product is called, in the statement that reads the product."""
    return select(Category.name).where(Category.id == c.category_id).scalar_subquery()


def variant_lines(db: Session, row: Any) -> list[dict[str, Any]]:
    """The variants of a product as lines of its form."""
    variants, other = _variants(db, row.id), other_language()
    named = translations.texts_of(db, VARIANT, [v.id for v in variants], "option", other) if other else {}
    return [
        {
            "id": v.id, "sku": v.sku, "option": v.option, "option_other": named.get(v.id, ""), "price": v.price, "cost": v.cost, "barcode": v.barcode,
            "weight_g": v.weight_g, "retired": not v.active, "currency": v.currency, "active": v.active,
        }
        for v in variants
    ]  # fmt: skip


def other_language() -> str | None:
    """The language beside the one that this shop writes in; None where it has one alone."""
    return next((code for code in get_setting("i18n.locales") if code != translations.source_locale()), None)


def sold_section(db: Session, reader: Reader, row: Any) -> dict[str, Any]:
    """The variants of a product as its page shows them; what they cost the shop, for who may see it."""
    return {"variants": variant_lines(db, row), "costs": reader.may("can_see_cost", PRODUCT)}


def pictures_section(db: Session, _reader: Reader, row: Any) -> dict[str, Any]:
    """The pictures of a product, in their order."""
    ids = db.scalar(select(Product.pictures).where(Product.id == row.id)) or []
    return {"pictures": [(url_for_file(file_id), url_for_file(file_id, "full")) for file_id in ids]}


def price_lines(db: Session, row: Any) -> list[dict[str, Any]]:
    """The variants that are sold, with their prices, as lines of the price form."""
    return [{"id": v.id, "option": v.option or v.sku, "price": v.price} for v in _variants(db, row.id) if v.active]


def _variants(db: Session, product_id: int) -> Sequence[Row[Any]]:
    c = Variant.__table__.c
    return db.execute(select(*c).where(c.product_id == product_id).order_by(c.position, c.id)).all()


def product_texts(field: str) -> Any:
    """A reader of every language of one field of a product, for its form."""
    return lambda db, row: translations.all_texts(db, PRODUCT, row.id, field, source=getattr(row, field))


def category_texts(db: Session, row: Any) -> dict[str, str]:
    """Every language of a category's name, for its form."""
    return translations.all_texts(db, CATEGORY, row.id, "name", source=row.name)


def product_counts(db: Session, _reader: Reader, ids: Sequence[int]) -> dict[int, int]:
    """How many products stand in each category itself."""
    rows = db.execute(
        select(Product.category_id, func.count()).where(Product.category_id.in_(ids)).group_by(Product.category_id)
    )
    return dict(rows.all())


def search(db: Session, reader: Reader, text: str, limit: int) -> list[Hit]:
    """Products by a part of their name, a SKU or a barcode."""
    rows = find_rows(db, reader, PRODUCT, text, limit, columns=("name", "status"), sort="-id")
    return [Hit(row.name, LABELS[row.status], f"/products/{row.id}", "package") for row in rows]


# -- for orders and stock ----------------------------------------------------------------------


def option_texts(db: Session, sources: Mapping[int, str]) -> dict[int, InLanguages]:
    """What variants are called, ``{id: option}``, in each language of the shop."""
    texts = translations.texts_in_all_of(db, VARIANT, sources, "option") if sources else {}
    return {key: InLanguages(source, texts[key]) for key, source in sources.items()}


def sold_variants(
    db: Session,
    *,
    public_ids: Collection[str] | None = None,
    ids: Collection[int] | None = None,
    locale: str | None = None,
) -> list[SoldVariant]:
    """Variants with what an order line freezes: in the buyer's language, and beside it in each that the shop has."""
    wanted = Variant.public_id.in_(list(public_ids)) if public_ids is not None else Variant.id.in_(list(ids or ()))
    rows = db.execute(
        select(
            Variant.id, Variant.public_id, Variant.product_id, Variant.sku, Variant.option, Variant.price,
            Variant.currency, Variant.weight_g, Variant.active, Variant.cost, Product.name, Product.picture,
            Product.status, Product.category_id,
        )
        .join(Product, Product.id == Variant.product_id)
        .where(wanted)
        .order_by(Variant.id)
    ).all()  # fmt: skip
    sources = {row.product_id: row.name for row in rows}
    texts = translations.texts_in_all_of(db, PRODUCT, sources, "name") if sources else {}
    names = {key: InLanguages(source, texts[key]) for key, source in sources.items()}
    options = option_texts(db, {row.id: row.option for row in rows})
    return [
        SoldVariant(
            id=row.id, public_id=row.public_id, product_id=row.product_id, sku=row.sku,
            name=names[row.product_id].of(locale) if locale else row.name,
            texts={
                code: {"name": names[row.product_id].of(code), "option": options[row.id].of(code)}
                for code in {**texts[row.product_id], **options[row.id].texts}
            },
            option=options[row.id].of(locale) if locale else row.option, picture=row.picture, price=row.price, currency=row.currency, weight_g=row.weight_g,
            sellable=row.active and row.status == ProductStatus.ON_SALE, category_id=row.category_id,
            cost=row.cost,
        )
        for row in rows
    ]  # fmt: skip


# -- for customers -----------------------------------------------------------------------------


def shelf_page(
    db: Session,
    *,
    locale: str,
    limit: int,
    after: tuple[int, int] | None = None,
    category: str | None = None,
    q: str = "",
) -> tuple[list[ShelfProduct], tuple[int, int] | None]:
    """One page of what is on sale, in the shop's order, and the place where the next page begins."""
    statement = select(Product).where(Product.status == ProductStatus.ON_SALE)
    if category is not None:
        statement = statement.where(Product.category_id.in_(_with_children(category)))
    if q:
        statement = statement.where(words.found(Product.search_text, q))
    if after is not None:
        place, last = after
        statement = statement.where(or_(Product.position > place, and_(Product.position == place, Product.id > last)))
    products = list(db.scalars(statement.order_by(Product.position, Product.id).limit(limit + 1)))
    more, products = len(products) > limit, products[:limit]
    following = (products[-1].position, products[-1].id) if more else None
    return shelf_products(db, products, locale), following


def _with_children(category: str) -> Any:
    """A visible category and the visible ones below it."""
    tree = (
        select(Category.id)
        .where(Category.public_id == category, Category.visible.is_(True))
        .cte("tree", recursive=True)
    )
    below = select(Category.id).join(tree, Category.parent_id == tree.c.id).where(Category.visible.is_(True))
    tree = tree.union(below)
    return select(tree.c.id)


def shelf_products(db: Session, products: Sequence[Product], locale: str) -> list[ShelfProduct]:
    """Products as customers see them: texts in one language, variants that can be bought."""
    ids = [product.id for product in products]
    sources = {"name": {p.id: p.name for p in products}, "description": {p.id: p.description for p in products}}
    texts = translations.texts_of_fields(db, PRODUCT, sources, locale)
    variants: dict[int, list[ShelfVariant]] = {product_id: [] for product_id in ids}
    found = db.scalars(
        select(Variant)
        .where(Variant.product_id.in_(ids), Variant.active.is_(True))
        .order_by(Variant.position, Variant.id)
    ).all()
    options = translations.texts_of(db, VARIANT, {v.id: v.option for v in found}, "option", locale)
    for v in found:
        variants[v.product_id].append(
            ShelfVariant(v.id, v.public_id, v.sku, options[v.id], v.attributes, v.price, v.currency)
        )
    categories = _public_ids(db, {p.category_id for p in products if p.category_id is not None})
    return [
        ShelfProduct(
            id=p.id, public_id=p.public_id, name=texts["name"][p.id], description=texts["description"][p.id],
            category_id=categories.get(p.category_id or 0), pictures=list(p.pictures or ()), variants=variants[p.id],
            position=p.position,
        )
        for p in products
    ]  # fmt: skip


def _public_ids(db: Session, ids: Collection[int]) -> Mapping[int, str]:
    """The public ids of those categories that customers see."""
    if not ids:
        return {}
    rows = db.execute(select(Category.id, Category.public_id, Category.parent_id).where(Category.visible.is_(True))).all()
    seen = _seen({row.id: row.parent_id for row in rows})
    return {row.id: row.public_id for row in rows if row.id in seen and row.id in ids}


def _seen(parents: Mapping[int, int | None]) -> set[int]:
    """Of visible categories, with the one each stands below, those that stand below no hidden one."""
    seen: set[int] = set()
    for row_id in parents:
        path, above = [], row_id
        while above not in seen and above in parents and above not in path:
            path.append(above)
            parent = parents[above]
            if parent is None:
                seen.update(path)
                break
            above = parent
        else:
            if above in seen:
                seen.update(path)
    return seen


def product_on_shelf(db: Session, public_id: str) -> Product | None:
    """A product on sale, by its public id."""
    return db.scalar(select(Product).where(Product.public_id == public_id, Product.status == ProductStatus.ON_SALE))


def on_sale(db: Session, product_ids: Collection[int]) -> list[Product]:
    """Those of some products that are on sale."""
    return list(db.scalars(select(Product).where(Product.id.in_(product_ids), Product.status == ProductStatus.ON_SALE).order_by(Product.id)))


def public_ids(db: Session, product_ids: Collection[int]) -> dict[int, str]:
    """The public ids of products."""
    return dict(db.execute(select(Product.id, Product.public_id).where(Product.id.in_(product_ids))).tuples().all())


def shelves(db: Session, locale: str) -> list[Shelf]:
    """Every visible category, parents before children, in the shop's order."""
    rows = list(db.scalars(select(Category).where(Category.visible.is_(True)).order_by(Category.position, Category.id)))
    seen = _seen({row.id: row.parent_id for row in rows})
    rows = [row for row in rows if row.id in seen]
    names = translations.texts_of(db, CATEGORY, {row.id: row.name for row in rows}, "name", locale)
    public = {row.id: row.public_id for row in rows}
    return [
        Shelf(row.id, row.public_id, public.get(row.parent_id or 0), names[row.id], row.picture, row.position)
        for row in rows
    ]


def variants_of(db: Session, product_ids: Collection[int]) -> dict[int, list[int]]:
    """Ids of every variant of some products."""
    found: dict[int, list[int]] = {product_id: [] for product_id in product_ids}
    rows = db.execute(
        select(Variant.product_id, Variant.id)
        .where(Variant.product_id.in_(list(product_ids)))
        .order_by(Variant.position, Variant.id)
    )
    for product_id, variant_id in rows:
        found[product_id].append(variant_id)
    return found


def variant_ids_by_code(db: Session, codes: Collection[str]) -> dict[str, int]:
    """Variants by SKU, else by barcode; a barcode that several have means none."""
    wanted = {code.strip() for code in codes if code.strip()}
    if not wanted:
        return {}
    c = Variant.__table__.c
    rows = db.execute(select(c.id, c.sku, c.barcode).where(or_(c.sku.in_(wanted), c.barcode.in_(wanted)))).all()
    barcodes = Counter(row.barcode for row in rows if row.barcode)
    by_barcode = {row.barcode: row.id for row in rows if row.barcode and barcodes[row.barcode] == 1}
    return {code: found for code, found in (by_barcode | {row.sku: row.id for row in rows}).items() if code in wanted}


def has_products(db: Session, _reader: Reader) -> bool:
    """Whether the shop has a product, however far it is."""
    return bool(db.scalar(select(exists(select(Product.id)))))


def product_ids(db: Session, public_ids: Collection[str]) -> dict[str, int]:
    """Ids of products by their public ones."""
    return dict(db.execute(select(Product.public_id, Product.id).where(Product.public_id.in_(list(public_ids)))).tuples().all())


def rows_of_costs() -> Subquery:
    """See the facade."""
    c = Variant.__table__.c
    return select(c.id, c.cost, c.currency).subquery()
