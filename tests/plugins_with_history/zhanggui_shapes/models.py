"""The tables as they are after the second migration."""

from __future__ import annotations

from sqlalchemy import BigInteger, CheckConstraint, ForeignKey, Index, String, Text, UniqueConstraint, func, text
from sqlalchemy.orm import Mapped, mapped_column

from zhanggui.api import BigKey, Model


class Supplier(Model):
    """Renamed, narrowed, checked, without its old code."""

    __tablename__ = "shapes__supplier"
    __table_args__ = (
        CheckConstraint("length(name) > 0", name="name"),
        CheckConstraint("rating >= 0 AND rating IN (0, 1, 2, 3, 4, 5)", name="rating"),
        Index("ix_shapes__supplier_phone", "phone", unique=True, sqlite_where=text("phone <> ''"), postgresql_where=text("phone <> ''")),
    )

    id: Mapped[int] = mapped_column(BigKey, primary_key=True)
    name: Mapped[str] = mapped_column(String(40), unique=True)
    phone: Mapped[str] = mapped_column(String(40), server_default="")
    rating: Mapped[int | None]
    remark: Mapped[str | None] = mapped_column(Text)
    parent_id: Mapped[int | None] = mapped_column(ForeignKey("shapes__supplier.id"))


Index("ix_shapes__supplier_lower", func.lower(Supplier.name))


class Brand(Model):
    """What was a word in each offer."""

    __tablename__ = "shapes__brand"

    id: Mapped[int] = mapped_column(BigKey, primary_key=True)
    name: Mapped[str] = mapped_column(String(40), unique=True)


class Offer(Model):
    """Unique, and pointing to a brand."""

    __tablename__ = "shapes__offer"
    __table_args__ = (UniqueConstraint("supplier_id", "product"),)

    id: Mapped[int] = mapped_column(BigKey, primary_key=True)
    supplier_id: Mapped[int] = mapped_column(ForeignKey("shapes__supplier.id", ondelete="CASCADE"))
    product: Mapped[str] = mapped_column(String(40))
    brand_id: Mapped[int | None] = mapped_column(ForeignKey("shapes__brand.id"), index=True)


class Entry(Model):
    """Closed by triggers, which stay."""

    __tablename__ = "shapes__entry"

    id: Mapped[int] = mapped_column(BigKey, primary_key=True)
    supplier_id: Mapped[int] = mapped_column(ForeignKey("shapes__supplier.id"))
    amount: Mapped[int] = mapped_column(BigInteger)
