"""What a new shop finds on its home page: a list that ticks itself off from facts, until it is done or put away."""

from __future__ import annotations

import io

import pytest
from PIL import Image
from sqlalchemy import delete, event

from zhanggui.config import settings
from zhanggui.config.models import StoredSetting
from zhanggui.db.uow import reading, unit_of_work
from zhanggui.files import find
from zhanggui.host import current_host, generation
from zhanggui.host.contain import contain_shared
from zhanggui.host.declare import FirstStep
from zhanggui.host.faults import FaultBook
from zhanggui.kernel import clock
from zhanggui.kernel.actors import SYSTEM
from zhanggui.kernel.errors import Invalid
from zhanggui.kernel.reader import Reader
from zhanggui.testing.fixtures import NOON
from zhanggui.web.first_steps import SHOWN, opening_list


@pytest.fixture(autouse=True)
def as_before(instance):
    """Settings and what this process remembers of steps are as they were."""
    yield
    instance.shared.pop("first_steps_done", None)
    with unit_of_work() as db:
        db.execute(delete(StoredSetting).where(StoredSetting.key.in_([SHOWN, "instance.name", "instance.logo", "plugin.payments.offline"])))
        generation.bump(db, "settings")


def reader(actor):
    from zoneinfo import ZoneInfo

    return Reader(actor, ZoneInfo("Asia/Shanghai"), "en", clock.now())


def names(lines):
    return [line.id for line in lines]


def lists(db, actor):
    found = opening_list(db, reader(actor))
    return (names(found.left), names(found.done)) if found is not None else None


def test_it_ticks_itself_off_from_facts_and_then_asks_nothing(instance, owner, shelves):
    with reading() as db:
        left, done = lists(db, owner)
    assert done == [] and left == [
        "core.name_and_logo", "products.first_product", "inventory.stock", "payments.way_to_pay", "core.team", "orders.first_order",
    ]  # fmt: skip
    shelves(1)
    with unit_of_work() as db:
        for key, value in (("instance.name", "Tea"), ("instance.logo", "a" * 16), ("plugin.payments.offline", True)):
            settings.set(db, key, value, actor=SYSTEM, now=NOON)
    with reading() as db:
        left, done = lists(db, owner)
    assert done == ["core.name_and_logo", "products.first_product", "payments.way_to_pay"]
    assert left == ["inventory.stock", "core.team", "orders.first_order"]
    instance.shared["first_steps_done"] |= set(left)
    asked = []
    with reading() as db:
        settings.get(SHOWN)
        event.listen(db.get_bind(), "before_cursor_execute", lambda *given: asked.append(given[2]))
        assert lists(db, owner) is None
    assert [said for said in asked if "core__generation" not in said] == []  # a request knows its generation already


def test_each_sees_the_lines_that_are_for_him(instance, outsider, clerk):
    with reading() as db:
        assert lists(db, outsider) is None
        left, _done = lists(db, clerk)
    assert left == ["products.first_product", "orders.first_order"]


def test_the_owner_puts_it_away_for_everybody_and_a_clerk_does_not(visit, instance):
    owner, clerk = visit("owner"), visit("clerk")
    assert "Opening list" in owner.get("/").text and 'action="/system/settings/first-steps"' in owner.get("/").text
    assert 'action="/system/settings/first-steps"' not in clerk.get("/").text
    assert clerk.post("/system/settings/first-steps").status_code == 403
    assert "Opening list" in owner.get("/").text
    assert owner.post("/system/settings/first-steps").status_code == 303
    assert "Opening list" not in owner.get("/").text and "Opening list" not in clerk.get("/").text


def test_a_line_whose_plugin_fails_is_left_out_and_told(instance, owner, monkeypatch):
    manifest, book = current_host().manifests["orders"], FaultBook()
    step = contain_shared("first_steps", FirstStep("odd", "Odd", "Odd", lambda db, reader: "yes", ("can_list", "orders.Order"), href="/"), manifest, book)
    with reading() as db:
        assert step.done(db, reader(owner)) is None
        monkeypatch.setattr(current_host().parts["orders"], "first_steps", [step])
        left, done = lists(db, owner)
    assert "orders.odd" not in left + done and "core.team" in left
    assert [watch.place.kind for watch in book.pending.values()] == ["first_step"]


def picture():
    out = io.BytesIO()
    Image.new("RGB", (40, 40), "teal").save(out, "PNG")
    return out.getvalue()


def test_a_logo_is_brought_survives_a_refusal_and_is_taken_away(visit, instance):
    owner = visit("owner")
    refused = owner.post("/system/settings/", {"instance.name": "x" * 3000, "instance.logo": "", "instance.logo__new": (io.BytesIO(picture()), "logo.png")})
    assert refused.status_code == 422
    kept = refused.text.split('name="instance.logo" value="')[1].split('"')[0]
    assert find(kept, "thumb").is_file() and settings.get("instance.logo") == ""
    assert owner.post("/system/settings/", {"instance.name": "Tea", "instance.logo": kept}).status_code == 303
    assert f"/files/{kept}/thumb" in owner.get("/").text and f"/files/{kept}/thumb" in visit().get("/login/").text
    assert f"/files/{kept}/thumb" in visit().get("/shop/").text
    assert owner.post("/system/settings/", {"instance.logo": "nosuchfile000000"}).status_code == 422
    assert settings.get("instance.logo") == kept
    assert owner.post("/system/settings/", {"instance.logo": kept, "instance.logo__none": "1"}).status_code == 303
    assert f"/files/{kept}" not in owner.get("/").text


def test_what_is_no_picture_is_said_at_the_logo(visit, instance):
    page = visit("owner").post("/system/settings/", {"instance.logo": "", "instance.logo__new": (io.BytesIO(b"no picture"), "logo.png")})
    assert page.status_code == 422 and 'aria-invalid="true" aria-describedby="s-instance-logo-help"' in page.text
    with pytest.raises(Invalid), unit_of_work() as db:
        settings.set(db, "instance.logo", "x" * 3000, actor=SYSTEM, now=NOON)


def test_a_box_of_one_line_changes_no_text_of_several(visit, instance):
    from zhanggui.audit.models import AuditEntry

    owner, key = visit("owner"), "plugin.wechatpay.public_key"
    with unit_of_work() as db:
        settings.set(db, key, "-----BEGIN PUBLIC KEY-----\nabc\n-----END PUBLIC KEY-----\n", actor=SYSTEM, now=NOON)
        said = db.query(AuditEntry).count()
    sent = {key: "-----BEGIN PUBLIC KEY-----abc-----END PUBLIC KEY-----"}
    assert owner.post("/system/settings/", sent).status_code == 303
    with reading() as db:
        assert settings.get(key).count("\n") == 3
        assert db.query(AuditEntry).count() == said
    with unit_of_work() as db:
        db.execute(delete(StoredSetting).where(StoredSetting.key == key))
        generation.bump(db, "settings")
