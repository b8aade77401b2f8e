"""What was lost comes back as it was: whole, into either database; or some tables, while the shop goes on."""

from __future__ import annotations

import pytest
from kept_shop import sums
from sqlalchemy import delete, func, inspect, select, text, update

from zhanggui.audit.models import AuditEntry
from zhanggui.auth.models import UserSession
from zhanggui.backup import loading, making, restoring, sealing, tables, verifying
from zhanggui.backup.loading import RestoreRefused
from zhanggui.backup.operator import Operator
from zhanggui.backup.restoring import ShopIsThere
from zhanggui.config import settings
from zhanggui.config.models import StoredSetting
from zhanggui.db.uow import reading, unit_of_work
from zhanggui.host.service import found_plugins
from zhanggui.kernel import clock
from zhanggui.kernel.actors import SYSTEM
from zhanggui.kernel.errors import NotFound
from zhanggui.migrations import heads, history
from zhanggui.migrations.changing import schema_change
from zhanggui.runtime import activated
from zhanggui_customers.models import Customer
from zhanggui_orders.models import Order
from zhanggui_products.models import Category

MOVED = {"core__audit", "core__audit_link", "core__session", "core__generation", "core__plugin", "core__repair"}  # by the restore itself


def restore(runtime, path, keys, **more):
    return restoring.restore(runtime, path, keys, found_plugins(runtime).manifests, now=clock.now(), actor=SYSTEM, **more)


def stored(runtime):
    folder = runtime.data / "files"
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def same(now, then):
    return {name for name in then if now.get(name) != then[name]} <= MOVED


@pytest.fixture(params=["sqlite", "postgresql"])
def elsewhere(request, databases):
    """An empty place on either database."""
    runtime = databases.empty(request.param)
    yield runtime
    databases.drop(runtime)


def test_it_comes_back_into_either_database(shop, back_up, keys, elsewhere):
    then, path = sums(shop), back_up().path
    done = restore(elsewhere, path, keys)
    assert (done.rows, done.files) == (sum(table["rows"] for table in then.values()), len(stored(shop)))
    assert same(sums(elsewhere), then)
    assert stored(elsewhere) == stored(shop)
    with activated(elsewhere), reading() as db:
        name = db.scalar(select(Customer.name).where(Customer.name.is_not(None)).limit(1))
        assert name and isinstance(name, str)  # unsealed with the same key
        assert db.scalar(select(AuditEntry.action).order_by(AuditEntry.id.desc()).limit(1)) == "core.backup.restored"
    back_up_again = sums(elsewhere)["core__audit"]["rows"]
    assert back_up_again == then["core__audit"]["rows"] + 1


def test_what_comes_back_goes_on(shop, back_up, keys, elsewhere):
    """Numbers go on behind the highest, guards stand again, and foreign keys are asked."""
    restore(elsewhere, back_up().path, keys)
    with activated(elsewhere):
        with unit_of_work() as db:
            highest = db.scalar(select(func.max(Category.id))) or 0
            db.add(Category(name="Neu"))
            db.flush()
            assert db.scalar(select(func.max(Category.id))) == highest + 1
        for statement in ("DELETE FROM core__audit", "UPDATE core__audit SET action = 'x'", "DELETE FROM products__product WHERE id IN (SELECT product_id FROM products__variant)"):
            with pytest.raises(Exception, match="append-only|FOREIGN KEY|violates"), unit_of_work() as db:
                db.execute(text(statement))


def test_a_shop_that_is_there_is_not_replaced_unasked(shop, back_up, keys):
    path, before = back_up().path, sums(shop)
    with pytest.raises(ShopIsThere):
        restore(shop, path, keys)
    assert sums(shop) == before


def test_what_came_after_it_is_gone_and_nobody_stays_signed_in(shop, back_up, keys):
    with unit_of_work() as db:
        db.add(UserSession(digest="d" * 64, user_id=db.scalar(text("SELECT min(id) FROM ab_user")), created_at=clock.now(), last_seen_at=clock.now(), expires_at=clock.now()))
    path, then = back_up().path, sums(shop)
    with unit_of_work() as db:
        db.execute(update(Order).values(status="canceled"))
        db.execute(text("DELETE FROM orders__line_adjustment"))
    restore(shop, path, keys, force=True)
    assert same(sums(shop), then)
    assert (then["core__session"]["rows"], sums(shop)["core__session"]["rows"]) == (1, 0)


