"""What the tea shop and some of its customers chose. The messages themselves come of what happened: the workers tell it."""

from __future__ import annotations

import random
from datetime import datetime, timedelta

from zhanggui.api import SYSTEM, DemoData, clock, message_kinds, unit_of_work

from . import audiences
from .services import campaigns, choosing, freezing, pumping, silent, texts

TEXT = ("茶已经在路上了", "订单 {number}：{goods}，{carrier} {tracking}。到货请先验收，有问题随时找我们。")
NO = (3, 11)  # customers who do without reminders


def fill(now: datetime, rng: random.Random) -> None:
    """Words of the shop's own for one message, and consents at different times."""
    with unit_of_work() as db:
        if "orders.shipped" in message_kinds():
            texts.change_text(db, kind_id="orders.shipped", locale="zh_CN", subject=TEXT[0], body=TEXT[1], actor=SYSTEM, now=now - timedelta(days=12))
        yes = [one for one in audiences.crowd("customers.all").page(db, 0, 1000) if one % 3]  # two of three want offers
        said = [(one, ("marketing", choosing.ALL, True)) for one in yes] + [(one, ("care", choosing.ALL, False)) for one in NO]
        for customer_id, choice in said:
            at = now - timedelta(days=rng.randint(1, 60), seconds=rng.randint(0, 80_000))
            choosing.choose(db, recipient_kind="customer", recipient_id=customer_id, said=[choice], source="storefront", now=at)

    _campaign(now)


def _campaign(now: datetime) -> None:
    """A campaign half sent: paused, so that it stays so."""
    with unit_of_work() as db:
        campaign_id = campaigns.create_campaign(
            db, name="春茶上新", audience_id="customers.all", channels=["inbox"], rate_per_minute=600, hour_from=0, hour_until=24, holdout=5,
            subject_zh_CN="{name}，春茶到了", body_zh_CN="今年的明前茶已经上架，先到先得。", subject_en="Spring tea is here, {name}",
            body_en="This year's first harvest is in the shop.", actor=SYSTEM, now=now,
        )  # fmt: skip
        campaigns.freeze(db, id=campaign_id, actor=SYSTEM, now=now)
    freezing.run(campaign_id)
    with unit_of_work() as db:
        campaigns.begin(db, id=campaign_id, actor=SYSTEM, now=now)
    pumping.run()
    silent.run(clock.now())
    pumping.settle_all(campaign_id)
    with unit_of_work() as db:
        campaigns.pause(db, id=campaign_id, actor=SYSTEM, now=now)


DEMO = DemoData("notifications", fill, order=95)
