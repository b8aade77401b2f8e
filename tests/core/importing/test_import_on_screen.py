"""Bringing a file on the screen: matched, tried, written, corrected, taken back."""

from __future__ import annotations

import csv
import io
from datetime import timedelta

import pytest
from sqlalchemy import func, select, update

from zhanggui.audit.models import AuditEntry
from zhanggui.auth import service as accounts
from zhanggui.auth.principal import find_principal
from zhanggui.db.uow import after_commit, reading, unit_of_work
from zhanggui.importing import brought, work
from zhanggui.importing.models import ImportFile, ImportFileRow
from zhanggui.importing.reader import open_table
from zhanggui.jobs import runner
from zhanggui.kernel import clock
from zhanggui.kernel.actors import SYSTEM, Actor
from zhanggui.kernel.errors import Forbidden, IllegalMove, Invalid
from zhanggui.people import erase_person
from zhanggui.tasks.models import Task
from zhanggui.testing.fixtures import PASSWORD
from zhanggui_customers.models import Customer
from zhanggui_inventory import facade as inventory
from zhanggui_orders.contracts import CartLine
from zhanggui_orders.services.placement import place_order
from zhanggui_products.models import Product, Variant
from zhanggui_products.services.editing import create_product
from zhanggui_products.services.selling import put_on_sale

GOODS = """货号,品名,规格,售价(元),产地
LJ-50,西湖龙井,50g,88,杭州
BLC-1,碧螺春,,¥128.00,苏州
CUP-1,青花杯,,面议,景德镇
,没有货号,,5,
BLC-1,碧螺春,,128,苏州
"""


@pytest.fixture
def owner(instance) -> Actor:
    """The owner as a user: what he begins goes on with his rights."""
    with unit_of_work() as db:
        user_id = accounts.create_user(db, username="boss", password=PASSWORD, roles=["owner"], actor=SYSTEM, now=clock.now())
    return find_principal(user_id).actor()


@pytest.fixture
def there(instance, owner) -> int:
    """A product that the shop has already."""
    with unit_of_work() as db:
        return create_product(db, actor=owner, now=clock.now(), name="西湖龙井", variants=[{"sku": "LJ-50", "option": "50g", "price": 12800}])


def bring(actor: Actor, text: str, kind: str = "products", name: str = "新茶.csv") -> int:
    stream = io.BytesIO(text.encode("utf-8-sig"))
    seen = brought.glance(stream, name)
    with unit_of_work() as db:
        return brought.bring(db, stream, seen, filename=name, kind=kind, actor=actor, now=clock.now())


def row(file_id: int, actor: Actor):
    with reading() as db:
        return brought.file_row(db, file_id, actor)


def do(deed, file_id: int, actor: Actor, *more) -> str:
    """A deed and its task, to the end."""
    with unit_of_work() as db:
        deed(db, file_id, *more, actor=actor, now=clock.now())
    return finish()


def finish() -> str:
    with reading() as db:
        task = db.execute(select(Task.__table__).order_by(Task.id.desc())).first()
    runner.run(task.job_id)
    with reading() as db:
        return str(db.scalar(select(Task.state).where(Task.id == task.id)))


def look(file_id: int, actor: Actor) -> dict[str, int]:
    assert do(work.look, file_id, actor, row(file_id, actor).mapping) == "done"
    return dict(row(file_id, actor).counts)


def prices() -> dict[str, int]:
    with reading() as db:
        return dict(db.execute(select(Variant.sku, Variant.price)).tuples().all())


def told(file_id: int) -> dict[int, tuple[str, str, str]]:
    with reading() as db:
        rows = db.execute(select(ImportFileRow.__table__).where(ImportFileRow.file_id == file_id)).all()
    return {r.row: (r.what, r.reason, r.undone or r.stayed_because) for r in rows}


def test_columns_are_matched_as_they_seem_and_nothing_is_kept_of_it(there, owner):
    file_id = bring(owner, GOODS)
    found = row(file_id, owner)
    assert found.mapping == {"sku": 0, "name": 1, "option": 2, "price": 3}
    assert found.rows == 5
    assert found.heads[3] == ["售价(元)", ["88", "¥128.00", "面议"]]
    with reading() as db:
        assert brought.kept_matching(db, "products") == {}


def test_what_somebody_matched_is_kept_for_the_next_file_of_the_kind(there, owner):
    file_id = bring(owner, "代号,品名,价钱\nA,甲,1\n")
    assert row(file_id, owner).mapping == {"name": 1}
    with pytest.raises(Invalid, match="SKU"), unit_of_work() as db:
        work.look(db, file_id, {"name": 1}, actor=owner, now=clock.now())
    assert do(work.look, file_id, owner, {"sku": 0, "name": 1, "price": 2}) == "done"
    assert row(bring(owner, "价钱,品名,代号\n1,甲,A\n"), owner).mapping == {"price": 0, "name": 1, "sku": 2}


