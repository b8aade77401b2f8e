"""Bills of Alipay: a ZIP with files in GBK, whose names are in GBK too, behind an address that lives half a minute."""

from __future__ import annotations

import io
import re
import secrets
import zipfile
from datetime import datetime
from decimal import Decimal
from typing import Any

from ..clock import BEIJING, plain
from ..money import yuan
from ..web import Call, Reply
from ..world import World
from .refusals import Refused, business, invalid

_READY, _LIFE = 9 * 3600, 30
_HEAD = ("支付宝交易号,商户订单号,业务类型,商品名称,创建时间,完成时间,门店编号,门店名称,操作员,终端号,对方账户,订单金额（元）,商家实收（元）,支付宝红包（元）,"
         "集分宝（元）,支付宝优惠（元）,商家优惠（元）,券核销金额（元）,券名称,商家红包消费金额（元）,卡消费金额（元）,退款批次号/请求号,服务费（元）,分润（元）,备注")  # fmt: skip
_FUND_HEAD = "账务流水号,业务流水号,商户订单号,商品名称,发生时间,对方账号,收入金额（+元）,支出金额（-元）,账户余额（元）,交易渠道,业务类型,备注"
_ROWS = (
    "SELECT movement.*, trade.subject, trade.created AS begun, trade.trade_no FROM movement JOIN trade USING (provider, out_trade_no) "
    "WHERE movement.provider = 'alipay' AND movement.at >= ? AND movement.at < ? ORDER BY movement.at, movement.id"
)


def address(world: World, call: Call, sent: dict[str, str], asked: dict[str, Any]) -> dict[str, Any]:
    """Where the bill of a day lies."""
    kind, day = str(asked.get("bill_type", "")), str(asked.get("bill_date", ""))
    if kind not in ("trade", "signcustomer"):
        raise invalid("bill_type应为trade或signcustomer")
    if not re.fullmatch(r"\d{4}-\d\d-\d\d", day):
        raise invalid("bill_date格式应为yyyy-MM-dd")
    try:
        begin = datetime.strptime(day, "%Y-%m-%d").replace(tzinfo=BEIJING).timestamp()
    except ValueError:
        raise invalid("bill_date不是日期") from None
    now = world.clock.now()
    fault = world.faults.named("bill", {"provider": "alipay", "operation": "bill"})
    edit = str(fault.get("edit", "")) if fault else ""
    if now < begin + 86400 + _READY or edit == "not_ready":
        raise Refused("40004", "isp.bill_not_exist", "账单尚未生成")
    rows = [] if edit == "empty_day" else [dict(row) for row in world.store.all(_ROWS, begin, begin + 86400)]
    rows = _edited(rows, edit, int(fault.get("rows", 100_000)) if fault else 0, begin)
    if not rows:
        raise business("BILL_NOT_EXIST", "账单不存在")
    token = secrets.token_urlsafe(24)
    with world.store.transaction():
        world.store.run("DELETE FROM bill WHERE expires < ?", now)
        content = _archive(world, kind, day, rows)
        world.store.run("INSERT INTO bill VALUES (?, ?, ?, 'alipay')", token, content, now + (-1 if edit == "expired_url" else _LIFE))
    return {"bill_download_url": f"{call.base}/billdownload/alipay?token={token}"}


def download(world: World, call: Call) -> Reply:
    """The file; whoever has the address gets it."""
    found = world.store.one("SELECT * FROM bill WHERE token = ? AND kind = 'alipay'", call.query.get("token", ""))
    if found is None or found["expires"] < world.clock.now():
        return Reply(403, "下载地址已失效".encode(), "text/plain; charset=utf-8")
    return Reply(200, found["content"], "application/zip")


def _edited(rows: list[dict[str, Any]], edit: str, many: int, begin: float) -> list[dict[str, Any]]:
    """What a fault makes of a bill."""
    if not rows:
        return rows
    first = rows[0]
    if edit == "missing_row":
        return rows[1:]
    if edit in ("extra_row", "many_rows"):
        count = many if edit == "many_rows" else 1
        return rows + [first | {"trade_no": f"2026{number:024d}", "out_trade_no": f"unknown{number:09d}", "number": f"unknown{number:09d}"} for number in range(count)]
    changes: dict[str, dict[str, Any]] = {
        "amount_off": {"amount": first["amount"] + 1}, "over_midnight": {"at": begin - 1}, "odd_name": {"subject": '茶, "明前"\t龙井'},
    }  # fmt: skip
    return [first | changes.get(edit, {}), *rows[1:]]


