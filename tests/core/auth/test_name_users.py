"""No two users and no two roles can be taken for each other."""

from __future__ import annotations

import pytest
from flask_appbuilder.security.sqla.models import Role, User
from sqlalchemy import insert, select

from zhanggui.auth import names, service
from zhanggui.auth.models import TakenName
from zhanggui.auth.permissions import sync_permissions
from zhanggui.db.uow import unit_of_work
from zhanggui.host.declare import RolePreset
from zhanggui.kernel.actors import SYSTEM
from zhanggui.kernel.errors import Invalid
from zhanggui.kernel.names import alike, fold
from zhanggui.testing.fixtures import NOON, PASSWORD

LOOK_LIKE_OWNER = ["Owner", "OWNER", "ｏｗｎｅｒ", "0wner", "owner ", "𝓸𝔀𝓷𝓮𝓻", "ꓳꓪꓠꓰꓣ", "оwnеr", "ownеr", "οwner"]
NO_NAMES = ["", "..", ".", "-", "a..b", ".owner", "owner.", "-a", "a_", "a\u200db", "a\u202eb", "\u2066a", "a\u00adb", "a b", "шефa", "店шеф", "aρ", "x" * 65]
NAMES = ["小林", "林2", "Lin小林", "陈掌柜8", "шеф", "a.b-c_d@e", "山田ハナ", "김철수", "Zoë", "ñandú"]


@pytest.mark.parametrize("other", LOOK_LIKE_OWNER)
def test_what_looks_like_owner_is_owner_or_no_name(other):
    alone = names.plain(other)
    assert alike(other) & alike("owner") or not names.well_formed(alone, "._-@")


@pytest.mark.parametrize("kind", ["sqlite"], indirect=True)
def test_a_user_who_could_be_taken_for_another_is_not_made(db):
    service.create_user(db, username="owner", password=PASSWORD, actor=SYSTEM, now=NOON)
    for other in [*LOOK_LIKE_OWNER, *NO_NAMES]:
        with pytest.raises(Invalid), db.begin_nested():
            service.create_user(db, username=other, password=PASSWORD, actor=SYSTEM, now=NOON)
    for name in NAMES:
        with db.begin_nested():
            names.take(db, names.USER, names.checked(names.USER, name, field="username"), 1000 + len(name), field="username")


@pytest.mark.parametrize(
    ("one", "other"), [("Alice", "AIice"), ("modern", "rnodern"), ("home", "НОМЕ"), ("clerk1", "clerkl"), ("小林", "⼩林"), ("Straße", "STRASSE")]
)
def test_pairs_that_look_alike_share_what_they_are_taken_for(one, other):
    assert alike(one) & alike(other)


def test_folding_twice_is_folding_once():
    for name in [*LOOK_LIKE_OWNER, *NAMES]:
        assert fold(fold(name)) == fold(name)


@pytest.mark.parametrize("kind", ["sqlite"], indirect=True)
def test_a_role_that_could_be_taken_for_another_is_not_made(db):
    for name in ["Clerk", "ＣＬＥＲＫ", "c1erk", "сlerk", "..", "\u202e", "Sales\u200b", "夜班шеф", " "]:
        with pytest.raises(Invalid), db.begin_nested():
            service.create_role(db, name=name, grants=set(), actor=SYSTEM, now=NOON)


def test_the_name_of_a_role_is_free_again_when_it_is_gone(db):
    for _ in range(2):
        role = service.create_role(db, name="客服 (夜班)", grants=set(), actor=SYSTEM, now=NOON)
        service.delete_role(db, id=role, actor=SYSTEM, now=NOON)


def test_a_role_that_a_plugin_brings_is_made_beside_one_that_looks_like_it(db):
    service.create_role(db, name="Packer", grants=set(), actor=SYSTEM, now=NOON)
    sync_permissions(db, set(), [RolePreset("packer", "Packer", {})])
    assert set(db.scalars(select(Role.name).where(Role.name.in_(["Packer", "packer"])))) == {"Packer", "packer"}


@pytest.mark.parametrize("kind", ["sqlite"], indirect=True)
def test_a_name_is_found_however_it_is_typed(visit):
    visit("clerk")
    for typed in ("Clerk", "ＣＬＥＲＫ "):
        assert visit().log_in(typed, PASSWORD).status_code == 303


@pytest.mark.parametrize("kind", ["sqlite"], indirect=True)
def test_of_two_old_names_that_look_alike_each_is_found_by_its_own_spelling(instance):
    with unit_of_work() as db:
        for number, name in enumerate(["dora", "Dora"]):
            values = {"username": name, "first_name": name, "last_name": "", "email": f"{number}@x.invalid", "active": True}
            db.execute(insert(User.__table__).values(**values))
        first, second = (names.user_named(db, name).id for name in ("dora", "Dora"))
        db.execute(insert(TakenName.__table__), [{"kind": "user", "folded": "dora", "row_id": first}])
        assert first != second
        assert names.user_named(db, "DORA").id == first


def test_names_from_before_are_kept_and_taken(databases, kind):
    from alembic.migration import MigrationContext
    from alembic.operations import Operations

    from zhanggui.migrations.history import CORE, scripts
    from zhanggui.runtime import activated

    runtime = databases.fresh(kind)
    revision = scripts(CORE).get_revision("core_0003").module
    users = [(name, f"{n}@x.invalid") for n, name in enumerate(["owner", "Owner", "оwner", "小林"])]
    with activated(runtime), runtime.write_bind.connect() as connection, connection.begin():
        with Operations.context(MigrationContext.configure(connection)):
            revision.downgrade()
            made = [{"username": n, "email": e, "first_name": n, "last_name": "", "active": True} for n, e in users]
            connection.execute(insert(User.__table__), made)
            revision.upgrade()
        found = connection.execute(select(TakenName.folded, User.username).join(User, User.id == TakenName.row_id).where(TakenName.kind == "user"))
        by_fold = dict(found.tuples().all())
        assert by_fold["owner"] == "owner"
        assert by_fold["小林"] == "小林"
        assert {"Owner", "оwner"} <= set(by_fold.values())
        assert set(connection.scalars(select(TakenName.row_id).where(TakenName.kind == "role"))) == set(connection.scalars(select(Role.id)))
        assert set(connection.scalars(select(Role.__table__.c.row_version))) == {1}
    databases.drop(runtime)


