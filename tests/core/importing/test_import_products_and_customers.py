"""Importing the catalogue and the address book."""

from __future__ import annotations

from pathlib import Path

from sqlalchemy import select

from zhanggui.db.uow import reading
from zhanggui.importing.models import Rejection
from zhanggui.importing.runner import run_import
from zhanggui.runtime import Runtime
from zhanggui_customers.models import Customer
from zhanggui_products.models import Category, Product, Variant

PRODUCTS = """商品,商品编码,商品名称,规格,价格,分类,条码,重量
龙井,LJ-50,西湖龙井,50g,128.00,绿茶,6900000000017,50
龙井,LJ-100,西湖龙井,100g,"¥1,248.00",绿茶,,100
,CUP-1,青花杯,,39,茶具,,
,CUP-2,没有价格,,,茶具,,
,,没有编码,,5,茶具,,
龙井,CUP-1,西湖龙井,错的,1,绿茶,,
,BAG-1,太精确,,1.005,茶具,,
"""
CUSTOMERS = """客户编号,姓名,手机,地区,备注
88,王小明,138 0013-8000,浙江 杭州,爱喝绿茶
,李娜,13900139000,上海,
89,,13700137000,北京,
,陈掌柜,,,老顾客
90,张三,不知道,,
"""


def written(folder: Path, name: str, text: str) -> Path:
    path = folder / name
    path.write_bytes(text.encode("gb18030"))
    return path


def test_rows_of_one_product_become_its_variants(instance: Runtime, tmp_path: Path) -> None:
    path = written(tmp_path, "products.csv", PRODUCTS)
    report = run_import(instance, "products", path, quiet=True)
    assert (report.adds_up, report.tally.outcomes["new"][0], report.tally.outcomes["rejected"][0]) == (True, 3, 4)
    with reading() as db:
        found = db.execute(
            select(Product.name, Category.name, Variant.sku, Variant.option, Variant.price, Variant.barcode, Variant.weight_g)
            .join(Variant, Variant.product_id == Product.id)
            .join(Category)
            .order_by(Variant.sku)
        ).all()
        reasons = dict(db.execute(select(Rejection.row, Rejection.reason)).all())
    assert [tuple(row) for row in found] == [
        ("青花杯", "茶具", "CUP-1", "", 3900, None, None),
        ("西湖龙井", "绿茶", "LJ-100", "100g", 124800, None, 100),
        ("西湖龙井", "绿茶", "LJ-50", "50g", 12800, "6900000000017", 50),
    ]
    assert reasons == {4: "bad_price", 5: "no_sku", 6: "sku_twice", 7: "bad_price"}


def test_a_changed_list_brings_known_products_up_to_date(instance: Runtime, tmp_path: Path) -> None:
    run_import(instance, "products", written(tmp_path, "old.csv", "sku,name,price\nA,Old name,10\nB,Other,20\n"), quiet=True)
    report = run_import(instance, "products", written(tmp_path, "new.csv", "sku,name,price\nA,New name,12.5\nC,Third,1\n"), quiet=True)
    assert {what: count for what, (count, _amount) in report.tally.outcomes.items()} == {"updated": 1, "new": 1}
    with reading() as db:
        found = db.execute(select(Product.name, Variant.price).join(Variant).order_by(Variant.sku)).all()
    assert [tuple(row) for row in found] == [("New name", 1250), ("Other", 2000), ("Third", 100)]


def test_customers_are_known_by_key_phone_or_name(instance: Runtime, tmp_path: Path) -> None:
    first = run_import(instance, "customers", written(tmp_path, "people.csv", CUSTOMERS), quiet=True)
    again = run_import(instance, "customers", written(tmp_path, "people2.csv", CUSTOMERS + "91,新人,,,\n"), quiet=True)
    assert {what: count for what, (count, _amount) in first.tally.outcomes.items()} == {"new": 4, "rejected": 1}
    assert {what: count for what, (count, _amount) in again.tally.outcomes.items()} == {"updated": 4, "new": 1, "rejected": 1}
    with reading() as db:
        people = {c.name: c for c in db.scalars(select(Customer))}
        db.expunge_all()
    assert sorted(people) == sorted(["王小明", "李娜", "陈掌柜", "张三", "新人"])
    assert (people["王小明"].phone, people["王小明"].region, people["王小明"].note) == ("13800138000", "浙江 杭州", "爱喝绿茶")
    assert (people["张三"].phone, people["张三"].phone_index) == ("不知道", None)
