"""What there is to buy."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from zhanggui.api import Operation
from zhanggui_inventory import facade as inventory
from zhanggui_products import facade as products
from zhanggui_products.contracts import ShelfProduct

from .. import examples, schemas, shapes
from ..contracts import ShopRequest
from ..extensions import extended
from ..paging import page, place_of, short_page

ProductList = schemas.list_query(
    "ProductList", ["position"],
    category=schemas.Text(32, metadata={"description": "Id of a category; what lies below it is included."}),
)  # fmt: skip
CategoryList = schemas.list_query("CategoryList", ["position"])


def list_products(request: ShopRequest) -> dict[str, Any]:
    """A page of what is on sale, in the shop's order."""
    place, query = place_of("products", request), request.query
    found, following = products.shelf(
        request.db, locale=request.locale, limit=query["limit"], after=(place[0], place[1]) if place else None,
        category=query.get("category") or None, q=query["q"],
    )  # fmt: skip
    return page("products", request, shown(request, found), following)


def show_product(request: ShopRequest) -> dict[str, Any]:
    """One product on sale."""
    found = products.product_on_shelf(request.db, request.path["id"], locale=request.locale)
    return shown(request, [found])[0]


def shown(request: ShopRequest, found: Sequence[ShelfProduct]) -> list[dict[str, Any]]:
    """Products as they are answered, with what can be bought of them now."""
    stock = inventory.stock_of(request.db, [v.id for p in found for v in p.variants])
    return extended("product", request, found, [p.id for p in found], [shapes.product(p, stock) for p in found])


def list_categories(request: ShopRequest) -> dict[str, Any]:
    """The shelves that customers see, parents beside children."""
    found = products.shelves(request.db, locale=request.locale)
    return short_page("categories", request, found, shapes.category, lambda shelf: shelf.name)


OPERATIONS = [
    Operation(
        "GET", "/products", list_products, "What is on sale", auth="public", query=ProductList, answer=schemas.PRODUCTS,
        example=examples.LIST_PRODUCTS,
    ),
    Operation(
        "GET", "/products/{id}", show_product, "One product", auth="public", answer=schemas.Product,
        example=examples.SHOW_PRODUCT,
    ),
    Operation(
        "GET", "/categories", list_categories, "The shelves of the shop", auth="public", query=CategoryList,
        answer=schemas.CATEGORIES, example=examples.LIST_CATEGORIES,
    ),
]  # fmt: skip
