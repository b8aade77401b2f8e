"""What happened to products."""

from __future__ import annotations

from dataclasses import dataclass

from zhanggui.api import Code, Event, _l


@dataclass(frozen=True)
class ProductSaved(Event, name="products.product.saved", version=1, key="product_id", words=_l("Product saved")):
    """A product was made or its details or variants changed; ``variant_ids`` are all it has now."""

    product_id: int
    variant_ids: list[int]


@dataclass(frozen=True)
class ProductsImported(Event, name="products.product.imported", version=1, words=_l("Products imported")):
    """Products were made or changed in bulk; ``variant_ids`` are some hundreds of their variants."""

    variant_ids: list[int]


@dataclass(frozen=True)
class PriceChanged(Event, name="products.variant.price_changed", version=1, key="variant_id", words=_l("Price changed")):
    """A variant costs something else from now on; orders already placed keep their price."""

    variant_id: int
    product_id: int
    price: int
    currency: Code
