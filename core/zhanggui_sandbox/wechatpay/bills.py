"""Bills of a day in Beijing: what was paid and given back, in yuan, each value behind a backtick."""

from __future__ import annotations

import csv
import gzip
import hashlib
import io
import re
import secrets
from collections.abc import Iterable, Sequence
from datetime import datetime
from decimal import Decimal

from ..clock import BEIJING, plain
from ..faults import Fault
from ..money import fee, fen, yuan
from ..store import Row
from ..web import Call, Reply
from ..world import World
from .refusals import Refused

_READY, _LIFE = 9 * 3600, 300  # seconds: after midnight of the next day; of a download address
_TRADE_HEAD = (
    "交易时间,公众账号ID,商户号,特约商户号,设备号,微信订单号,商户订单号,用户标识,交易类型,交易状态,付款银行,货币种类,应结订单金额,代金券金额,"
    "微信退款单号,商户退款单号,退款金额,充值券退款金额,退款类型,退款状态,商品名称,商户数据包,手续费,费率,订单金额,申请退款金额,费率备注"
)
_TRADE_SUM = "总交易单数,应结订单总金额,退款总金额,充值券退款总金额,手续费总金额,订单总金额,申请退款总金额"
_FUND_HEAD = "记账时间,微信支付业务单号,资金流水单号,业务名称,业务类型,收支类型,收支金额(元),账户结余(元),资金变更提交申请人,备注,业务凭证号"
_FUND_SUM = "资金流水总笔数,收入笔数,收入金额,支出笔数,支出金额"
_TYPES = {"jsapi": "JSAPI", "h5": "MWEB", "native": "NATIVE", "app": "APP"}
_PAYMENTS = (
    "SELECT movement.*, trade.subject, trade.attach, trade.payer, trade.scene FROM movement JOIN trade USING (provider, out_trade_no) "
    "WHERE movement.provider = 'wechatpay' AND movement.kind = 'payment' AND movement.at >= ? AND movement.at < ? ORDER BY movement.at, movement.id"
)
# Dated by when they were accepted, in whatever state they were then; never changed afterwards.
_REFUNDS = (
    "SELECT refund.*, trade.out_trade_no, trade.trade_no, trade.subject, trade.attach, trade.payer, trade.scene, trade.paid_currency FROM refund "
    "JOIN trade ON trade.id = refund.trade_id WHERE refund.provider = 'wechatpay' AND refund.created >= ? AND refund.created < ? ORDER BY refund.id"
)
_MOVEMENTS = "SELECT * FROM movement WHERE provider = 'wechatpay' AND at >= ? AND at < ? ORDER BY at, id"


def trades(world: World, call: Call) -> Reply:
    """Where the trade bill of a day lies."""
    kind = call.query.get("bill_type", "ALL")
    if kind not in ("ALL", "SUCCESS", "REFUND"):
        raise Refused(400, "PARAM_ERROR", "bill_type应为ALL、SUCCESS或REFUND", field="bill_type", value=kind)
    begin, end, fault = _day(world, call)
    edit = str(fault.get("edit", "")) if fault else ""
    rows = [] if kind == "REFUND" else [_payment(world, row) for row in world.store.all(_PAYMENTS, begin, end)]
    rows += [] if kind == "SUCCESS" else [_refund(world, row) for row in world.store.all(_REFUNDS, begin, end)]
    rows = _edited(rows, edit, int(fault.get("rows", 100_000)) if fault else 0, begin)
    if not rows:
        raise Refused(400, "NO_STATEMENT_EXIST", "账单文件不存在")
    total = [len(rows), *(_sum(rows, place) for place in (12, 16, 17)), _sum(rows, 22, "0.00000"), _sum(rows, 24), _sum(rows, 25)]
    return _stored(world, call, _TRADE_HEAD, rows, _TRADE_SUM, total, edit)


def funds(world: World, call: Call) -> Reply:
    """Where the bill of the account lies, fees and balances in it."""
    if call.query.get("account_type", "BASIC") not in ("BASIC", "OPERATION", "FEES"):
        raise Refused(400, "PARAM_ERROR", "account_type应为BASIC、OPERATION或FEES", field="account_type")
    begin, end, fault = _day(world, call)
    earlier = world.store.one("SELECT COALESCE(SUM(amount - fee), 0) AS balance FROM movement WHERE provider = 'wechatpay' AND at < ?", begin)
    balance = int(earlier["balance"]) if earlier else 0
    rows: list[list[str]] = []
    for row in world.store.all(_MOVEMENTS, begin, end):
        income = row["kind"] == "payment"
        for name, amount, into in (("交易" if income else "退款", abs(row["amount"]), income), ("扣除交易手续费" if income else "退还手续费", abs(row["fee"]), not income)):
            if amount:
                balance += amount if into else -amount
                rows.append([plain(row["at"]), row["provider_number"], f"{row['id']:020d}", name, name, "收入" if into else "支出", yuan(amount), yuan(balance),
                             "system", "", row["number"]])  # fmt: skip
    edit = str(fault.get("edit", "")) if fault else ""
    if not rows or edit == "empty_day":
        raise Refused(400, "NO_STATEMENT_EXIST", "账单文件不存在")
    into, out = ([row for row in rows if row[5] == kind] for kind in ("收入", "支出"))
    return _stored(world, call, _FUND_HEAD, rows, _FUND_SUM, [len(rows), len(into), _sum(into, 6), len(out), _sum(out, 6)], edit)


