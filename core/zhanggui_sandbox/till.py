"""Orders, payments and refunds as the books have them, the same for both providers."""

from __future__ import annotations

import json
import secrets
from typing import Any

from . import crypto, money
from .clock import beijing
from .store import Row
from .world import World

WAITING, HIDDEN, PAID, CLOSED, FAILED = "waiting", "hidden", "paid", "closed", "failed"
PROCESSING, SUCCESS, ABNORMAL, REFUND_CLOSED = "processing", "success", "abnormal", "closed"


class NotPayable(Exception):
    """The order cannot be paid (any more)."""


def trade(world: World, number: int) -> Row:
    """One order."""
    found = world.store.one("SELECT * FROM trade WHERE id = ?", number)
    assert found is not None
    return found


def find(world: World, provider: str, account: str, out_trade_no: str) -> Row | None:
    """The merchant's order of this number."""
    return world.store.one("SELECT * FROM trade WHERE provider = ? AND account = ? AND out_trade_no = ?", provider, account, out_trade_no)


def open_trade(world: World, **given: Any) -> Row:
    """Write an order down. Its provider number is chosen here, and told once it is paid."""
    now = world.clock.now()
    day = beijing(now).strftime("%Y%m%d")
    trade_no = f"42000088{day}{crypto.random_digits(12)}" if given["provider"] == "wechatpay" else f"{day}22001{crypto.random_digits(15)}"
    values = {"attach": "", "return_url": "", "payer": "", "state": WAITING, "extra": {}} | given
    number = world.store.insert(
        "INSERT INTO trade (provider, account, app_id, out_trade_no, trade_no, scene, amount, currency, subject, attach, notify_url, return_url, payer, "
        "state, created, expires, extra) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
        values["provider"], values["account"], values["app_id"], values["out_trade_no"], trade_no, values["scene"], values["amount"], values["currency"],
        values["subject"], values["attach"], values["notify_url"], values["return_url"], values["payer"], values["state"], now, values["expires"],
        json.dumps(values["extra"]),
    )  # fmt: skip
    return trade(world, number)


def ticket(world: World, trade_id: int, kind: str, seconds: float, token: str = "") -> str:
    """A way to the cashier for so long."""
    token = token or secrets.token_urlsafe(18)
    world.store.run("INSERT INTO ticket VALUES (?, ?, ?, ?)", token, trade_id, kind, world.clock.now() + seconds)
    return token


def about(row: Row, operation: str, **more: str) -> dict[str, str]:
    """What a fault is matched with."""
    return {"provider": row["provider"], "operation": operation, "out_trade_no": row["out_trade_no"], **more}


def pay(world: World, trade_id: int, *, force: bool = False, amount: int | None = None, currency: str | None = None) -> Row:
    """The customer pays. The caller sends the notification.

    :param force: an order that is closed or expired too, as when payment and closing cross.
    :raises NotPayable: when it is paid already, or closed, or expired.
    """
    with world.store.transaction():
        row, now = trade(world, trade_id), world.clock.now()
        if row["state"] == PAID:
            raise NotPayable("this order is paid already")
        if not force and row["state"] not in (WAITING, FAILED):
            raise NotPayable(f"this order is {row['state']}")
        if not force and now > row["expires"]:
            raise NotPayable("this order has expired")
        off = world.faults.named("wrong_amount", about(row, "pay"))
        other = world.faults.named("wrong_currency", about(row, "pay"))
        amount = amount if amount is not None else row["amount"] + (int(off.get("by", 1)) if off else 0)
        currency = currency or (str(other.get("currency", "USD")) if other else row["currency"])
        payer = row["payer"] or ("o" if row["provider"] == "wechatpay" else "2088") + crypto.random_digits(12 if row["provider"] == "alipay" else 27)
        world.store.run(
            "UPDATE trade SET state = ?, paid = ?, paid_amount = ?, paid_currency = ?, payer = ? WHERE id = ?", PAID, now, amount, currency, payer, row["id"]
        )
        row = trade(world, trade_id)
        _move(world, row, "payment", row["out_trade_no"], row["trade_no"], amount, currency, now, now)
        return row


