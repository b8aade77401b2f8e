"""What somebody takes away as a file is read back by the import: nothing new, nothing changed, in either language and kind of file."""

from __future__ import annotations

import csv
import io
import zipfile

import pytest
from sqlalchemy import select

from zhanggui.auth import service as accounts
from zhanggui.auth.principal import find_principal
from zhanggui.db.uow import reading, unit_of_work
from zhanggui.files.private import find_private_file
from zhanggui.host import current_host
from zhanggui.importing import brought, work
from zhanggui.importing.models import ExportChoice, ImportFileRow
from zhanggui.importing.reader import open_table
from zhanggui.jobs import runner
from zhanggui.kernel import clock
from zhanggui.kernel.actors import SYSTEM, Actor
from zhanggui.kernel.errors import Invalid
from zhanggui.kernel.reader import Reader
from zhanggui.tasks.models import Task
from zhanggui.testing.fixtures import PASSWORD
from zhanggui.web.file_exports import chosen_columns, columns_of, exporters_of, start_file
from zhanggui_customers.services.addresses import add_address
from zhanggui_customers.services.profile import create_customer
from zhanggui_inventory import facade as inventory
from zhanggui_orders import facade as orders
from zhanggui_orders.contracts import CartLine
from zhanggui_orders.services.fulfillment import ship_order
from zhanggui_orders.services.placement import place_order
from zhanggui_products.models import Variant
from zhanggui_products.services.categories import create_category
from zhanggui_products.services.editing import create_product
from zhanggui_products.services.selling import put_on_sale

FORMULA = '=HYPERLINK("http://evil.example";"x")'


@pytest.fixture
def owner(instance) -> Actor:
    with unit_of_work() as db:
        user_id = accounts.create_user(db, username="boss", password=PASSWORD, roles=["owner"], actor=SYSTEM, now=clock.now())
    return find_principal(user_id).actor()


@pytest.fixture
def shop(owner):
    """Products with and without options, a customer with a formula for a note, an order that was sent and one that was not."""
    by = {"actor": owner, "now": clock.now()}
    with unit_of_work() as db:
        shelf = create_category(db, name="绿茶", **by)
        lines = [{"sku": "007", "option": "50g", "price": 12850, "cost": 3000, "barcode": "6900000000017", "weight_g": 50},
                 {"sku": "LJ-100", "option": "100g", "price": 24800}]  # fmt: skip
        product = create_product(db, name="西湖龙井", description=FORMULA, category_id=shelf, variants=lines, **by)
        create_product(db, name="青花杯", variants=[{"sku": "CUP", "price": 0}], **by)
        put_on_sale(db, id=product, **by)
        buyer = create_customer(db, name="王小明", phone="13800138000", note="+不要电话", **by)
        place = add_address(db, customer_id=buyer, name="王小明", phone="13800138000", region=["浙江省", "杭州市", "西湖区"], detail="龙井路 1 号", **by)
        variants = db.scalars(select(Variant).order_by(Variant.id)).all()
        for variant in variants:
            inventory.ensure_levels(db, [variant.id], now=clock.now())
            inventory.restock(db, variant_id=variant.id, quantity=9, **by)
        sent = place_order(db, lines=[CartLine(variants[0].public_id, 2)], customer_id=buyer, address_id=place.public_id, **by)
        place_order(db, lines=[CartLine(variants[1].public_id, 1)], customer_id=buyer, **by)
        orders.mark_paid_offline(db, order_id=sent.id, method="cash", **by)
        ship_order(db, id=sent.id, carrier="sf", tracking_number="SF1234567890", **by)


def taken(actor: Actor, kind: str, ending: str, locale: str, columns=None):
    exporter = exporters_of(actor)[kind]
    with unit_of_work() as db:
        reader = Reader(actor, brought.shop_zone(), locale, clock.now())
        task_id = start_file(db, exporter, columns or columns_of(exporter, actor), ending, {}, reader=reader, now=clock.now())
        job_id = db.scalar(select(Task.job_id).where(Task.id == task_id))
    runner.run(job_id)
    with reading() as db:
        task = db.execute(select(Task.state, Task.file_id, Task.sentence).where(Task.id == task_id)).one()
        assert task.state == "done", task.sentence
        return find_private_file(db, task.file_id, clock.now())


def table(file, tmp_path):
    path = tmp_path / file.name
    path.write_bytes(file.path.read_bytes())
    return open_table(path)