def test_who_does_it_keeps_his_account_and_the_secrets_of_this_shop(shop, back_up, keys):
    path = back_up().path
    secret = next(key for key, setting in shop.config.settings.items() if setting.secret and setting.runtime)
    with unit_of_work() as db:
        settings.set(db, secret, "of this machine", actor=SYSTEM, now=clock.now())
        db.execute(text("UPDATE ab_user SET password = 'mine', active = :yes WHERE username = 'owner'"), {"yes": True})
        db.execute(text("UPDATE ab_user SET password = 'theirs' WHERE username = 'clerk'"))
    restore(shop, path, keys, force=True, keep=Operator("owner"))
    with reading() as db:
        accounts = dict(db.execute(text("SELECT username, password FROM ab_user")).tuples().all())
        assert db.get(StoredSetting, secret) is not None
    assert accounts["owner"] == "mine"
    assert accounts["clerk"] not in ("theirs", "mine")
    restore(shop, path, keys, force=True, keep=Operator(secrets=False))
    with reading() as db:
        assert db.get(StoredSetting, secret) is None
    with pytest.raises(NotFound, match="no user nobody"):
        restore(shop, path, keys, force=True, keep=Operator("nobody"))


def test_an_account_that_came_after_the_backup_is_kept_with_its_roles(shop, back_up, keys):
    from zhanggui.auth import users

    path = back_up().path
    with unit_of_work() as db:
        users.create_user(db, username="agency", password="correct horse 9x", roles=["owner"], display_name="A", actor=SYSTEM, now=clock.now())
    restore(shop, path, keys, force=True, keep=Operator("agency"))
    with reading() as db:
        held = text("SELECT r.name FROM ab_role r JOIN ab_user_role h ON h.role_id = r.id JOIN ab_user u ON u.id = h.user_id WHERE u.username = 'agency'")
        assert db.scalars(held).all() == ["owner"]


def test_whoever_does_it_keeps_his_second_factor(shop, back_up, keys):
    import pyotp

    from zhanggui.auth import factors
    from zhanggui.kernel.actors import Actor

    path = back_up().path
    with reading() as db:
        owner = Actor("user", db.scalar(text("SELECT id FROM ab_user WHERE username = 'owner'")), "owner")
    now = clock.now()
    with unit_of_work() as db:
        secret, _address = factors.begin(db, actor=owner, now=now)
    codes = factors.finish(code=pyotp.TOTP(secret).at(now), actor=owner, now=now)
    restore(shop, path, keys, force=True, keep=Operator("owner"))
    with reading() as db:
        assert factors.has_factor(db, owner.id)
    factors.check(owner.id, codes[0], actor=owner, now=now)
    restore(shop, path, keys, force=True)
    with reading() as db:
        assert not factors.has_factor(db, owner.id)


def test_one_that_fails_at_the_end_changes_nothing(shop, back_up, keys, monkeypatch):
    path, before = back_up().path, sums(shop)

    def fail(connection, names):
        raise RestoreRefused("no")

    monkeypatch.setattr(loading, "count_on", fail)
    with pytest.raises(RestoreRefused):
        restore(shop, path, keys, force=True)
    assert sums(shop) == before


def test_one_table_comes_back_and_all_others_stay(shop, back_up, keys):
    path, then = back_up().path, sums(shop)
    with unit_of_work() as db:
        db.execute(update(Order).values(note=None, status="canceled"))
        db.execute(text("DELETE FROM orders__order_term"))
    changes = {change.table: (change.added, change.removed, change.changed) for change in restoring.preview(shop, path, keys) if not change.same}
    terms, orders = then["orders__order_term"]["rows"], then["orders__order"]["rows"]
    assert changes["orders__order_term"] == (terms, 0, 0)
    assert changes["orders__order"][:2] == (0, 0)
    assert 0 < changes["orders__order"][2] <= orders
    before = sums(shop)
    restoring.restore_tables(shop, path, keys, ["orders__order_term"], now=clock.now(), actor=SYSTEM)
    after = sums(shop)
    assert after["orders__order_term"] == then["orders__order_term"]
    assert {name for name in after if after[name] != before[name]} == {"orders__order_term", "core__audit", "core__audit_link"}
    with pytest.raises(NotFound, match="no table nonsense"):
        restoring.restore_tables(shop, path, keys, ["nonsense"], now=clock.now(), actor=SYSTEM)


