"""Regions have official codes, however people write them."""

from __future__ import annotations

import pytest

from zhanggui.api import regions


@pytest.mark.parametrize(
    ("written", "code"),
    [
        (["浙江省", "杭州市", "西湖区"], "330100"), (["浙江", "杭州"], "330100"), ("浙江省杭州市西湖区", "330100"), ("浙江 杭州", "330100"),
        ("杭州市", "330100"), ("中国浙江", "330000"), ("ZHEJIANG Province", "330000"), ("330100", "330100"),
        (["北京市", "北京市", "朝阳区"], "110000"), ("北京市朝阳区", "110000"), ("朝阳区", None), (["朝阳区"], None), ("辽宁朝阳", "211300"),
        ("吉林", "220000"), ("吉林市", "220200"), (["吉林省", "吉林市"], "220200"),
        ("海南", "460000"), (["青海", "海南州"], "632500"), ("海南省 省直辖县级行政单位 文昌市", "469005"), ("仙桃", "429004"),
        ("恩施州", "422800"), ("广西桂林", "450300"), ("内蒙古自治区呼和浩特市", "150100"), ("新疆 伊犁", "654000"),
        ("香港", "810000"), ("Hong Kong", "810000"), ("TW", "710000"), ("中国", "CN"), (["中国", "浙江省", "宁波市"], "330200"),
        ("United Kingdom", "GB"), ("EIRE", "IE"), ("USA", "US"), ("德国", "DE"), (["Germany", "Berlin"], "DE"),
        ("European Community", None), ("Unspecified", None), ("浙江某地", "330000"), ("某地", None), ("", None), ([], None), (None, None),
        ("x" * 5000, None), (["", " "], None),
    ],
)  # fmt: skip
def test_a_place_has_the_code_of_the_nearest_region(written, code):
    assert regions.code_of(written) == code


def test_every_region_is_found_by_its_own_name_and_by_its_code():
    for code, name in regions._rows().items():
        province = regions._rows()[regions.province_of(code)]
        assert regions.code_of([province, name]) == regions.code_of(code) == code
        assert code in regions.PROVINCES or regions.code_of(f"{province}{name}") == code
        assert regions.code_of(regions.name_of(code)) == code


def test_the_list_holds_the_provinces_and_what_stands_below_them():
    codes = list(regions._rows())
    assert (len(codes), codes) == (399, sorted(codes))
    assert set(regions.PROVINCES) == {code for code in codes if code.endswith("0000")}
    assert [regions.province_of(code) for code in ("330100", "469005", "GB", None)] == ["330000", "460000", None, None]


def test_who_chooses_comes_to_a_district_in_at_most_three_steps():
    provinces = {code: (name, below) for code, name, _shown, below in regions.tree()}
    cities = {code: (name, below) for code, name, _shown, below in provinces["330000"][1]}
    assert ["330106", "西湖区"] in cities["330100"][1]
    assert ["110105", "朝阳区"] in provinces["110000"][1]  # a city that is a province
    assert ["469005", "文昌市"] in provinces["460000"][1]  # a county that no city governs
    leaves = [code for _name, below in provinces.values() for city in below for code, *_ in (city[3] if city[3:] else [city])]
    assert (len(leaves), len(set(leaves))) == (2978, 2978)
    without = {city[0] for _name, below in provinces.values() for city in below if not city[3:] and city[0].endswith("00")}
    assert without == {"441900", "442000", "460400", "620200"}
    assert {code for code, (_name, below) in provinces.items() if not below} == {"710000", "810000", "820000"}


@pytest.mark.parametrize(
    ("written", "lacks"),
    [
        (["浙江省", "杭州市"], True), (["浙江省"], True), (["北京市"], True), (["北京市", "北京市"], True), (["浙江省杭州市"], True), (["Zhejiang"], True),
        (["浙江省", "杭州市", "西湖区"], False), (["浙江省杭州市西湖区"], False), (["北京市", "朝阳区"], False), (["Zhejiang", "Hangzhou", "Xihu"], False),
        (["广东省", "东莞市"], False), (["海南省", "文昌市"], False), (["香港"], False), (["Germany", "Berlin"], False), (["某地"], False),
        (["浙江省", "杭州市", " "], True),
    ],
)  # fmt: skip
def test_an_address_that_stops_above_its_district_is_told(written, lacks):
    assert regions.lacks_district(written) is lacks