def test_everything_is_the_same_when_it_comes_back(shop, owner):
    for kind, rows in (("products", 3), ("customers", 1), ("orders", 2)):
        for locale in ("zh_CN", "en"):
            for ending in ("csv", "xlsx"):
                file = taken(owner, kind, ending, locale)
                stream = io.BytesIO(file.path.read_bytes())
                seen = brought.glance(stream, file.name)
                with unit_of_work() as db:
                    file_id = brought.bring(db, stream, seen, filename=file.name, kind=kind, actor=owner, now=clock.now())
                with unit_of_work() as db:
                    matched = brought.file_row(db, file_id, owner).mapping
                    importer = brought.importer_of(kind, owner)
                    assert set(matched) >= set(importer.labels) & set(exporters_of(owner)[kind].columns), (kind, locale)
                    work.look(db, file_id, matched, actor=owner, now=clock.now())
                    job_id = db.scalar(select(Task.job_id).order_by(Task.id.desc()).limit(1))
                runner.run(job_id)
                with reading() as db:
                    told = db.scalars(select(ImportFileRow.told).where(ImportFileRow.file_id == file_id)).all()
                    assert brought.file_row(db, file_id, owner).counts == {"same": rows}, (kind, locale, ending, told)


def test_an_order_has_what_a_parcel_needs_in_words(shop, owner, tmp_path):
    found = table(taken(owner, "orders", "xlsx", "zh_CN"), tmp_path)
    row = dict(zip(found.columns, next(r for r in found.rows() if "SF1234567890" in r), strict=False))
    assert (row["SKU"], row["单价"], row["手机号"], row["运单号"]) == ("007", "128.5", "13800138000", "SF1234567890")
    assert row["地址"] == "浙江省 杭州市 西湖区 龙井路 1 号"
    assert row["快递公司"] == "顺丰速运"
    assert (row["订单结果"], row["订单状态"]) == ("进行中", "已发货")


def test_each_column_asks_for_its_right_and_the_choice_is_kept(shop, owner):
    rights = {("can_export", r) for r in ("orders.Order", "products.Product", "customers.Customer")}
    clerk = Actor("user", id=owner.id, name="clerk", permissions=frozenset(rights))
    kinds = exporters_of(clerk)
    assert not {"phone", "address"} & set(columns_of(kinds["orders"], clerk))
    assert "cost" not in columns_of(kinds["products"], clerk)
    with pytest.raises(Invalid), unit_of_work() as db:
        start_file(db, kinds["orders"], ["number", "phone"], "csv", {}, reader=Reader(clerk, brought.shop_zone(), "en", clock.now()), now=clock.now())
    taken(owner, "orders", "csv", "en", ["sku", "number"])
    with reading() as db:
        assert db.scalars(select(ExportChoice.columns)).all() == [["number", "sku"]]
        assert chosen_columns(db, kinds["orders"], owner) == ["number", "sku"]
    assert exporters_of(Actor("user", name="outsider")) == {}


def test_no_text_is_a_formula(shop, owner, tmp_path):
    file = taken(owner, "products", "csv", "en")
    body = file.path.read_bytes()
    assert body.startswith("\ufeff".encode())
    cells = [cell for line in csv.reader(io.StringIO(body.decode("utf-8-sig"))) for cell in line]
    assert f"'{FORMULA}" in cells
    assert not [cell for cell in cells if cell[:1] in ("=", "+", "-", "@")]
    book = zipfile.ZipFile(io.BytesIO(taken(owner, "products", "xlsx", "en").path.read_bytes()))
    assert b"<f>" not in book.read("xl/worksheets/sheet1.xml")
    assert b'quotePrefix="1"' in book.read("xl/styles.xml")


def test_the_page_begins_a_file_of_the_list_as_it_is_filtered(shop, visit):
    who = visit("owner")
    page = who.get("/exports/products/?status=on_sale").get_data(as_text=True)
    assert "The rows of the list as it is filtered now." in page
    assert who.post("/exports/products/?status=on_sale", {"kind": "csv"}).status_code == 422
    assert who.post("/exports/products/?status=on_sale", {"kind": "csv", "columns": ["sku", "name"]}).status_code == 303
    with reading() as db:
        task = db.execute(select(Task.id, Task.job_id, Task.file_id).order_by(Task.id.desc())).first()
    runner.run(task.job_id)
    with reading() as db:
        file = find_private_file(db, db.scalar(select(Task.file_id).where(Task.id == task.id)), clock.now())
    assert [line[0] for line in csv.reader(io.StringIO(file.path.read_text("utf-8-sig")))] == ["SKU", "007", "LJ-100"]
    assert visit("clerk").get("/exports/orders/").status_code == 403


def test_every_head_is_known_in_every_language(instance, owner):
    from zhanggui.i18n.readers import speaking
    from zhanggui.importing.mapping import names_of, normal

    for importer in current_host().every("importers"):
        for locale in ("zh_CN", "en"):
            with speaking(locale, current_host()):
                heads = {name: str(label) for name, label in importer.labels.items()}
            for name, head in heads.items():
                assert normal(head) in {normal(known) for known in names_of(importer, name)}, (importer.kind, name, head)
