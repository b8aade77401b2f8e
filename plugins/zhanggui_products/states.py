"""What a product can be, and which moves there are."""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum

from zhanggui.api import Choice, _l


class ProductStatus(StrEnum):
    """Customers see only what is on sale."""

    DRAFT = "draft"
    ON_SALE = "on_sale"
    OFF_SALE = "off_sale"


MOVES: Mapping[ProductStatus, frozenset[ProductStatus]] = {
    ProductStatus.DRAFT: frozenset({ProductStatus.ON_SALE}),
    ProductStatus.ON_SALE: frozenset({ProductStatus.OFF_SALE}),
    ProductStatus.OFF_SALE: frozenset({ProductStatus.ON_SALE}),
}

CHOICES = (
    Choice("on_sale", _l("On sale"), "good"),
    Choice("draft", _l("Draft"), "warn"),
    Choice("off_sale", _l("Off sale"), "neutral"),
)
LABELS = {choice.value: choice.label for choice in CHOICES}


def leading_to(status: ProductStatus) -> list[ProductStatus]:
    """The statuses from which a move to ``status`` is allowed."""
    return [old for old, moves in MOVES.items() if status in moves]
