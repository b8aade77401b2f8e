"""A file that was chosen survives every refusal of its form, as a draft that goes when nobody saves it."""

from __future__ import annotations

import io
import re
from datetime import timedelta

from PIL import Image
from sqlalchemy import select

from zhanggui.db.uow import reading, unit_of_work
from zhanggui.files import DRAFT, path_of, remove_drafts
from zhanggui.files.models import StoredFile
from zhanggui.kernel import clock
from zhanggui_products.models import Product

LINE = {"variants-0-sku": "T-1", "variants-0-price": "19.90"}


def picture(color: str = "green") -> tuple[io.BytesIO, str]:
    out = io.BytesIO()
    Image.new("RGB", (40, 40), color).save(out, "PNG")
    out.seek(0)
    return out, f"{color}.png"


def kept_in(page) -> list[str]:
    return re.findall(r'name="pictures" value="([a-zA-Z0-9]{16})"', page.get_data(as_text=True))


def test_a_picture_stays_through_two_refusals_and_is_kept_by_the_save(instance, visit):
    who = visit("owner")
    first = who.post("/products/add", {"name__zh_CN": "", **LINE, "pictures__new": picture()})
    assert first.status_code == 422
    (file_id,) = kept_in(first)
    assert who.client.get(f"/files/{file_id}/thumb").status_code == 200
    second = who.post("/products/add", {"name__zh_CN": "", **LINE, "pictures": file_id})
    assert (second.status_code, kept_in(second)) == (422, [file_id])
    assert who.post("/products/add", {"name__zh_CN": "龙井", **LINE, "pictures": file_id}).status_code == 303
    with reading() as db:
        assert db.scalars(select(Product.pictures)).all() == [[file_id]]
        assert db.scalars(select(StoredFile.expires_at)).all() == [None]


def test_what_nobody_saved_goes_after_a_day(instance, visit):
    who = visit("owner")
    (file_id,) = kept_in(who.post("/products/add", {"name__zh_CN": "", **LINE, "pictures__new": picture()}))
    path = path_of(file_id, "full")
    for hours, there in ((-1, True), (1, False)):
        with unit_of_work() as db:
            remove_drafts(db, clock.now() + DRAFT + timedelta(hours=hours))
        with reading() as db:
            assert bool(db.scalars(select(StoredFile.id)).all()) == path.is_file() == there


def test_a_new_picture_stands_where_it_was_put(instance, visit):
    who = visit("owner")
    page = who.post("/products/add", {"name__zh_CN": "", **LINE, "pictures__new": [picture("red"), picture("blue")]})
    old = kept_in(page)
    sent = {"name__zh_CN": "龙井", **LINE, "pictures": [old[1], "+0", old[0]], "pictures__new": picture("white")}
    assert who.post("/products/add", sent).status_code == 303
    with reading() as db:
        pictures = db.scalars(select(Product.pictures)).one()
    assert (pictures[0], pictures[2], len(pictures)) == (old[1], old[0], 3)
