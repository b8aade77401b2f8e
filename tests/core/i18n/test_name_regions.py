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
