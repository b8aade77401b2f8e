"""The tea shop's customers: three hundred people who do not exist."""

from __future__ import annotations

import random
from datetime import datetime, timedelta

from zhanggui.api import SYSTEM, DemoData, unit_of_work

from .services.addresses import add_address
from .services.profile import create_customer

COUNT = 300
_FAMILY = "王李张刘陈杨黄赵吴周徐孙马朱胡林郭何高罗郑梁谢宋唐许邓韩冯曹彭曾肖田董潘袁蔡蒋余于杜叶程魏苏吕丁任卢姚沈钟姜崔谭陆范汪廖石金贾夏付方邹熊白孟秦邱侯江尹薛闫段雷龙史陶贺毛郝顾龚邵万覃武钱戴严莫孔向常汤"
_GIVEN = {
    "female": ["婷", "静怡", "雨桐", "佳琪", "秀英", "晓燕", "思琪", "梦洁", "欣妍", "慧敏", "若兰", "诗涵", "美玲", "丽华", "玉珍", "语嫣", "子涵", "雅琴", "春梅", "清欢", "可欣", "芷若", "明月", "小满", "采薇"],
    "male": ["伟", "建国", "志强", "子轩", "浩然", "文博", "俊杰", "海涛", "宇航", "国栋", "立新", "天佑", "家豪", "思远", "鹏程", "永康", "振华", "明哲", "一鸣", "景行", "知远", "松年", "牧之", "怀瑾", "云山"],
}
_PLACES = (
    ("浙江省", "杭州市", "西湖区", ("文三路", "天目山路", "龙井路", "玉古路")),
    ("浙江省", "宁波市", "鄞州区", ("中兴路", "百丈东路", "天童南路")),
    ("上海市", "上海市", "徐汇区", ("漕溪北路", "衡山路", "龙华中路", "宜山路")),
    ("上海市", "上海市", "浦东新区", ("世纪大道", "张杨路", "锦绣路")),
    ("北京市", "北京市", "朝阳区", ("建国路", "望京西路", "朝阳北路", "工体北路")),
    ("北京市", "北京市", "海淀区", ("中关村大街", "学院路", "万柳中路")),
    ("广东省", "广州市", "天河区", ("体育西路", "天河北路", "黄埔大道")),
    ("广东省", "深圳市", "南山区", ("科技园路", "后海大道", "桃园路")),
    ("江苏省", "苏州市", "姑苏区", ("平江路", "人民路", "十梓街")),
    ("江苏省", "南京市", "鼓楼区", ("中山北路", "湖南路", "北京西路")),
    ("福建省", "厦门市", "思明区", ("湖滨南路", "嘉禾路", "环岛路")),
    ("福建省", "福州市", "鼓楼区", ("五四路", "东街", "湖东路")),
    ("四川省", "成都市", "武侯区", ("人民南路", "科华北路", "一环路南")),
    ("湖北省", "武汉市", "武昌区", ("中南路", "东湖路", "水果湖横路")),
    ("山东省", "青岛市", "市南区", ("香港中路", "闽江路", "太平路")),
    ("陕西省", "西安市", "雁塔区", ("小寨东路", "长安南路", "丈八东路")),
)
_ESTATES = ["翠苑", "锦绣花园", "阳光里", "竹园", "听雨轩", "学府名苑", "桂花城", "云栖小区", "碧水湾", "梧桐里"]
_TAGS = (["老顾客"], ["爱喝岩茶"], ["爱喝绿茶"], ["公司采购"], ["送礼"], ["普洱收藏"])
_PREFIXES = ["135", "136", "137", "138", "139", "150", "151", "158", "159", "177", "180", "186", "187", "188", "189", "198"]


def fill(now: datetime, rng: random.Random) -> None:
    """Three hundred profiles with addresses, signed up over the last months."""
    days = sorted((rng.triangular(1, 95, 95) for _ in range(COUNT)), reverse=True)
    with unit_of_work() as db:
        for number, days_ago in enumerate(days):
            at = now - timedelta(days=days_ago)
            gender = rng.choice(("female", "female", "male"))
            name, phone = rng.choice(_FAMILY) + rng.choice(_GIVEN[gender]), _phone(number, rng)
            first = rng.choice(_PLACES)
            customer_id = create_customer(
                db, actor=SYSTEM, now=at, name=name, phone=phone, gender=gender, region=f"{first[0]} {first[1]}",
                tags=rng.choice(_TAGS) if rng.random() < 0.3 else None, source="storefront",
            )  # fmt: skip
            for place in [first, *([rng.choice(_PLACES)] if rng.random() < 0.2 else [])]:
                province, city, district, roads = place
                add_address(
                    db, customer_id=customer_id, name=name, phone=phone, region=(province, city, district),
                    detail=_door(rng.choice(roads), rng), is_default=place is first, actor=SYSTEM, now=at,
                )  # fmt: skip


def _phone(number: int, rng: random.Random) -> str:
    """Eleven digits that look like a phone; blocks of zeros keep them from being anybody in particular."""
    return f"{rng.choice(_PREFIXES)}000{number % 10}{rng.randrange(10_000):04d}"


def _door(road: str, rng: random.Random) -> str:
    return f"{road}{rng.randint(1, 399)}号{rng.choice(_ESTATES)}{rng.randint(1, 28)}幢{rng.randint(1, 24)}0{rng.randint(1, 4)}室"


DEMO = DemoData("customers", fill, order=20)
