"""A cell of a list is changed where it stands: through the form or verb that it names, with its right, the version of the row and its trail."""

from __future__ import annotations

import re
from dataclasses import replace

import pytest
from sqlalchemy import select

from zhanggui.audit.models import AuditEntry
from zhanggui.db.uow import reading, unit_of_work
from zhanggui.host import current_host
from zhanggui.host.columns import check_screen
from zhanggui.kernel.errors import WiringError
from zhanggui.testing.fixtures import NOON
from zhanggui.web.kinds import BUILT_IN
from zhanggui_inventory.models import StockLevel
from zhanggui_products.models import Category, Product, Variant

pytestmark = pytest.mark.parametrize("kind", ["sqlite"], indirect=True)
PART = {"Accept": "text/html", "Accept-Language": "en", "HX-Request": "true"}


@pytest.fixture
def tea(instance, owner):
    """``tea(2)`` adds a product with so many variants; answers its id."""
    from zhanggui_inventory.services.levels import ensure_levels
    from zhanggui_products.services.editing import create_product

    def make(variants=1):
        with unit_of_work() as db:
            lines = [{"sku": f"T{variants}-{n}", "option": f"{n} g", "price": 1990} for n in range(variants)]
            made = create_product(db, actor=owner, now=NOON, name="Longjing", variants=lines)
            ensure_levels(db, [v.id for v in db.get(Product, made).variants], now=NOON)
            return made

    return make


def opened(visitor, path, cell):
    """The input of a cell: what would be posted with it."""
    page = visitor.get(f"{path}?cell={cell}", headers=PART)
    assert page.status_code == 200, page.text
    return dict(re.findall(r'name="([^"]+)"[^>]* value="([^"]*)"', page.text))


def price_of(product):
    with reading() as db:
        return db.scalar(select(Variant.price).where(Variant.product_id == product))


def test_the_price_of_the_only_variant_is_changed_by_its_verb(visit, tea):
    clerk, product = visit("clerk"), tea()
    path = f"/products/{product}/change_price"
    assert f'href="{path}" data-cell="price" aria-label="Change Price of Longjing"' in clerk.get("/products/").text
    form = opened(clerk, path, "price")
    assert form["prices-0-price"] == "19.90" and form["row_version"].isdigit()
    done = clerk.post(path, form | {"prices-0-price": "21.50"}, headers=PART)
    assert done.status_code == 200 and "The price was changed." in done.text
    assert price_of(product) == 2150
    with reading() as db:
        assert db.scalar(select(AuditEntry.action).order_by(AuditEntry.id.desc())) == "products.product.price_changed"


def test_a_save_over_somebody_elses_is_refused_in_the_cell_with_what_stands(visit, tea):
    clerk, product = visit("clerk"), tea()
    path = f"/products/{product}/change_price"
    form = opened(clerk, path, "price")
    assert clerk.post(path, form | {"prices-0-price": "30"}, headers=PART).status_code == 200
    late = clerk.post(path, form | {"prices-0-price": "25"}, headers=PART)
    assert late.status_code == 409 and price_of(product) == 3000
    assert "Somebody else changed this in the meantime." in late.text and "Saved now: ¥30.00" in late.text and 'value="25"' in late.text
    again = dict(re.findall(r'name="([^"]+)"[^>]* value="([^"]*)"', late.text))
    assert clerk.post(path, again, headers=PART).status_code == 200 and price_of(product) == 2500


def test_what_is_wrong_stays_in_the_cell(visit, tea):
    clerk, product = visit("clerk"), tea()
    path = f"/products/{product}/change_price"
    wrong = clerk.post(path, opened(clerk, path, "price") | {"prices-0-price": "much"}, headers=PART)
    assert wrong.status_code == 422 and "An amount such as" in wrong.text and 'value="much"' in wrong.text and "data-cell-form" in wrong.text
    assert price_of(product) == 1990


def test_two_variants_have_the_sheet(visit, tea):
    assert visit("clerk").get(f"/products/{tea(2)}/change_price?cell=price", headers=PART).status_code == 204


def test_stock_is_counted_and_a_count_that_others_moved_is_refused(visit, tea):
    tea()
    with reading() as db:
        level = db.scalar(select(StockLevel.id).order_by(StockLevel.id.desc()))
    hand, path = visit("warehouse"), f"/stock/{level}/count"
    form = opened(hand, path, "on_hand")
    assert form["counted"] == "0"  # what the column shows
    assert hand.post(path, form | {"counted": "12"}, headers=PART).status_code == 200
    late = hand.post(path, form | {"counted": "5"}, headers=PART)
    assert late.status_code == 409 and "Saved now: 12" in late.text
    with reading() as db:
        assert db.get(StockLevel, level).on_hand == 12


def test_who_lacks_the_right_is_offered_nothing_and_refused(visit, tea):
    product = tea()
    viewer = visit("viewer")
    assert "cell-edit" not in viewer.get("/products/").text
    assert viewer.get(f"/products/{product}/change_price?cell=price", headers=PART).status_code == 403
    assert viewer.post(f"/products/{product}/change_price", {"_cell": "price", "prices-0-price": "1", "row_version": "1"}, headers=PART).status_code == 403
    assert price_of(product) == 1990


def test_a_field_of_the_form_is_changed_alone(visit):
    clerk = visit("clerk")
    assert clerk.post("/categories/add", {"name__zh_CN": "Green", "name__en": "Green tea", "position": "1", "visible": "1"}).status_code == 303
    with reading() as db:
        row = db.scalar(select(Category.id).order_by(Category.id.desc()))
    path = f"/categories/{row}/edit"
    assert clerk.post(path, opened(clerk, path, "position") | {"position": "9"}, headers=PART).status_code == 200
    with reading() as db:
        after = db.get(Category, row)
        assert (after.position, after.name, after.visible) == (9, "Green", True)


@pytest.mark.parametrize("cell", ["name", "nothing", "position", ""])
def test_a_cell_that_edits_something_else_is_refused(visit, tea, cell):
    assert visit("owner").get(f"/products/{tea()}/change_price?cell={cell}", headers=PART).status_code == 400


def test_without_a_script_the_link_is_the_ordinary_sheet(visit, tea):
    page = visit("clerk").get(f"/products/{tea()}/change_price")
    assert page.status_code == 200 and "data-form" in page.text and "data-cell-form" not in page.text


@pytest.mark.parametrize("edit", ["nothing", "change_price.nothing", "change_price.prices", "change_price.prices.option", "name"])
def test_a_column_that_names_no_single_input_is_no_part_of_a_screen(instance, edit):
    host = current_host()
    screen = host.screens["products.Product"]
    columns = [replace(c, edit=edit) if c.name == "price" else c for c in screen.columns]
    with pytest.raises(WiringError, match="edit names no field"):
        check_screen(replace(screen, columns=columns), BUILT_IN)
