"""What clients send. Bodies leave out what they do not know; a query refuses it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from marshmallow import EXCLUDE, RAISE, Schema, fields

from zhanggui.api import _l

from .fields import MOST, NEEDED, Amount, ChoicesField, Currency, Flag, Length, Limit, Quantity, Several, Text, one_of


class Body(Schema):
    """Base of request bodies: a price in a cart is not looked at."""

    class Meta:
        unknown = EXCLUDE

    error_messages = {"type": _l("A JSON object is needed.")}


class Query(Schema):
    """Base of query arguments: a misspelt filter must not answer with everything."""

    class Meta:
        unknown = RAISE

    error_messages = {"unknown": _l("This is not known here.")}


def list_query(name: str, sorts: Sequence[str], **more: fields.Field[Any]) -> type[Query]:
    """The arguments of a list; the first of ``sorts`` is its own order."""
    limit = Limit(load_default=20, metadata={"minimum": 1, "maximum": MOST, "description": "Entries a page."})
    cursor = Text(600, 1, metadata={"description": "`next` of the page before; any other is 400.", "pattern": "^[A-Za-z0-9_-]+$"})
    sort = fields.String(load_default=sorts[0], validate=one_of(sorts))
    q = Text(100, load_default="", metadata={"description": "What to look for."})
    return type(name, (Query,), {"limit": limit, "cursor": cursor, "sort": sort, "q": q, **more})


class SessionBody(Body):
    code = Text(300, 1, required=True, metadata={"description": "A login code of an identity provider."})


class MoneyBody(Body):
    default_error_messages = NEEDED

    amount = Amount(required=True, metadata={"description": "In minor units: 1990 is 19.90.", "type": "integer"})
    currency = Currency(required=True, metadata={"pattern": "^[A-Z]{3}$"})


class CartLineBody(Body):
    variant_id = Text(32, 1, required=True)
    choices = ChoicesField("line")
    quantity = Quantity(required=True, metadata={"minimum": 1, "maximum": 9999})


class CartBody(Body):
    lines = Several(fields.Nested(CartLineBody), required=True)
    address_id = Text(32, allow_none=True, load_default=None)
    note = Text(500, load_default="", allow_none=True)
    choices = ChoicesField("order")


class OrderBody(CartBody):
    expected_total = fields.Nested(
        MoneyBody, allow_none=True, load_default=None,
        metadata={"description": "What the buyer was shown; when it costs something else, nothing is ordered."},
    )  # fmt: skip


class KeptCartBody(Body):
    lines = Several(fields.Nested(CartLineBody), required=True)


class FavouriteBody(Body):
    product_id = Text(32, 1, required=True)


class FavouriteQuery(Query):
    product_id = Text(32, 1, required=True)


class CancelBody(Body):
    reason = Text(200, load_default="", allow_none=True)


def _region(**kwargs: Any) -> fields.List[Any]:
    long = Length(1, 6, error=_l("From 1 to 6 names are needed."))  # type: ignore[arg-type]
    said = {"description": "Names, from the largest to the smallest; in China down to the district, where the caller knows it."}
    return Several(Text(60, 1), validate=long, metadata=said, **kwargs)


class AddressBody(Body):
    name = Text(100, 1, required=True)
    phone = Text(30, 1, required=True)
    region = _region(required=True)
    detail = Text(500, 1, required=True)
    is_default = Flag(load_default=False)


class AddressChanges(Body):
    name = Text(100, 1)
    phone = Text(30, 1)
    region = _region()
    detail = Text(500, 1)
    is_default = Flag(metadata={"description": "true makes it the default; another one becomes it by its own true."})


_EVENT = {"description": (
    "An object: id (made by the client, 8 to 64 letters and digits: sent twice, it counts once), name (visit, page, view, search, result_click, favourite, share, cart_add, "
    "cart_remove, checkout_start, address, quote, pay_start, coupon_take, message_open or scan), at (by the client's clock, with its zone), session, visitor (random, one for "
    "each installation), page, props. One that is wrong is counted as refused, and stops no other."
)}  # fmt: skip


class EventsBody(Body):
    events = Several(fields.Raw(metadata=_EVENT), required=True, validate=Length(0, 50, error=_l("At most {max} are taken at once.")), metadata={"maxItems": 50})  # type: ignore[arg-type]
    consent = Several(fields.String(), load_default=list, metadata={"description": "What the visitor agreed to: needed, measure, personal. Without measure nothing is kept but a count."})
    sent_at = Text(40, load_default="", metadata={"description": "When this is sent, by the client's clock, with its zone."})
    mark = fields.String(load_default="", validate=one_of(["", "staff", "test"]), metadata={"description": "staff or test, where this is no customer."})
