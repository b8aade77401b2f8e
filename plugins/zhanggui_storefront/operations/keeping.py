"""The cart that follows its customer, and his favourites."""

from __future__ import annotations

from typing import Any

from zhanggui.api import Operation, UnknownChoice, read_choices
from zhanggui_inventory import facade as inventory
from zhanggui_products import facade as products

from .. import examples, keeping, schemas, shapes
from ..contracts import ShopRequest
from ..paging import page, place_of
from .catalog import shown

FavouriteList = schemas.list_query("FavouriteList", ["-added_at"])


def show_cart(request: ShopRequest) -> dict[str, Any]:
    """What is in it, at today's prices. What cannot be bought any more is said so, and stays until somebody takes it out."""
    rows = keeping.lines_of(request.db, request.customer.id)
    sold = products.variants_by_id(request.db, [row.variant_id for row in rows], request.locale)
    stock = inventory.stock_of(request.db, [row.variant_id for row in rows])
    public = products.public_ids(request.db, {one.product_id for one in sold.values()})
    lines = [shapes.cart_line(sold[row.variant_id], public[sold[row.variant_id].product_id], row, stock) for row in rows if row.variant_id in sold]
    return {"lines": lines, "changed_at": shapes.moment(max((row.changed_at for row in rows), default=None))}


def keep_cart(request: ShopRequest) -> dict[str, Any]:
    """Put these lines in the place of all that were there. Stock is held, and prices are fixed, by an order alone."""
    lines = request.body["lines"]
    for n, line in enumerate(lines):
        read_choices("line", line["choices"], f"lines.{n}.choices")
    wanted = [keeping.Wanted(line["variant_id"], line["quantity"], line["choices"] or {}) for line in lines]
    keeping.keep_cart(request.db, customer_id=request.customer.id, lines=wanted, now=request.now)
    return show_cart(request)


def list_favourites(request: ShopRequest) -> dict[str, Any]:
    """The newest first; what is not on sale now is left out, and is there again when it is back."""
    place = place_of("favourites", request)
    rows, following = keeping.favourites_of(request.db, request.customer.id, limit=request.query["limit"], after=place)
    found = {one.id: one for one in products.products_on_shelf(request.db, [row.product_id for row in rows], locale=request.locale)}
    here = [row for row in rows if row.product_id in found]
    listed = shown(request, [found[row.product_id] for row in here])
    return page("favourites", request, [{"added_at": shapes.moment(row.added_at), "product": one} for row, one in zip(here, listed, strict=True)], following)


def add_favourite(request: ShopRequest) -> tuple[dict[str, Any], int]:
    """Remember a product that is on sale; again it is the same."""
    product = products.product_on_shelf(request.db, request.body["product_id"], locale=request.locale)
    new = keeping.add_favourite(request.db, customer_id=request.customer.id, product_id=product.id, now=request.now)
    return {"product_id": product.public_id}, 201 if new else 200


def forget_favourite(request: ShopRequest) -> tuple[None, int]:
    """It is none any more; what was none is none."""
    return _forget(request, request.query["product_id"])


def forget_favourite_of_path(request: ShopRequest) -> tuple[None, int]:
    """The same by its address."""
    return _forget(request, request.path["id"])


def _forget(request: ShopRequest, public: str) -> tuple[None, int]:
    found = products.product_ids(request.db, [public]).get(public)
    if found is not None:
        keeping.remove_favourite(request.db, customer_id=request.customer.id, product_id=found)
    return None, 204


OPERATIONS = [
    Operation("GET", "/cart", show_cart, "My cart", answer=schemas.Cart, example=examples.SHOW_CART),
    Operation(
        "PUT", "/cart", keep_cart, "Keep my cart", body=schemas.KeptCartBody, answer=schemas.Cart, refuses=(UnknownChoice, keeping.TooManyLines),
        example=examples.KEEP_CART,
    ),
    Operation(
        "GET", "/favourites", list_favourites, "My favourites", query=FavouriteList, answer=schemas.FAVOURITES, example=examples.LIST_FAVOURITES
    ),
    Operation(
        "POST", "/favourites", add_favourite, "Remember a product", body=schemas.FavouriteBody, answer=schemas.Liked, status=201,
        refuses=(keeping.TooManyFavourites,), example=examples.ADD_FAVOURITE,
    ),
    Operation(
        "DELETE", "/favourites", forget_favourite, "Forget a product", query=schemas.FavouriteQuery, status=204, example=examples.FORGET_FAVOURITE
    ),
    Operation("DELETE", "/favourites/{id}", forget_favourite_of_path, "Forget a product by its id", status=204, example=examples.FORGET_FAVOURITE_BY_ID),
]  # fmt: skip
