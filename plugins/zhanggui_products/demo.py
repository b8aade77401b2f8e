"""The tea shop's shelves: eight categories, some sixty products, drawn pictures."""

from __future__ import annotations

import random
import tomllib
from datetime import datetime, timedelta
from importlib.resources import files
from typing import Any

from sqlalchemy.orm import Session

from zhanggui.api import SYSTEM, DemoData, Money, save_image, unit_of_work

from . import demo_pictures
from .services.categories import create_category
from .services.editing import create_product
from .services.selling import put_on_sale

_CURRENCY = "CNY"


def fill(now: datetime, rng: random.Random) -> None:
    """Put everything on the shelves, as if somebody had done it three months ago."""
    opened = now - timedelta(days=95)
    shelves = tomllib.loads(files(demo_pictures).joinpath("catalogue.toml").read_text("utf-8"))["category"]
    for place, shelf in enumerate(shelves):
        with unit_of_work() as db:
            first = shelf["products"][0]
            category = create_category(
                db, name={"zh_CN": shelf["zh"], "en": shelf["en"]}, position=place, actor=SYSTEM, now=opened,
                picture=_picture(db, first[5], first[6], rng, opened, first[0]),
            )  # fmt: skip
            for number, product in enumerate(shelf["products"]):
                _add(db, product, category, place * 100 + number, rng, opened)


def _add(db: Session, product: list[Any], category: int, position: int, rng: random.Random, now: datetime) -> None:
    stem, zh, en, words_zh, words_en, shape, palette, variants = product
    product_id = create_product(
        db, actor=SYSTEM, now=now, name={"zh_CN": zh, "en": en}, description={"zh_CN": words_zh, "en": words_en},
        category_id=category, position=position, pictures=[_picture(db, shape, palette, rng, now, stem)],
        variants=[
            {
                "sku": f"{stem}-{number:02d}", "option": option, "option_other": _in_english(option), "price": Money.parse(price, _CURRENCY), "weight_g": grams,
                "cost": Money(Money.parse(price, _CURRENCY).amount * rng.randint(38, 55) // 100, _CURRENCY),
                "barcode": _barcode(rng),
            }
            for number, (option, price, grams) in enumerate(variants, 1)
        ],
    )  # fmt: skip
    put_on_sale(db, id=product_id, actor=SYSTEM, now=now)


_SAID = {
    "双罐装": "2 tins", "两罐装": "2 tins", "四罐装": "4 tins", "四只套装": "set of 4", "一提 7 饼": "stack of 7 cakes",
    "朵罐装": "flowers, tin", "朵礼罐": "flowers, gift tin", "颗礼罐": "pieces, gift tin", "袋装": "bag", "罐装": "tin", "礼罐": "gift tin", "礼盒": "gift box",
    "家庭装": "family pack", "饼装": "cake", "饼": "cake", "砖": "brick", "小包": "sachets", "茶包": "tea bags", "颗装": "pieces", "泡装": "infusions",
    "片": "pieces", "包": "bags", "小号": "small", "中号": "medium", "大号": "large", "标准": "standard", "豪华": "deluxe", "竹制": "bamboo",
    "雾蓝": "mist blue", "山水": "landscape", "兰草": "orchid", "游鱼": "fish", "竹青": "bamboo green", "黑檀木": "ebony",
}  # fmt: skip


def _in_english(option: str) -> str:
    for chinese in sorted(_SAID, key=len, reverse=True):
        option = option.replace(chinese, _SAID[chinese])
    return " ".join(option.split())


def _picture(db: Session, shape: str, palette: str, rng: random.Random, now: datetime, name: str) -> str:
    drawn = demo_pictures.draw(shape, palette, rng.getrandbits(32))
    return save_image(db, drawn, filename=f"{name}.png", actor=SYSTEM, now=now).id


def _barcode(rng: random.Random) -> str:
    """An EAN-13 in the range for use inside a shop, with its check digit."""
    digits = "20" + "".join(str(rng.randrange(10)) for _ in range(10))
    check = -sum(int(d) * (3 if n % 2 else 1) for n, d in enumerate(digits)) % 10
    return f"{digits}{check}"


DEMO = DemoData("products", fill, order=10)