def test_a_table_that_others_point_to_comes_back_only_with_what_they_need(shop, back_up, keys):
    with unit_of_work() as db:
        db.add(Category(name="Late"))
        db.flush()
        late = db.scalar(select(func.max(Category.id)))
        product = text("UPDATE products__product SET category_id = :late WHERE id = (SELECT min(id) FROM products__product)")
        db.execute(text("UPDATE products__product SET category_id = NULL"))
    path = back_up().path
    with unit_of_work() as db:
        db.execute(delete(Category).where(Category.id == late))
    restoring.restore_tables(shop, path, keys, ["products__category"], now=clock.now(), actor=SYSTEM)
    with unit_of_work() as db:
        assert db.get(Category, late).name == "Late"
        db.add(Category(name="Later still"))
        db.flush()
        db.execute(product, {"late": db.scalar(select(func.max(Category.id)))})
    before = sums(shop)
    with pytest.raises(Exception, match="would point to rows of"):
        restoring.restore_tables(shop, path, keys, ["products__category"], now=clock.now(), actor=SYSTEM)
    assert sums(shop) == before


@pytest.mark.parametrize("table", ["core__audit", "core__audit_link", "payments__entry"])
def test_what_only_grows_is_not_set_back_by_itself(shop, back_up, keys, table):
    path = back_up().path
    with pytest.raises(RestoreRefused, match="only ever added"):
        restoring.restore_tables(shop, path, keys, [table], now=clock.now(), actor=SYSTEM)


def test_a_plugin_that_is_not_installed_is_named_and_can_be_left_out(shop, back_up, keys, elsewhere):
    path = back_up().path
    manifests = {name: manifest for name, manifest in found_plugins(shop).manifests.items() if name != "analytics"}
    with pytest.raises(RestoreRefused, match="holds tables of analytics"):
        restoring.restore(elsewhere, path, keys, manifests, now=clock.now(), actor=SYSTEM)
    assert inspect(elsewhere.engine).get_table_names() == []
    done = restoring.restore(elsewhere, path, keys, manifests, now=clock.now(), actor=SYSTEM, leave_out=("analytics",))
    assert done.left_out == ("analytics",)
    assert sums(elsewhere)["orders__order"] == sums(shop)["orders__order"]


def test_a_backup_of_an_older_release_is_brought_forward(databases, kind, elsewhere):
    """Its tables are made as that release had them, filled, and then upgraded."""
    old = databases.empty(kind)
    manifests = found_plugins(old).manifests
    with activated(old), schema_change(old.write_bind) as connection:
        for component, folder in heads.components(manifests).items():
            history.run(connection, component, folder, to="core_0014" if component == "core" else "head")
    path = making.create_backup(old, kind="manual", now=clock.now()).path
    done = restore(elsewhere, path, sealing.identities(old.keyring))
    databases.drop(old)
    assert done.upgraded == ["core"]
    with elsewhere.engine.connect() as connection:
        assert heads.behind(connection, manifests) == []


def test_a_backup_of_a_newer_release_is_refused(shop, back_up, keys, elsewhere, monkeypatch):
    path = back_up().path
    real = verifying.verify(path, keys)
    assert real.components["core"].startswith("core_")
    newer = {**real.components, "core": "core_9999"}
    monkeypatch.setattr(verifying.Contents, "components", property(lambda _self: newer))
    with pytest.raises(RestoreRefused, match="newer release"):
        restore(elsewhere, path, keys)


def test_the_checksum_of_a_table_is_the_same_on_both_databases(shop, back_up, keys, elsewhere):
    path, then = back_up().path, sums(shop)
    restore(elsewhere, path, keys)
    with tables.snapshot(elsewhere.engine) as connection:
        kinds = {kind for layout in tables.layouts(connection).values() for _name, kind in layout.columns}
    assert kinds >= {"int", "bool", "text", "bytes", "time", "date", "json"}
    assert same(sums(elsewhere), then)
