"""Subscribe messages: a customer allows so many of a template, and each that is sent takes one."""

from __future__ import annotations

import re
import secrets
from typing import Any

from . import inbox
from .store import Row
from .world import World

# Fields of the mini-program's templates with what its console calls them.
TEMPLATES: dict[str, tuple[str, dict[str, str]]] = {
    "SBXshippedTemplate0000000000000000000000001": ("订单发货通知", {"character_string1": "订单编号", "thing2": "商品", "thing3": "快递"}),
    "SBXpaidTemplate0000000000000000000000000002": ("支付成功通知", {"character_string1": "订单编号", "amount2": "支付金额", "thing3": "商品"}),
    "SBXrefundTemplate00000000000000000000000003": ("退款成功通知", {"character_string1": "订单编号", "amount2": "退款金额"}),
    "SBXplainTemplate000000000000000000000000004": ("订单通知", {"character_string1": "订单编号", "thing2": "内容", "phrase3": "状态", "time4": "时间"}),
}
ANSWERS = ("accept", "reject", "ban", "filter")
_KIND = re.compile(r"([a-z_]+?)[0-9]+\Z")
_CHECKS = {
    "thing": r".{1,20}", "character_string": r"[\x21-\x7e]{1,32}", "number": r"[0-9.]{1,32}", "letter": r"[A-Za-z]{1,32}", "symbol": r".{1,5}",
    "phrase": r"[\u4e00-\u9fff]{1,5}", "amount": r"[¥￥$€£]?[0-9]{1,10}(\.[0-9]{1,2})?元?", "phone_number": r"[0-9+-]{1,17}", "car_number": r".{1,8}",
    "name": r".{1,10}", "time": r"([0-9]{4}[年/.-][0-9]{1,2}[月/.-][0-9]{1,2}日?)?[ T]?([0-9]{1,2}:[0-9]{2}(:[0-9]{2})?)?",
    "date": r"[0-9]{4}[年/.-][0-9]{1,2}[月/.-][0-9]{1,2}日?([ T][0-9]{1,2}:[0-9]{2})?",
}  # fmt: skip


class NotTaken(Exception):
    """The errcode, and of 47003 the field."""

    def __init__(self, code: int, field: str = "") -> None:
        super().__init__(field)
        self.code, self.field = code, field


def allow(world: World, openid: str, template: str, answer: str, count: int = 1) -> int:
    """What the customer answers to the prompt; how many are left."""
    if answer == "accept":
        world.store.run("INSERT INTO allowed VALUES (?, ?, ?) ON CONFLICT (openid, template) DO UPDATE SET n = n + excluded.n", openid, template, count)
    if answer == "ban":
        world.store.run("DELETE FROM allowed WHERE openid = ? AND template = ?", openid, template)
    return left(world, openid, template)


def left(world: World, openid: str, template: str) -> int:
    """How many messages of it may be sent."""
    found: Row | None = world.store.one("SELECT n FROM allowed WHERE openid = ? AND template = ?", openid, template)
    return int(found["n"]) if found else 0


def take(world: World, asked: Any, user: str | None) -> dict[str, Any]:
    """Send one.

    :param user: who is behind the openid; None: nobody.
    :raises NotTaken: with the errcode.
    """
    if not isinstance(asked, dict) or not isinstance(asked.get("data"), dict):
        raise NotTaken(47001)
    if user is None:
        raise NotTaken(40003)
    template = TEMPLATES.get(str(asked.get("template_id")))
    if template is None:
        raise NotTaken(40037)
    title, fields = template
    for field in fields:
        value = asked["data"].get(field)
        text = value.get("value") if isinstance(value, dict) else None
        kind = _KIND.match(field)
        if not isinstance(text, str) or not text or not re.fullmatch(_CHECKS[kind[1] if kind else "thing"], text):
            raise NotTaken(47003, field)
    page = asked.get("page", "")
    if not isinstance(page, str) or page.startswith("/"):
        raise NotTaken(41030)
    openid, template_id = str(asked["touser"]), str(asked["template_id"])
    if not world.store.run("UPDATE allowed SET n = n - 1 WHERE openid = ? AND template = ? AND n > 0", openid, template_id).rowcount:
        raise NotTaken(43101)
    lines = [(name, asked["data"][field]["value"]) for field, name in fields.items()]
    number = inbox.arrive(world, "wechat_subscribe", user, title, "\n".join(f"{name}：{text}" for name, text in lines), lines=lines, page=page)
    return {"errcode": 0, "errmsg": "ok", "msgid": int(f"{number}{secrets.randbelow(10**6):06d}")}
