"""What clients send and are answered. Bodies leave out what they do not know; a query refuses it."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any

from marshmallow import EXCLUDE, RAISE, Schema, ValidationError, fields, validate

from zhanggui.api import _l

_CODE = re.compile(r"[A-Z]{3}\Z")
_DIGITS = re.compile(r"[0-9]{1,4}\Z")
MOST = 100
_NEEDED = {"required": _l("This is needed."), "null": _l("This is needed.")}


class _Length(validate.Length):
    """With a sentence that is translated when it is said, not when this module is read."""

    def _format_error(self, value: Any, message: str) -> str:
        return str(self.error or message).format(input=value, min=self.min, max=self.max, equal=self.equal)


class _OneOf(validate.OneOf):
    """The same for a choice."""

    def _format_error(self, value: Any) -> str:
        return str(self.error).format(input=value, choices=self.choices_text)


def one_of(choices: Sequence[str]) -> validate.OneOf:
    """One of a few words."""
    return _OneOf(choices, error=_l("This is none of: {choices}."))  # type: ignore[arg-type]


def _length(most: int, least: int = 0) -> validate.Length:
    return _Length(least, most, error=_l("This has {min} to {max} characters."))  # type: ignore[arg-type]


class Text(fields.String):
    """Text that every database takes, without spaces around it."""

    default_error_messages = {**_NEEDED, "invalid": _l("A text is needed."), "characters": _l("This holds signs that are none.")}

    def __init__(self, most: int, least: int = 0, **kwargs: Any) -> None:
        super().__init__(validate=_length(most, least), **kwargs)
        self.least = least

    def _deserialize(self, value: Any, attr: str | None, data: Mapping[str, Any] | None, **kwargs: Any) -> str:
        if not isinstance(value, str):
            raise self.make_error("invalid")
        try:
            value.encode()
        except UnicodeEncodeError:
            raise self.make_error("characters") from None
        if "\0" in value:
            raise self.make_error("characters")
        if self.least and not value.strip():
            raise self.make_error("required")
        return value.strip()


class Quantity(fields.Integer):
    """How many. The rule is that of orders, which names the line; here it only must be there."""

    default_error_messages = _NEEDED

    def _deserialize(self, value: Any, attr: str | None, data: Mapping[str, Any] | None, **kwargs: Any) -> Any:
        return value


class Amount(fields.Integer):
    """Minor units, as a whole number alone."""

    default_error_messages = {**_NEEDED, "invalid": _l("A whole number of minor units is needed.")}

    def _deserialize(self, value: Any, attr: str | None, data: Mapping[str, Any] | None, **kwargs: Any) -> int:
        if type(value) is not int or abs(value) > 10**15:
            raise self.make_error("invalid")
        return value


class Currency(fields.String):
    """An ISO 4217 code."""

    default_error_messages = {**_NEEDED, "invalid": _l("A currency is three letters, such as CNY.")}

    def _deserialize(self, value: Any, attr: str | None, data: Mapping[str, Any] | None, **kwargs: Any) -> str:
        if not isinstance(value, str) or not _CODE.match(value):
            raise self.make_error("invalid")
        return value


class Flag(fields.Boolean):
    """True or false, and no word for it."""

    default_error_messages = {**_NEEDED, "invalid": _l("Only true or false will do.")}

    def _deserialize(self, value: Any, attr: str | None, data: Mapping[str, Any] | None, **kwargs: Any) -> bool:
        if not isinstance(value, bool):
            raise self.make_error("invalid")
        return value


class Limit(fields.Integer):
    """How many entries a page has."""

    def _deserialize(self, value: Any, attr: str | None, data: Mapping[str, Any] | None, **kwargs: Any) -> int:
        if not _DIGITS.match(value) or not 1 <= int(value) <= MOST:
            raise ValidationError(_l("A whole number from 1 to 100 is needed."))
        return int(value)


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
    cursor = Text(600, 1, metadata={"description": "`next` of the page before."})
    sort = fields.String(load_default=sorts[0], validate=one_of(sorts))
    q = Text(100, load_default="", metadata={"description": "What to look for."})
    return type(name, (Query,), {"limit": limit, "cursor": cursor, "sort": sort, "q": q, **more})



# -- bodies ------------------------------------------------------------------------------------


class SessionBody(Body):
    code = Text(300, 1, required=True, metadata={"description": "A login code of an identity provider."})


class ChoicesField(fields.Raw):
    """What was chosen, by plugin. Which choices there are depends on what is enabled: ``read_choices`` knows."""

    def __init__(self, per: str) -> None:
        super().__init__(load_default=None, allow_none=True, metadata={"choices": per})


class MoneyBody(Body):
    default_error_messages = _NEEDED

    amount = Amount(required=True, metadata={"description": "In minor units: 1990 is 19.90.", "type": "integer"})
    currency = Currency(required=True, metadata={"pattern": "^[A-Z]{3}$"})


class CartLineBody(Body):
    variant_id = Text(32, 1, required=True)
    choices = ChoicesField("line")
    quantity = Quantity(required=True, metadata={"minimum": 1, "maximum": 9999})


class _Lines(fields.List[Any]):
    default_error_messages = {**_NEEDED, "invalid": _l("A list is needed.")}


class CartBody(Body):
    lines = _Lines(fields.Nested(CartLineBody), required=True)
    address_id = Text(32, allow_none=True, load_default=None)
    note = Text(500, load_default="", allow_none=True)
    choices = ChoicesField("order")


class OrderBody(CartBody):
    expected_total = fields.Nested(
        MoneyBody, allow_none=True, load_default=None,
        metadata={"description": "What the buyer was shown; when it costs something else, nothing is ordered."},
    )  # fmt: skip


class CancelBody(Body):
    reason = Text(200, load_default="", allow_none=True)


def _region(**kwargs: Any) -> fields.List[Any]:
    long = _Length(1, 6, error=_l("From 1 to 6 names are needed."))  # type: ignore[arg-type]
    return _Lines(Text(60, 1), validate=long, metadata={"description": "Names, from the largest to the smallest."}, **kwargs)


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


# -- answers: they document what is sent, and tests hold every example to them -------------------


class Money(Schema):
    amount = fields.Integer(required=True, strict=True, metadata={"description": "In minor units: 1990 is 19.90."})
    currency = fields.String(required=True, validate=validate.Length(equal=3))


def money(**kwargs: Any) -> fields.Nested:
    return fields.Nested(Money, required=True, **kwargs)


def moment() -> fields.DateTime:
    return fields.DateTime(required=True, allow_none=True, format="iso")


def text(**kwargs: Any) -> fields.String:
    return fields.String(required=True, **kwargs)


class ExtraField(fields.Dict):
    """What other plugins add, by plugin; see ``extensions.py``."""

    def __init__(self, of: str) -> None:
        super().__init__(required=True, metadata={"extra": of, "description": "What other plugins say of it."})


class Session(Schema):
    token = text()
    expires_in = fields.Integer(required=True, strict=True, metadata={"description": "Seconds."})


class Picture(Schema):
    thumb = text(metadata={"description": "Address; relative to the server where the shop has no public one."})
    full = text()


class Variant(Schema):
    id = text()
    sku = text()
    option = text()
    attributes = fields.Dict(required=True)
    price = money()
    available = fields.Integer(required=True, strict=True)


class Product(Schema):
    id = text()
    name = text()
    description = text()
    category_id = text(allow_none=True)
    pictures = fields.List(fields.Nested(Picture), required=True)
    price = money(allow_none=True, metadata={"description": "Of the cheapest variant."})
    variants = fields.List(fields.Nested(Variant), required=True)
    extra = ExtraField("product")


class Me(Schema):
    id = text()
    name = text()
    extra = ExtraField("customer")


class Category(Schema):
    id = text()
    parent_id = text(allow_none=True)
    name = text()
    picture = fields.Nested(Picture, required=True, allow_none=True)


class LinePart(Schema):
    kind = text(validate=validate.OneOf(["discount", "freight", "fee", "tax"]))
    source = text()
    amount = money()


class QuoteLine(Schema):
    variant_id = text()
    sku = text()
    name = text()
    option = text()
    picture = fields.Nested(Picture, required=True, allow_none=True)
    unit_price = money()
    quantity = fields.Integer(required=True, strict=True)
    discount = money()
    total = money()
    available = fields.Integer(required=True, strict=True)
    parts = fields.List(fields.Nested(LinePart), required=True)


class PriceChange(Schema):
    label = text()
    kind = text(validate=validate.OneOf(["discount", "freight", "fee", "tax"]))
    step = text(metadata={"description": "What changed the price: `<plugin>.<step>`."})
    source = text(metadata={"description": "What it comes from there, such as `coupon:81`."})
    amount = money()


class PriceNote(Schema):
    source = text()
    applied = fields.Boolean(required=True)
    reason = text(metadata={"description": "Why not, for programs."})
    text = text(metadata={"description": "The same for people."})
    amount = money()
    missing = money(metadata={"description": "How much more would make it apply."})


class Quote(Schema):
    lines = fields.List(fields.Nested(QuoteLine), required=True)
    adjustments = fields.List(fields.Nested(PriceChange), required=True)
    notes = fields.List(fields.Nested(PriceNote), required=True)
    subtotal = money()
    discount = money()
    freight = money()
    fee = money()
    tax = money()
    total = money()
    extra = ExtraField("quote")


class OrderLine(Schema):
    variant_id = text(allow_none=True)
    sku = text()
    name = text()
    option = text()
    picture = fields.Nested(Picture, required=True, allow_none=True)
    unit_price = money()
    quantity = fields.Integer(required=True, strict=True)
    discount = money()
    total = money()


class OrderAddress(Schema):
    name = text()
    phone = text()
    region = fields.List(fields.String(), required=True)
    detail = text()


class Shipment(Schema):
    carrier = text()
    tracking_number = text()
    shipped_at = moment()


class Refund(Schema):
    amount = money()
    state = text(validate=validate.OneOf(["requested", "processing", "abnormal", "succeeded", "failed"]))
    at = moment()


class Order(Schema):
    number = text()
    status = text(validate=validate.OneOf(["open", "closing", "completed", "canceled"]))
    payment_status = text(
        validate=validate.OneOf(["unpaid", "partly_paid", "paid", "overpaid", "partly_refunded", "refunded"])
    )
    fulfillment_status = text(validate=validate.OneOf(["unfulfilled", "partly", "fulfilled", "received"]))
    stage = text(validate=validate.OneOf(["to_pay", "to_ship", "shipped", "done", "canceled"]))
    lines = fields.List(fields.Nested(OrderLine), required=True)
    subtotal = money()
    discount = money()
    freight = money()
    fee = money()
    tax = money()
    total = money()
    adjustments = fields.List(fields.Nested(PriceChange), required=True)
    extra = ExtraField("order")
    address = fields.Nested(OrderAddress, required=True, allow_none=True)
    note = text()
    shipments = fields.List(fields.Nested(Shipment), required=True)
    refunds = fields.List(fields.Nested(Refund), required=True)
    placed_at = moment()
    paid_at = moment()
    shipped_at = moment()
    completed_at = moment()
    canceled_at = moment()
    cancel_reason = text()


class Address(Schema):
    id = text()
    name = text()
    phone = text()
    region = fields.List(fields.String(), required=True)
    detail = text()
    is_default = fields.Boolean(required=True)


class Problem(Schema):
    """RFC 9457."""

    type = text()
    title = text()
    status = fields.Integer(required=True)
    code = text(metadata={"description": "Stable, for programs."})
    detail = text(metadata={"description": "A sentence in the reader's language."})
    correlation = text()
    errors = fields.Dict(keys=fields.String(), values=fields.String())


def listed(entry: type[Schema]) -> type[Schema]:
    """A page of these."""
    items = fields.List(fields.Nested(entry), required=True)
    return type(f"{entry.__name__}List", (Schema,), {"items": items, "next": text(allow_none=True)})


PRODUCTS, CATEGORIES, ORDERS, ADDRESSES = listed(Product), listed(Category), listed(Order), listed(Address)
