"""Tables of the catalogue."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import JSON, BigInteger, CheckConstraint, ForeignKey, Index, String, Text, false
from sqlalchemy.orm import Mapped, mapped_column, relationship

from zhanggui.api import BigKey, Model, UTCDateTime, Versioned, code_string, public_id


class Category(Versioned, Model):
    """A shelf of the shop; shelves stand in a tree."""

    __tablename__ = "products__category"

    id: Mapped[int] = mapped_column(BigKey, primary_key=True)
    public_id: Mapped[str] = mapped_column(code_string(16), unique=True, default=public_id)
    parent_id: Mapped[int | None] = mapped_column(ForeignKey("products__category.id"), index=True)
    name: Mapped[str] = mapped_column(String(120))
    position: Mapped[int] = mapped_column(default=0, index=True)
    visible: Mapped[bool] = mapped_column(default=True)
    picture: Mapped[str | None] = mapped_column(String(40))
    search_text: Mapped[str] = mapped_column(Text, default="", server_default="")  # see `words.stored`: its names


class Product(Versioned, Model):
    """What is described to the customer. Its name and description can be translated."""

    __tablename__ = "products__product"
    __table_args__ = (
        Index("ix_products__product_shelf", "status", "position", "id"),
        # What lists of the staff are sorted by.
        Index("ix_products__product_name", "name", "id"),
        Index("ix_products__product_changed", "changed_at", "id"),
        Index("ix_products__product_created", "created_at", "id"),
        Index("ix_products__product_category_shelf", "category_id", "status", "position", "id"),
    )

    id: Mapped[int] = mapped_column(BigKey, primary_key=True)
    public_id: Mapped[str] = mapped_column(code_string(16), unique=True, default=public_id)
    external_key: Mapped[str | None] = mapped_column(code_string(64), unique=True)
    name: Mapped[str] = mapped_column(String(200))
    description: Mapped[str] = mapped_column(Text, default="")
    category_id: Mapped[int | None] = mapped_column(ForeignKey("products__category.id"))
    status: Mapped[str] = mapped_column(String(16), default="draft")
    position: Mapped[int] = mapped_column(default=0)
    pictures: Mapped[list[str]] = mapped_column(JSON, default=list)
    picture: Mapped[str | None] = mapped_column(String(40))  # the first of them, for lists
    search_text: Mapped[str] = mapped_column(Text, default="")  # see `words.stored`: names, SKUs and barcodes
    created_at: Mapped[datetime] = mapped_column(UTCDateTime)
    changed_at: Mapped[datetime] = mapped_column(UTCDateTime)

    variants: Mapped[list[Variant]] = relationship(
        lambda: Variant,
        order_by=lambda: (Variant.position, Variant.id),
        back_populates="product",
    )


class Variant(Model):
    """What is sold: one SKU at one price."""

    __tablename__ = "products__variant"
    __table_args__ = (
        CheckConstraint("price >= 0", name="price"),
        CheckConstraint("cost IS NULL OR cost >= 0", name="cost"),
        Index("ix_products__variant_product_place", "product_id", "position", "id"),
    )

    id: Mapped[int] = mapped_column(BigKey, primary_key=True)
    public_id: Mapped[str] = mapped_column(code_string(16), unique=True, default=public_id)
    product_id: Mapped[int] = mapped_column(ForeignKey("products__product.id"))
    sku: Mapped[str] = mapped_column(code_string(64), unique=True)
    option: Mapped[str] = mapped_column(String(200), default="")  # "250 g, tin"
    attributes: Mapped[dict[str, Any]] = mapped_column(JSON, default=dict)
    price: Mapped[int] = mapped_column(BigInteger)  # minor units
    currency: Mapped[str] = mapped_column(String(3))
    cost: Mapped[int | None] = mapped_column(BigInteger)
    barcode: Mapped[str | None] = mapped_column(code_string(64), index=True)
    weight_g: Mapped[int | None]
    position: Mapped[int] = mapped_column(default=0)
    active: Mapped[bool] = mapped_column(default=True)
    free: Mapped[bool] = mapped_column(default=False, server_default=false())  # somebody said that it is meant to cost nothing

    product: Mapped[Product] = relationship(back_populates="variants")
