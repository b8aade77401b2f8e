"""A shop has a color of its own, in which everything can be read, light and dark."""

from __future__ import annotations

import re

import pytest
from sqlalchemy import delete

from zhanggui.config import settings
from zhanggui.config.models import StoredSetting
from zhanggui.db.uow import unit_of_work
from zhanggui.host import generation
from zhanggui.kernel.colors import contrast, is_readable, mixed, read_color
from zhanggui.web.brand import COLOR, brand_sheet

SURFACES = {"light": ("#ffffff", "#f3f5f4", "#edf1ef"), "dark": ("#18201d", "#212b27", "#0f1413")}
DARK_ENOUGH = ("#0b6b4a", "#000000", "#1d3f86", "#7a0019", "#5b2a86", "#00008b", "#a02020")


@pytest.fixture
def as_before(instance):
    """The color of the shop is that of the theme again."""
    yield
    with unit_of_work() as db:
        db.execute(delete(StoredSetting).where(StoredSetting.key == COLOR))
        generation.bump(db, "settings")


def told(block):
    return dict(re.findall(r"--([a-z-]+):(#[0-9a-f]{6}|[0-9,]+)", block))


@pytest.mark.parametrize("color", [c for c in DARK_ENOUGH if is_readable(read_color(c))])
def test_words_are_readable_on_every_surface_of_both_appearances(color):
    light, dark = (told(part) for part in brand_sheet(color).split("[data-appearance=dark]"))
    for appearance, values in (("light", light), ("dark", dark)):
        words = read_color(values["zg-brand-text"])
        rgb = tuple(map(int, values["zg-brand-rgb"].split(",")))
        for surface in map(read_color, SURFACES[appearance]):
            assert contrast(words, surface) >= 4.5
            assert contrast(words, mixed(surface, rgb, 0.09 if appearance == "light" else 0.13)) >= 4.5
        assert contrast(read_color(values["zg-brand"]), (255, 255, 255)) >= 4.5
        assert contrast(words, read_color(values["brand-soft"])) >= 4.5
    assert contrast(read_color(dark["zg-brand"]), read_color("#18201d")) >= 3


@pytest.mark.parametrize(("one", "other", "ratio"), [("#000000", "#ffffff", 21), ("#777777", "#ffffff", 4.48), ("#767676", "#ffffff", 4.54)])
def test_contrast_is_that_of_the_standard(one, other, ratio):
    assert contrast(read_color(one), read_color(other)) == pytest.approx(ratio, abs=0.01)


@pytest.mark.parametrize("kind", ["sqlite"], indirect=True)
def test_it_is_chosen_in_the_settings_and_dresses_shop_and_staff(visit, instance, as_before):
    owner = visit("owner")
    assert 'type="color" name="instance.color"' in owner.get("/system/settings/").text and 'value="#0b6b4a"' in owner.get("/system/settings/").text
    assert owner.post("/system/settings/", {"instance.color": "#0b6b4a"}).status_code == 303
    assert settings.get(COLOR) == ""  # what is shown while nothing was chosen is no choice
    assert "/brand.css" not in owner.get("/").text and visit().get("/brand.css").text == ""
    assert owner.post("/system/settings/", {"instance.color": "#7a0019"}).status_code == 303
    for page in (owner.get("/"), visit().get("/login/"), visit().get("/offline"), visit().get("/shop/")):
        assert '<link rel="stylesheet" href="/brand.css?color=7a0019">' in page.text
        assert "style=" not in page.text.replace('rel="stylesheet"', "")
    sheet = visit().get("/brand.css?color=7a0019")
    assert sheet.mimetype == "text/css" and "--zg-brand:#7a0019" in sheet.text and "immutable" in sheet.headers["Cache-Control"]
    assert visit().get("/manifest.webmanifest").json["theme_color"] == "#7a0019"


@pytest.mark.parametrize("kind", ["sqlite"], indirect=True)
@pytest.mark.parametrize(
    ("typed", "said"),
    [("#ffd54f", "This color is too light: words in it"), ("#777777", "This color is too light"), ("red", "must be a color such as"), ("#12345", "must be a color such as"),
     ("#000000}body{display:none", "must be a color such as")],
)  # fmt: skip
def test_what_could_not_be_read_is_refused_in_one_sentence(visit, instance, typed, said):
    refused = visit("owner").post("/system/settings/", {"instance.color": typed})
    assert refused.status_code == 422 and said in refused.text
    assert settings.get(COLOR) == ""
