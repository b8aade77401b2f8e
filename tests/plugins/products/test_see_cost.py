"""What a variant cost the shop is for who may see it; who may not does not erase it by saving."""

from __future__ import annotations

from typing import Any

import pytest
from shop import NOON
from sqlalchemy import select
from sqlalchemy.orm import Session
from werkzeug.datastructures import MultiDict

from zhanggui.api import Actor, Invalid, gateway
from zhanggui.host import current_host
from zhanggui.host.permissions import screen_permissions
from zhanggui.web.context import form_context
from zhanggui.web.given import as_posted
from zhanggui_products import facade as products
from zhanggui_products.models import Variant
from zhanggui_products.services.editing import create_product, update_product

LINE = {"sku": "TEA-250", "price": 1990, "option": "250 g"}


@pytest.fixture
def tea(db: Session, owner: Actor) -> int:
    return create_product(db, actor=owner, now=NOON, name="Longjing tea", variants=[{**LINE, "cost": 700}])


def asked_of(who: Actor) -> set[str]:
    fields = gateway.writable(current_host().screens["products.Product"], who)
    return {line.name for f in fields if f.name == "variants" for line in f.rows}


def test_the_right_is_declared_and_the_form_asks_only_who_has_it(owner: Actor, clerk: Actor) -> None:
    assert ("can_see_cost", "products.Product") in screen_permissions(current_host().screens["products.Product"])
    trusted = Actor("user", name="buyer", permissions=clerk.permissions | {("can_see_cost", "products.Product")})
    assert ["cost" in asked_of(who) for who in (owner, trusted, clerk)] == [True, True, False]
    assert asked_of(owner) - asked_of(clerk) == {"cost"}


def test_rest_knows_no_such_field_for_who_may_not_see_it(owner: Actor, clerk: Actor) -> None:
    def posted(who: Actor) -> MultiDict[str, str]:
        fields = gateway.writable(current_host().screens["products.Product"], who)
        return as_posted(fields, {"variants": [{"sku": "TEA-250", "cost": "7.00"}]}, form_context(who, NOON))

    assert posted(owner)["variants-0-cost"] == "7.00"
    with pytest.raises(Invalid) as refusal:
        posted(clerk)
    assert "variants-0-cost" in refusal.value.errors


@pytest.mark.parametrize(("line", "left"), [({}, 700), ({"cost": None}, None), ({"cost": 800}, 800)])
def test_a_form_without_the_cost_leaves_it(db: Session, owner: Actor, tea: int, line: dict[str, Any], left: int | None) -> None:
    update_product(db, id=tea, row_version=None, actor=owner, now=NOON, variants=[{**LINE, "price": 2100, **line}])
    variant = db.scalars(select(Variant)).one()
    assert (variant.price, variant.cost) == (2100, left)
    assert products.variants_by_id(db, [variant.id])[variant.id].cost == left
