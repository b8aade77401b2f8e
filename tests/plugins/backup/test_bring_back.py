"""Restoring on the screen: what would change is shown first, whoever does it says once more who he is, and the trail knows."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import delete, select, update

from zhanggui.api import SYSTEM, NotFound, backups, clock, reading, unit_of_work
from zhanggui.audit.models import AuditEntry
from zhanggui.auth import service
from zhanggui.runtime import Runtime
from zhanggui.testing.fixtures import PASSWORD
from zhanggui_products.models import Category

CATEGORY = "products__category"


@pytest.fixture
def copy(instance: Runtime, visit: Any) -> Callable[[], Any]:
    """``copy()``: the shop is copied as it is."""
    with unit_of_work() as db:
        db.add_all([Category(name=name, position=n) for n, name in enumerate(("绿茶", "红茶", "白茶"))])
    return lambda: backups.make(kind="manual", now=clock.now())


def categories() -> list[str]:
    with reading() as db:
        return list(db.scalars(select(Category.name).order_by(Category.position)))


def acts() -> list[str]:
    with reading() as db:
        return list(db.scalars(select(AuditEntry.action).where(AuditEntry.action.like("%backup.%")).order_by(AuditEntry.id)))


def confirm(visitor: Any, password: str = PASSWORD) -> Any:
    return visitor.post("/me/confirm", {"password": password, "next": "/backups/"})


def test_one_table_comes_back_after_its_preview_and_the_password(instance: Runtime, visit: Any, copy: Callable[[], Any]):
    boss = visit("owner")
    made = copy()
    with unit_of_work() as db:
        db.execute(delete(Category).where(Category.name == "红茶"))
        db.execute(update(Category).where(Category.name == "白茶").values(name="老白茶"))
    refused = boss.get(f"/backups/{made.name}/restore")
    assert refused.status_code == 303
    assert refused.location.startswith("/me/confirm?next=/backups/")
    assert confirm(boss, "wrong").status_code == 422
    assert confirm(boss).status_code == 303
    assert CATEGORY in boss.get(f"/backups/{made.name}/restore").get_data(as_text=True)
    seen = boss.post(f"/backups/{made.name}/preview", {"table": CATEGORY})
    assert "1 would come, 0 would go, 1 would change" in seen.get_data(as_text=True)
    assert categories() == ["绿茶", "老白茶"]
    done = boss.post(f"/backups/{made.name}/restore", {"table": CATEGORY})
    assert done.status_code == 200
    assert categories() == ["绿茶", "红茶", "白茶"]
    assert acts() == ["backup.backup.previewed", "core.backup.table_restored"]


def test_everything_comes_back_and_the_operator_stays_who_he_is(instance: Runtime, visit: Any, copy: Callable[[], Any]):
    boss = visit("owner")
    made = copy()
    with unit_of_work() as db:
        db.execute(delete(Category))
        service.create_user(db, username="later", password=PASSWORD, roles=["viewer"], actor=SYSTEM, now=clock.now(), display_name="Later")
    confirm(boss)
    done = boss.post(f"/backups/{made.name}/restore", {"table": "*"})
    assert done.status_code == 200, done.get_data(as_text=True)
    assert categories() == ["绿茶", "红茶", "白茶"]
    assert boss.get("/backups/").status_code == 302, "nobody stays signed in"
    boss.token = ""
    assert boss.log_in("owner", PASSWORD).status_code == 303
    assert boss.get("/backups/").status_code == 200
    assert acts()[-1] == "core.backup.restored"


def test_a_password_that_was_given_is_good_for_ten_minutes(instance: Runtime, visit: Any, copy: Callable[[], Any]):
    boss = visit("owner")
    made = copy()
    confirm(boss)
    assert boss.get(f"/backups/{made.name}/restore").status_code == 200
    with clock.hold(clock.now() + timedelta(minutes=10)):
        assert boss.get(f"/backups/{made.name}/restore").status_code == 303
        boss.post(f"/backups/{made.name}/restore", {"table": "*"})
    assert acts() == []


def test_a_program_cannot_say_who_sits_there(instance: Runtime, visit: Any, copy: Callable[[], Any]):
    boss = visit("owner")
    made = copy()
    answer = boss.get(f"/backups/{made.name}/restore", headers={"Accept": "application/json"})
    assert (answer.status_code, answer.json["code"]) == (403, "not_fresh")


def test_what_is_downloaded_is_the_sealed_file_and_recorded(instance: Runtime, visit: Any, copy: Callable[[], Any]):
    boss = visit("owner")
    made = copy()
    assert boss.get(f"/backups/{made.name}/download").status_code == 303
    confirm(boss)
    answer = boss.get(f"/backups/{made.name}/download")
    assert answer.get_data() == made.path.read_bytes()
    assert answer.get_data().startswith(b"age-encryption.org")
    assert acts() == ["backup.backup.downloaded"]


@pytest.mark.parametrize("name", ["..%2f..%2fetc%2fpasswd", "db.sqlite3", "20260315T193000Z-manual.age", ".lock"])
def test_no_name_leads_out_of_the_folder(instance: Runtime, visit: Any, copy: Callable[[], Any], name: str):
    boss = visit("owner")
    copy()
    confirm(boss)
    for path in ("", "/download", "/restore"):
        assert boss.get(f"/backups/{name}{path}").status_code == 404


@pytest.mark.parametrize(("role", "status"), [("viewer", 200), ("warehouse", 403)])
def test_who_may_see_may_not_take_or_bring_back(instance: Runtime, visit: Any, copy: Callable[[], Any], role: str, status: int):
    made = copy()
    one = visit(role)
    assert one.get("/backups/").status_code == status
    for path in (f"/backups/{made.name}/download", f"/backups/{made.name}/restore"):
        assert one.get(path).status_code == 403
    for path in ("/backups/create", f"/backups/{made.name}/drill", f"/backups/{made.name}/preview", f"/backups/{made.name}/restore"):
        assert one.post(path, {"table": "*"}).status_code == 403


def test_the_door_takes_names_and_no_paths(instance: Runtime, copy: Callable[[], Any], tmp_path: Any):
    made = copy()
    elsewhere = tmp_path / "20260315T193000Z-manual.age"
    elsewhere.write_bytes(made.path.read_bytes())
    with pytest.raises(NotFound):
        backups.find(str(elsewhere))
    assert backups.find(made.name).path == made.path