def _archive(world: World, kind: str, day: str, rows: list[dict[str, Any]]) -> bytes:
    out = io.BytesIO()
    stem = f"{world.keys.seller_id}0156_{day.replace('-', '')}"
    files = _trade_files(world, stem, day, rows) if kind == "trade" else _fund_files(world, stem, day, rows)
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, text in files:
            entry = _Plain(name)
            entry.compress_type = zipfile.ZIP_DEFLATED
            archive.writestr(entry, text.encode("gbk", "replace"))
    return out.getvalue()


class _Plain(zipfile.ZipInfo):
    """A name in GBK without the mark for UTF-8, as Alipay's archives have it; the library has no option for that."""

    def _encodeFilenameFlags(self) -> tuple[bytes, int]:
        return self.filename.encode("gbk"), self.flag_bits & ~0x800


def _quoted(text: str) -> str:
    return '"' + text.replace('"', '""') + '"' if re.search(r'[",\r\n]', text) else text


def _top(world: World, day: str, title: str) -> str:
    return (f"#支付宝{title}\r\n#账号：[{world.keys.seller_id}0156]\r\n#起始日期：[{day} 00:00:00]   终止日期：[{day} 23:59:59]\r\n"
            f"#-----------------------------------------{title}列表----------------------------------------\r\n")  # fmt: skip


def _trade_files(world: World, stem: str, day: str, rows: list[dict[str, Any]]) -> list[tuple[str, str]]:
    lines = []
    for row in rows:
        refund = row["kind"] == "refund"
        amount = yuan(row["amount"])
        lines.append(",".join(_quoted(value) for value in (
            f"{row['trade_no']}\t", f"{row['out_trade_no']}\t", "退款" if refund else "交易", row["subject"], plain(row["begun"]), plain(row["at"]), "", "", "", "",
            "*三(san***@sandbox.com)", amount, amount, *["0.00"] * 5, "", "0.00", "0.00", row["number"] if refund else "", yuan(-row["fee"]), "0.00", "",
        )))  # fmt: skip
    sold, back = ([row for row in rows if row["kind"] == kind] for kind in ("payment", "refund"))
    total = sum(row["amount"] for row in rows)
    tail = f"#-----------------------------------------业务明细列表结束------------------------------------\r\n#交易合计：{len(sold)}笔，商家实收共{yuan(sum(r['amount'] for r in sold))}元\r\n#退款合计：{len(back)}笔，商家实收退款共{yuan(sum(r['amount'] for r in back))}元\r\n#导出时间：[{plain(world.clock.now())}]\r\n"
    detail = _top(world, day, "业务明细") + _HEAD + "\r\n" + "\r\n".join(lines) + "\r\n" + tail
    summary = _top(world, day, "业务汇总") + (
        "门店编号,门店名称,交易订单总笔数,退款订单总笔数,订单金额（元）,商家实收（元）,服务费（元）,实收净额（元）\r\n"
        f"合计,,{len(sold)},{len(back)},{yuan(total)},{yuan(total)},{yuan(-sum(r['fee'] for r in rows))},{yuan(total - sum(r['fee'] for r in rows))}\r\n"
    )  # fmt: skip
    return [(f"{stem}_业务明细.csv", detail), (f"{stem}_业务明细(汇总).csv", summary)]


def _fund_files(world: World, stem: str, day: str, rows: list[dict[str, Any]]) -> list[tuple[str, str]]:
    balance, lines = Decimal(0), []
    for row in rows:
        for name, amount in (("在线支付" if row["amount"] > 0 else "交易退款", row["amount"]), ("收费", -row["fee"])):
            if not amount:
                continue
            balance += Decimal(amount) / 100
            into, out = (yuan(amount), "") if amount > 0 else ("", yuan(amount))
            lines.append(",".join(_quoted(value) for value in (
                f"{row['id']:020d}\t", f"{row['trade_no']}\t", f"{row['out_trade_no']}\t", row["subject"], plain(row["at"]), "san***@sandbox.com", into, out,
                f"{balance:.2f}", "支付宝", name, "",
            )))  # fmt: skip
    tail = f"#-----------------------------------------账务明细列表结束------------------------------------\r\n#导出时间：[{plain(world.clock.now())}]\r\n"
    return [(f"{stem}_账务明细.csv", _top(world, day, "账务明细") + _FUND_HEAD + "\r\n" + "\r\n".join(lines) + "\r\n" + tail)]

