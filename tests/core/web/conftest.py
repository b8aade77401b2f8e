"""Some products and categories to look at."""

from __future__ import annotations

import pytest

from zhanggui.db.uow import unit_of_work
from zhanggui.testing.fixtures import NOON


@pytest.fixture
def shelves(instance, owner):
    """``shelves(30)`` adds so many products, every second one on sale; answers their ids."""
    from zhanggui_products.services.editing import create_product
    from zhanggui_products.services.selling import put_on_sale

    def fill(count, name="Tea {n}"):
        ids = []
        with unit_of_work() as db:
            for n in range(count):
                ids.append(
                    create_product(db, actor=owner, now=NOON, name=name.format(n=n), variants=[{"sku": f"TEA-{n}", "price": 1990}])
                )
                if n % 2:
                    put_on_sale(db, id=ids[-1], actor=owner, now=NOON)
        return ids

    return fill
