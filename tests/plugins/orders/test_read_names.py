"""What an order holds is read by each in his own language: by staff in theirs, by the buyer in the order's."""

from __future__ import annotations

from gettext import NullTranslations
from types import SimpleNamespace

import pytest
from shop import place

from zhanggui.api import InLanguages, keep_text, kept_text, reading, unit_of_work
from zhanggui.i18n.texts import Reader, read_by, reader
from zhanggui.testing.fixtures import NOON
from zhanggui_inventory import facade as inventory
from zhanggui_orders import facade as orders
from zhanggui_orders.models import Order, OrderLine
from zhanggui_orders.rules import named, sold
from zhanggui_products import facade as products
from zhanggui_products.services import editing, selling


@pytest.fixture(autouse=True)
def nobody_reads_afterwards():
    before = reader()
    yield
    read_by(before)


@pytest.fixture
def bilingual(instance, owner):
    """A product with a name in each language of the shop, and one that has a Chinese name alone."""
    with unit_of_work() as db:
        made = []
        for sku, name in (("TEA-250", {"zh_CN": "西湖龙井", "en": "Longjing tea"}), ("CUP", {"zh_CN": "茶杯"})):
            product = editing.create_product(db, actor=owner, now=NOON, name=name, variants=[{"sku": sku, "price": 1990}])
            selling.put_on_sale(db, id=product, actor=owner, now=NOON)
            variant = products.variant_ids_by_sku(db, [sku])[sku][0]
            inventory.ensure_levels(db, [variant], now=NOON)
            inventory.restock(db, variant_id=variant, quantity=9, actor=owner, now=NOON)
            made.append(products.variants_by_id(db, [variant])[variant])
        return made


def said(order_id, locale):
    read_by(Reader(locale, NullTranslations()))
    with reading() as db:
        order = db.get_one(Order, order_id)
        lines = db.query(OrderLine).filter_by(order_id=order_id).order_by(OrderLine.position).all()
        return str(sold(order)), [named(line)[0] for line in lines], [line.name for line in lines]


@pytest.mark.parametrize(("bought_in", "buyer_reads"), [("en", ["Longjing tea", "茶杯"]), ("zh_CN", ["西湖龙井", "茶杯"])])
def test_staff_read_theirs_and_the_buyer_reads_the_orders(bilingual, owner, bought_in, buyer_reads):
    tea, cup = bilingual
    with unit_of_work() as db:
        order = place(db, owner, (tea, 2), (cup, 1), locale=bought_in).id
    assert said(order, "zh_CN") == ("西湖龙井 ×2, 茶杯 ×1", ["西湖龙井", "茶杯"], buyer_reads)
    assert said(order, "en") == ("Longjing tea ×2, 茶杯 ×1", ["Longjing tea", "茶杯"], buyer_reads)
    read_by(Reader("zh_CN", NullTranslations()))
    with reading() as db:
        assert [line.name for line in orders.lines_money(db, order)] == ["西湖龙井", "茶杯"]


def test_a_name_that_changes_later_changes_no_order(bilingual, owner):
    tea, _cup = bilingual
    with unit_of_work() as db:
        order = place(db, owner, (tea, 1), locale="en").id
        editing.update_product(
            db, id=tea.product_id, row_version=None, actor=owner, now=NOON, name={"zh_CN": "明前龙井", "en": "Spring tea"},
            variants=[{"id": tea.id, "sku": "TEA-250", "price": 1990}],
        )  # fmt: skip
    assert said(order, "zh_CN")[:2] == ("西湖龙井 ×1", ["西湖龙井"])


def test_an_order_of_before_keeps_what_it_has():
    line, order = SimpleNamespace(name="Tea", option="250 g", texts=None), SimpleNamespace(summary="Tea ×1", summaries=None)
    assert (named(line), str(sold(order))) == (("Tea", "250 g"), "Tea ×1")


def test_a_text_is_kept_for_each_who_reads_it():
    line = keep_text(InLanguages("Tea", {"zh_CN": "茶"}))
    read_by(Reader("zh_CN", NullTranslations()))
    assert kept_text(line) == "茶"
    read_by(Reader("en", NullTranslations()))
    assert (kept_text(line), kept_text("what somebody wrote"), kept_text(None)) == ("Tea", "what somebody wrote", "")
