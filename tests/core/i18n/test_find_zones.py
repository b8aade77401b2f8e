"""A time zone is a place: found by what people call it, with what its clocks show, and never twice."""

from __future__ import annotations

from gettext import NullTranslations

import pytest

from zhanggui.auth.browsers import device_name
from zhanggui.i18n import zones
from zhanggui.i18n.texts import Reader, read_by, reader
from zhanggui.kernel import clock
from zhanggui.testing.fixtures import NOON


@pytest.fixture(autouse=True)
def chinese():
    before = reader()
    read_by(Reader("zh_CN", NullTranslations()))
    with clock.hold(NOON):
        yield
    read_by(before)


@pytest.mark.parametrize(
    ("typed", "name"),
    [("杭州", "Asia/Shanghai"), ("beijing", "Asia/Shanghai"), ("纽约", "America/New_York"), ("new york", "America/New_York"), ("kyiv", "Europe/Kyiv"),
     ("calcutta", "Asia/Kolkata"), ("PRC", "Asia/Shanghai"), ("东京", "Asia/Tokyo"), ("SAO PAULO", "America/Sao_Paulo")],
)  # fmt: skip
def test_it_is_found_by_what_people_call_it_in_both_languages(typed, name):
    assert zones.find_zones(typed, "Asia/Shanghai")[0][0] == name


def test_no_place_is_there_twice_and_no_name_that_only_leads_to_another():
    every = list(zones.places())
    labels = [zones.zone_label(name) for name in every]
    assert len(set(labels)) == len(labels) > 400
    assert not {"PRC", "Asia/Chongqing", "Asia/Calcutta", "US/Eastern", "GMT"} & set(every)
    assert zones.canonical("Asia/Chongqing") == "Asia/Shanghai"


def test_it_says_what_its_clocks_show():
    assert zones.zone_label("Asia/Shanghai").endswith("(UTC+08:00)")
    assert zones.zone_label("America/St_Johns").endswith("(UTC-03:30)")
    assert [name for name, _label in zones.find_zones("utc+05:45", "Asia/Shanghai")] == ["Asia/Kathmandu"]


def test_without_a_word_those_come_first_whose_clocks_show_the_same():
    assert zones.find_zones("", "Asia/Shanghai")[0][0] == "Asia/Shanghai"
    assert all(label.endswith("(UTC+08:00)") for _name, label in zones.find_zones("", "Asia/Shanghai")[:10])


def test_what_was_typed_in_full_is_taken_and_what_means_several_is_refused():
    assert (zones.read_zone("Asia/Calcutta"), zones.read_zone("上海")) == ("Asia/Kolkata", "Asia/Shanghai")
    for text in ("美国", "Nowhere", "a"):
        with pytest.raises(ValueError):
            zones.read_zone(text)


@pytest.mark.parametrize(
    ("agent", "name"),
    [
        ("Mozilla/5.0 (Linux; Android 14; Pixel 8) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/131.0.0.0 Mobile Safari/537.36", "Chrome, Android phone"),
        ("Mozilla/5.0 (iPhone; CPU iPhone OS 18_0 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Mobile/15E148 MicroMessenger/8.0.50", "WeChat, iPhone"),
        ("Mozilla/5.0 (iPhone; CPU iPhone OS 18_0 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/18.0 Mobile/15E148 Safari/604.1", "Safari, iPhone"),
        ("Mozilla/5.0 (Linux; Android 12; HarmonyOS; ALN-AL00) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/114.0 HuaweiBrowser/15.0 Mobile Safari/537.36", "Huawei browser, HarmonyOS device"),
        ("Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/131.0 Safari/537.36 Edg/131.0", "Edge, Windows computer"),
        ("Mozilla/5.0 (X11; Linux x86_64; rv:132.0) Gecko/20100101 Firefox/132.0", "Firefox, Linux computer"),
        ("API python-requests/2.32", "A program"),
        ("<script>alert(1)</script>", "Unknown device"),
    ],
)  # fmt: skip
def test_a_device_is_called_by_what_it_is_and_never_as_it_calls_itself(agent, name):
    assert device_name(agent) == name