def test_the_preview_tells_each_row_and_writes_nothing(there, owner):
    file_id = bring(owner, GOODS)
    assert look(file_id, owner) == {"new": 1, "changed": 1, "refused": 3}
    assert told(file_id) == {
        1: ("changed", "", ""), 2: ("new", "", ""), 3: ("refused", "bad_price", ""), 4: ("refused", "no_sku", ""), 5: ("refused", "sku_twice", ""),
    }  # fmt: skip
    assert prices() == {"LJ-50": 12800}
    with reading() as db:
        change = db.scalar(select(ImportFileRow.told).where(ImportFileRow.row == 1))
    assert (change["before"]["price"], change["after"]["price"]) == ("128.00", "88.00")


def test_it_writes_what_it_showed_and_the_second_time_all_is_the_same(there, owner):
    file_id = bring(owner, GOODS)
    look(file_id, owner)
    assert do(work.write, file_id, owner) == "done"
    assert prices() == {"LJ-50": 8800, "BLC-1": 12800}
    assert look(bring(owner, GOODS), owner) == {"same": 2, "refused": 3}
    with reading() as db:
        actions = set(db.scalars(select(AuditEntry.action).where(AuditEntry.action.like("core.import.%"))))
    assert actions == {"core.import.begun", "core.import.finished"}


def test_it_is_taken_back_for_a_day(there, owner):
    file_id = bring(owner, GOODS)
    look(file_id, owner)
    do(work.write, file_id, owner)
    with unit_of_work() as db:  # the stock gave the new variant its level by now
        inventory.ensure_levels(db, list(db.scalars(select(Variant.id))), now=clock.now())
    assert do(work.undo, file_id, owner) == "done"
    assert prices() == {"LJ-50": 12800}
    assert {n: t[2] for n, t in told(file_id).items() if t[2]} == {1: "undone", 2: "undone"}
    with reading() as db:
        assert db.scalar(select(func.count()).select_from(Product)) == 1
        assert db.scalar(select(AuditEntry.after).where(AuditEntry.action == "core.import.undone")) is not None
    assert look(bring(owner, GOODS), owner) == {"new": 1, "changed": 1, "refused": 3}


def test_what_somebody_touched_since_stays_and_says_why(there, owner):
    file_id = bring(owner, "sku,name,price\nLJ-50,西湖龙井,88\nN-1,新,1\nN-2,新二,2\nN-3,新三,3\n")
    look(file_id, owner)
    do(work.write, file_id, owner)
    with unit_of_work() as db:
        db.execute(update(Variant).where(Variant.sku == "LJ-50").values(price=7700))
        db.execute(update(Product).where(Product.name == "新").values(status="off_sale"))
        sold = db.execute(select(Variant.public_id, Variant.id, Variant.product_id).where(Variant.sku == "N-2")).one()
        put_on_sale(db, id=sold.product_id, actor=owner, now=clock.now())
        inventory.ensure_levels(db, [sold.id], now=clock.now())
        inventory.restock(db, variant_id=sold.id, quantity=1, actor=owner, now=clock.now())
        place_order(db, lines=[CartLine(sold.public_id, 1)], customer_id=None, actor=owner, now=clock.now())
        db.execute(update(Product).where(Product.id == sold.product_id).values(status="draft"))
    assert do(work.undo, file_id, owner) == "done"
    with reading() as db:
        stayed = dict(db.execute(select(ImportFileRow.row, ImportFileRow.stayed_because)).tuples().all())
    assert stayed == {1: "moved", 2: "moved", 3: "in_use", 4: ""}
    assert prices() == {"LJ-50": 7700, "N-1": 100, "N-2": 200}


def test_after_a_day_it_cannot_be_taken_back(there, owner, monkeypatch):
    file_id = bring(owner, GOODS)
    look(file_id, owner)
    do(work.write, file_id, owner)
    later = clock.now() + timedelta(days=1, minutes=1)
    with pytest.raises(IllegalMove), unit_of_work() as db:
        work.undo(db, file_id, actor=owner, now=later)
    with unit_of_work() as db:
        brought.forget_old(db, later)
        assert db.scalar(select(func.count()).select_from(ImportFileRow)) == 0
        assert db.execute(select(ImportFile.file_id, ImportFile.heads)).one() == (None, [])


def test_it_stops_where_it_is_told_and_goes_on_there(there, owner, monkeypatch):
    monkeypatch.setattr("zhanggui.importing.runner.NOTED_ROWS", 2)
    file_id = bring(owner, "sku,name,price\n" + "".join(f"S-{n},茶,{n}\n" for n in range(1, 7)))
    look(file_id, owner)
    seen = []
    with unit_of_work() as db:
        work.write(db, file_id, actor=owner, now=clock.now())
    take = work.Notes.take

    def stop():
        with unit_of_work() as db:
            work.stop(db, file_id, actor=owner, now=clock.now())

    def once(self, db, *args, **kwargs):
        outcomes = take(self, db, *args, **kwargs)
        if not seen:
            seen.append(1)
            after_commit(db, stop)
        return outcomes

    monkeypatch.setattr(work.Notes, "take", once)
    assert finish() == "canceled"
    assert len(prices()) == 1 + 2
    found = row(file_id, owner)
    assert (found.state, found.counts) == ("writing", {"new": 2})
    assert do(work.write, file_id, owner) == "done"
    assert len(prices()) == 1 + 6
    assert row(file_id, owner).counts == {"new": 6}