def close(world: World, row: Row) -> None:
    """Nobody can pay it any more."""
    world.store.run("UPDATE trade SET state = ?, closed = ? WHERE id = ?", CLOSED, world.clock.now(), row["id"])


def refunds_of(world: World, trade_id: int) -> list[Row]:
    """In the order in which they were asked for."""
    return world.store.all("SELECT * FROM refund WHERE trade_id = ? ORDER BY id", trade_id)


def taken_back(refunds: list[Row]) -> int:
    """Fen that were given back or may still be."""
    return sum(row["amount"] for row in refunds if row["state"] != REFUND_CLOSED)


def succeeded(refunds: list[Row]) -> int:
    """Fen that were given back."""
    return sum(row["amount"] for row in refunds if row["state"] == SUCCESS)


def find_refund(world: World, provider: str, scope: str, out_refund_no: str) -> Row | None:
    """The refund of this number; numbers are the merchant's at WeChat Pay, the order's at Alipay."""
    return world.store.one("SELECT * FROM refund WHERE provider = ? AND scope = ? AND out_refund_no = ?", provider, scope, out_refund_no)


def open_refund(
    world: World, row: Row, *, scope: str, out_refund_no: str, amount: int, reason: str, notify_url: str, source: str = "api"
) -> Row:  # fmt: skip
    """A refund that is accepted; it ends later, or by /_sim/refund."""
    now = world.clock.now()
    fault = world.faults.named("refund", about(row, "refund", out_refund_no=out_refund_no)) if source == "api" else None
    becomes = {"ABNORMAL": ABNORMAL, "CLOSED": REFUND_CLOSED, "PROCESSING": ""}.get(str(fault.get("state", "ABNORMAL")), ABNORMAL) if fault else SUCCESS
    refund_no = f"503000088{beijing(now).strftime('%Y%m%d')}{crypto.random_digits(12)}"
    number = world.store.insert(
        "INSERT INTO refund (trade_id, provider, scope, out_refund_no, refund_no, amount, state, reason, notify_url, source, created, settles, becomes) "
        "VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
        row["id"], row["provider"], scope, out_refund_no, refund_no, amount, PROCESSING, reason, notify_url, source, now,
        now + world.options.settle_seconds if becomes else None, becomes,
    )  # fmt: skip
    return refund(world, number)


def refund(world: World, number: int) -> Row:
    """One refund."""
    found = world.store.one("SELECT * FROM refund WHERE id = ?", number)
    assert found is not None
    return found


def settle(world: World, refund_id: int, state: str) -> Row | None:
    """A refund that is processed or abnormal ends so; None when it had ended before. The caller sends the notification."""
    with world.store.transaction():
        found, now = refund(world, refund_id), world.clock.now()
        if found["state"] not in (PROCESSING, ABNORMAL) or found["state"] == state:
            return None
        world.store.run(
            "UPDATE refund SET state = ?, settles = NULL, finished = ? WHERE id = ?", state, now if state == SUCCESS else None, refund_id
        )
        if state == SUCCESS:
            row = trade(world, found["trade_id"])
            _move(world, row, "refund", found["out_refund_no"], found["refund_no"], -found["amount"], row["paid_currency"], now, found["created"])
        return refund(world, refund_id)


def _move(world: World, row: Row, kind: str, number: str, provider_number: str, amount: int, currency: str, at: float, accepted: float) -> None:
    sign = 1 if amount >= 0 else -1
    world.store.run(
        "INSERT INTO movement (provider, kind, out_trade_no, number, provider_number, amount, currency, fee, at, accepted) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
        row["provider"], kind, row["out_trade_no"], number, provider_number, amount, currency, sign * money.fee(abs(amount)), at, accepted,
    )  # fmt: skip