def download(world: World, call: Call) -> Reply:
    """The file, unsigned."""
    found = world.store.one("SELECT * FROM bill WHERE token = ? AND kind = 'wechatpay'", call.query.get("token", ""))
    if found is None or found["expires"] < world.clock.now():
        raise Refused(400, "PARAM_ERROR", "账单下载地址已失效，请重新申请")
    return Reply(200, found["content"], "application/x-gzip" if found["content"][:2] == b"\x1f\x8b" else "text/plain; charset=utf-8")


def _day(world: World, call: Call) -> tuple[float, float, Fault | None]:
    text = call.query.get("bill_date", "")
    if not re.fullmatch(r"\d{4}-\d\d-\d\d", text):
        raise Refused(400, "PARAM_ERROR", "bill_date格式应为YYYY-MM-DD", field="bill_date", value=text)
    if call.query.get("tar_type", "") not in ("", "GZIP"):
        raise Refused(400, "PARAM_ERROR", "tar_type应为GZIP", field="tar_type")
    try:
        begin = datetime.strptime(text, "%Y-%m-%d").replace(tzinfo=BEIJING).timestamp()
    except ValueError:
        raise Refused(400, "PARAM_ERROR", "bill_date不是日期", field="bill_date", value=text) from None
    now, end = world.clock.now(), begin + 86400
    fault = world.faults.named("bill", {"provider": "wechatpay", "operation": "bill"})
    if now - begin > 93 * 86400:
        raise Refused(400, "PARAM_ERROR", "仅支持下载三个月内的账单", field="bill_date", value=text)
    if now < end + _READY or (fault and fault.get("edit", "") == "not_ready"):
        raise Refused(400, "STATEMENT_CREATING", "账单生成中，请稍后再试")
    return begin, end, fault


def _payment(world: World, row: Row) -> list[str]:
    amount = yuan(row["amount"])
    return [plain(row["at"]), world.keys.app_id, world.keys.mchid, "0", "", row["provider_number"], row["out_trade_no"], row["payer"], _TYPES[row["scene"]],
            "SUCCESS", "OTHERS", row["currency"], amount, "0.00", "0", "0", "0.00", "0.00", "", "", row["subject"], row["attach"],
            f"{yuan(row['fee'])}000", "0.60%", amount, "0.00", ""]  # fmt: skip


def _refund(world: World, row: Row) -> list[str]:
    amount = yuan(row["amount"])
    return [plain(row["created"]), world.keys.app_id, world.keys.mchid, "0", "", row["trade_no"], row["out_trade_no"], row["payer"], _TYPES[row["scene"]],
            "REFUND", "OTHERS", row["paid_currency"], "0.00", "0.00", row["refund_no"], row["out_refund_no"], amount, "0.00", "ORIGINAL", "PROCESSING",
            row["subject"], row["attach"], f"-{yuan(fee(row['amount']))}000", "0.60%", "0.00", amount, ""]  # fmt: skip


def _edited(rows: list[list[str]], edit: str, many: int, begin: float) -> list[list[str]]:
    """What a fault makes of a bill."""
    if edit == "empty_day":
        return []
    if edit == "missing_row":
        return rows[1:]
    extra = list(rows[0]) if rows else []
    if extra and edit in ("extra_row", "many_rows"):
        count = many if edit == "many_rows" else 1
        return rows + [[*extra[:5], f"4200009999{number:018d}", f"unknown{number:09d}", *extra[7:]] for number in range(count)]
    if extra and edit == "amount_off":
        for place in (12, 24) if extra[9] == "SUCCESS" else (16, 25):
            extra[place] = yuan(fen(extra[place]) + 1)
        return [extra, *rows[1:]]
    if extra and edit == "over_midnight":
        extra[0] = plain(begin - 1)
        return [extra, *rows[1:]]
    if extra and edit == "odd_name":
        extra[20] = '茶, "明前"\t龙井`特级'
        return [extra, *rows[1:]]
    return rows


def _sum(rows: Iterable[Sequence[str]], place: int, shape: str = "0.00") -> str:
    return str(sum((Decimal(row[place]) for row in rows), Decimal(0)).quantize(Decimal(shape)))


def _stored(world: World, call: Call, head: str, rows: list[list[str]], sum_head: str, total: Sequence[object], edit: str) -> Reply:
    out = io.StringIO()
    out.write(head + "\r\n")
    lines = csv.writer(out, quoting=csv.QUOTE_MINIMAL)
    lines.writerows([f"`{value}" for value in row] for row in rows)
    out.write(sum_head + "\r\n")
    lines.writerow([f"`{value}" for value in total])
    content = out.getvalue().encode()
    digest = hashlib.sha1(content).hexdigest()  # noqa: S324 - prescribed
    token, now = secrets.token_urlsafe(24), world.clock.now()
    with world.store.transaction():
        world.store.run("DELETE FROM bill WHERE expires < ?", now)
        world.store.run(
            "INSERT INTO bill VALUES (?, ?, ?, 'wechatpay')", token, gzip.compress(content) if call.query.get("tar_type") else content,
            now + (-1 if edit == "expired_url" else _LIFE),
        )  # fmt: skip
    value = digest if edit != "bad_hash" else "0" * 40
    return Reply.json({"hash_type": "SHA1", "hash_value": value, "download_url": f"{call.base}/v3/billdownload/file?token={token}"})
