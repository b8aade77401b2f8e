"""What crosses the border of this plugin. Money is in minor units beside its currency."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True)
class SoldVariant:
    """A variant as an order line freezes it. ``sellable`` is false for a draft or what was taken off sale."""

    id: int
    public_id: str
    product_id: int
    sku: str
    name: str
    option: str
    picture: str | None
    price: int
    currency: str
    weight_g: int | None
    sellable: bool
    category_id: int | None = None
    cost: int | None = None  # what the shop paid for one, where it says so
    texts: Mapping[str, Mapping[str, str]] = field(default_factory=dict)  # {locale: {"name", "option"}}, in each language of the shop that has them


@dataclass(frozen=True)
class ShelfVariant:
    """A variant as customers see it."""

    id: int
    public_id: str
    sku: str
    option: str
    attributes: Mapping[str, Any]
    price: int
    currency: str


@dataclass(frozen=True)
class ShelfProduct:
    """A product as customers see it, with the variants that can be bought."""

    id: int
    public_id: str
    name: str
    description: str
    category_id: str | None  # public id
    pictures: Sequence[str]
    variants: Sequence[ShelfVariant]
    position: int


@dataclass(frozen=True)
class Shelf:
    """A visible category."""

    id: int
    public_id: str
    parent_id: str | None  # public id
    name: str
    picture: str | None
    position: int


@dataclass(frozen=True)
class VariantRecord:
    """A variant as an import brings it."""

    sku: str
    price: int
    currency: str
    option: str = ""
    cost: int | None = None
    barcode: str | None = None
    weight_g: int | None = None
    attributes: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class ProductRecord:
    """A product as an import brings it, known by ``key`` when it comes again.

    ``given`` names the columns that the file has (of the product and of its variants); of a product that is
    there already, only these are changed. None: all of them.
    """

    key: str
    name: str
    variants: Sequence[VariantRecord]
    description: str = ""
    category: str | None = None  # by its name; made where there is none
    status: str = "on_sale"
    given: frozenset[str] | None = None