def test_each_kind_and_each_field_has_its_right(instance, there, owner):
    rights = {("can_import", "core.Import"), ("can_import", "products.Product")}
    clerk = Actor("user", id=None, name="clerk", permissions=frozenset(rights))
    assert set(brought.importers_of(clerk)) == {"products"}
    with pytest.raises(Forbidden):
        bring(clerk, "name\n王\n", "customers")
    file_id = bring(clerk, "sku,name,price,cost\nLJ-50,西湖龙井,88,30\n")
    assert "cost" not in row(file_id, clerk).mapping
    with pytest.raises(Invalid), unit_of_work() as db:
        work.look(db, file_id, {"sku": 0, "name": 1, "price": 2, "cost": 3}, actor=clerk, now=clock.now())


def test_a_page_shows_each_step_and_gives_the_errors_as_a_file(there, visit, tmp_path):
    who = visit("owner")
    page = who.post("/imports/", {"kind": "products", "file": (io.BytesIO(GOODS.encode("utf-8")), "新茶.csv")})
    assert page.status_code == 303
    at = page.headers["Location"]
    assert "LJ-50, BLC-1, CUP-1" in who.get(at).get_data(as_text=True)
    assert who.post(f"{at}/columns", {"c0": "sku", "c1": "name", "c2": "option", "c3": "sku"}).status_code == 422
    assert who.post(f"{at}/columns", {"c0": "sku", "c1": "name", "c2": "option", "c3": "price"}).status_code == 303
    assert 'data-watch="/imports/' in who.get(at).get_data(as_text=True)
    finish()
    assert who.get(f"{at}/part").headers["HX-Refresh"] == "true"
    text = who.get(at).get_data(as_text=True)
    for said in ("Import 2 rows", "Price: “面议” is no amount such as 19.90.", "SKU: There is no SKU.", "<del>128.00</del> → <ins>88.00</ins>"):
        assert said in text
    assert "The SKU BLC-1 stands in an earlier row as well." in who.get(f"{at}/rows?what=refused").get_data(as_text=True)
    body = who.get(f"{at}/errors.csv").get_data()
    assert body.startswith("\ufeff".encode())
    lines = list(csv.reader(io.StringIO(body.decode("utf-8-sig"))))
    assert lines[0] == ["货号", "品名", "规格", "售价(元)", "产地", "Row", "Reason"]
    assert lines[1] == ["CUP-1", "青花杯", "", "面议", "景德镇", "4", "Price: “面议” is no amount such as 19.90."]
    (tmp_path / "errors.xlsx").write_bytes(who.get(f"{at}/errors.xlsx").get_data())
    assert [r[5] for r in open_table(tmp_path / "errors.xlsx").rows()] == ["4", "5", "6"]
    assert who.post(f"{at}/write").status_code == 303
    finish()
    assert "Take back this import" in who.get(at).get_data(as_text=True)
    assert who.post(f"{at}/undo").status_code == 303
    finish()
    assert "2 rows were taken back." in who.get(at).get_data(as_text=True)
    assert "taken back" in who.get("/imports/").get_data(as_text=True)


def test_nobody_without_the_right_sees_it(there, visit):
    assert visit("viewer").get("/imports/").status_code == 403


def test_customers_are_taken_back_too(instance, owner):
    file_id = bring(owner, "客户编号,姓名,手机\n1,王小明,13800138000\n2,李娜,13900139000\n", "customers")
    assert look(file_id, owner) == {"new": 2}
    do(work.write, file_id, owner)
    changed = bring(owner, "客户编号,姓名\n1,王大明\n", "customers")
    assert look(changed, owner) == {"changed": 1}
    do(work.write, changed, owner)
    do(work.undo, changed, owner)
    with reading() as db:
        assert {(c.name, c.phone) for c in db.scalars(select(Customer))} == {("王小明", "13800138000"), ("李娜", "13900139000")}
    do(work.undo, file_id, owner)
    with reading() as db:
        # Whom another import changed and put back is as it was, but not untouched.
        assert [c.name for c in db.scalars(select(Customer))] == ["王小明"]


def test_who_is_erased_is_forgotten_in_the_notes_too(instance, owner):
    file_id = bring(owner, "客户编号,姓名,手机\n1,王小明,13800138000\n2,李娜,13900139000\n", "customers")
    look(file_id, owner)
    do(work.write, file_id, owner)
    with reading() as db:
        gone = db.scalar(select(ImportFileRow.target).where(ImportFileRow.row == 1))
    with unit_of_work() as db:
        erase_person(db, ("customers.Customer", gone), actor=owner, now=clock.now())
    assert set(told(file_id)) == {2}
