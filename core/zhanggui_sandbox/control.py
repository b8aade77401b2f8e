"""The control API under ``/_sim/``: what people, time and bad luck do in the real world."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from . import crypto, faults, forgeries, inbox, platform, subscribe, till
from .clock import rfc3339
from .store import Row
from .web import Call, Reply
from .world import World

_MOST = 1000  # rows of a list


class Wrong(Exception):
    """What was asked makes no sense; the sentence says why."""

    def __init__(self, sentence: str, status: int = 400) -> None:
        super().__init__(sentence)
        self.status = status


Endpoint = Callable[[World, Call, dict[str, Any]], Any]


@dataclass(frozen=True)
class Entry:
    """One operation, its documentation and an example of its body."""

    method: str
    path: str
    run: Endpoint
    summary: str
    fields: dict[str, str] = field(default_factory=dict)
    example: dict[str, Any] | None = None
    query: dict[str, str] = field(default_factory=dict)


def serve(world: World, call: Call) -> Reply:
    """Answer in JSON. Only to this machine, under a name of it, and never to a form of another page."""
    if not may_look(world, call):
        return _no("the control API answers this machine alone (--open-control lets others in)", 403)
    if call.method != "GET" and not call.headers.get("Content-Type", "").startswith("application/json"):
        return _no("Content-Type must be application/json", 415)
    from .openapi import ENTRIES, document

    if (call.method, call.path) == ("GET", "/_sim/openapi.json"):
        return Reply.json(document(call.base))
    entry = next((entry for entry in ENTRIES if (entry.method, entry.path) == (call.method, call.path)), None)
    if entry is None:
        return _no("there is no such operation; /_sim/openapi.json lists them", 404)
    try:
        asked = call.json if call.body else {}
        if not isinstance(asked, dict):
            raise Wrong("the body must be a JSON object")
        unknown = sorted(set(asked) - set(entry.fields))
        if unknown and entry.path != "/_sim/faults":
            raise Wrong(f"{unknown[0]} is no field of this operation; it takes {', '.join(entry.fields) or 'none'}")
        return Reply.json(entry.run(world, call, asked))
    except (Wrong, till.NotPayable) as error:
        return _no(str(error), getattr(error, "status", 409))
    except faults.BadFault as error:
        return _no(str(error), 400)
    except ValueError:
        return _no("the body is no JSON", 400)


def may_look(world: World, call: Call) -> bool:
    """Whether who asks sits at this machine, or everybody may."""
    return world.options.open_control or (call.remote in ("127.0.0.1", "::1", "::ffff:127.0.0.1") and _local(call.headers.get("Host", "")))


def _local(host: str) -> bool:
    """Whether a browser that sends this was not led here by somebody's name server."""
    name = host.rpartition(":")[0] or host
    return name in ("127.0.0.1", "localhost", "[::1]")


def _no(sentence: str, status: int) -> Reply:
    return Reply.json({"error": sentence}, status)


def _text(asked: dict[str, Any], name: str) -> str:
    value = asked.get(name)
    if not isinstance(value, str) or not value:
        raise Wrong(f"{name} must be a text")
    return value


def _whole(asked: dict[str, Any], name: str, default: int, most: int) -> int:
    value = asked.get(name, default)
    if type(value) is not int or not 1 <= value <= most:
        raise Wrong(f"{name} must be a whole number from 1 to {most}")
    return value


def _order(world: World, asked: dict[str, Any]) -> Row:
    number = _text(asked, "out_trade_no")
    found = world.store.all("SELECT * FROM trade WHERE out_trade_no = ?", number)
    if "provider" in asked:
        found = [row for row in found if row["provider"] == asked["provider"]]
    if len(found) > 1:
        raise Wrong(f"both providers know an order {number}; say which one in provider")
    if not found:
        raise Wrong(f"there is no order {number}", 404)
    return found[0]


def credentials(world: World, call: Call, asked: dict[str, Any]) -> Any:
    """What a merchant gets from the consoles."""
    given = world.keys.credentials()
    return given | {"mail": {**given["mail"], "port": world.mail_port}}


def pay(world: World, call: Call, asked: dict[str, Any]) -> Any:
    """The customer's decision."""
    row, result = _order(world, asked), asked.get("result", "success")
    if result not in ("success", "fail", "cancel"):
        raise Wrong("result must be success, fail or cancel")
    if result == "success":
        amount, currency = asked.get("amount"), asked.get("currency")
        if amount is not None and (type(amount) is not int or amount < 0):
            raise Wrong("amount must be a whole number of fen")
        force = asked.get("force") is True or row["state"] == till.HIDDEN
        row = till.pay(world, row["id"], force=force, amount=amount, currency=currency)
        world.deliverer.tell(row)
    elif result == "fail" and asked.get("final") is True and row["state"] == till.WAITING:
        world.store.run("UPDATE trade SET state = ? WHERE id = ?", till.FAILED, row["id"])
    row = till.trade(world, row["id"])
    return {"out_trade_no": row["out_trade_no"], "provider": row["provider"], "state": row["state"], "trade_no": row["trade_no"] if row["paid"] else None}


def refund(world: World, call: Call, asked: dict[str, Any]) -> Any:
    """How a refund ends."""
    number = _text(asked, "out_refund_no")
    state = {"success": till.SUCCESS, "abnormal": till.ABNORMAL, "closed": till.REFUND_CLOSED}.get(asked.get("result", "success"))
    if state is None:
        raise Wrong("result must be success, abnormal or closed")
    found = world.store.all("SELECT * FROM refund WHERE out_refund_no = ? ORDER BY id", number)
    if "provider" in asked:
        found = [row for row in found if row["provider"] == asked["provider"]]
    if len(found) != 1:
        raise Wrong(f"there is no refund {number}" if not found else f"both providers know a refund {number}; say which one in provider", 404)
    if not world.deliverer.settled(found[0]["id"], state):
        raise Wrong(f"this refund is {till.refund(world, found[0]['id'])['state']} already", 409)
    return {"out_refund_no": number, "state": state}


def console_refund(world: World, call: Call, asked: dict[str, Any]) -> Any:
    """Somebody refunds in the provider's console; the shop did not ask for it."""
    with world.store.transaction():
        row = _order(world, asked)
        if row["state"] != till.PAID:
            raise Wrong("this order is not paid", 409)
        left = row["paid_amount"] - till.taken_back(till.refunds_of(world, row["id"]))
        amount = _whole(asked, "amount", left or 1, max(left, 1))
        if amount > left:
            raise Wrong("nothing is left to give back", 409)
        scope = row["account"] if row["provider"] == "wechatpay" else row["trade_no"]
        number = f"console{crypto.random_digits(12)}"
        told = str(asked.get("notify_url") or row["notify_url"])
        found = till.open_refund(world, row, scope=scope, out_refund_no=number, amount=amount, reason="", notify_url=told, source="console")
    world.deliverer.wake()
    return {"out_refund_no": number, "amount": amount, "state": found["state"]}


def list_faults(world: World, call: Call, asked: dict[str, Any]) -> Any:
    """What is set, and what there is."""
    return {"faults": world.faults.state(), "kinds": faults.KINDS, "operations": list(faults.OPERATIONS)}


def set_fault(world: World, call: Call, asked: dict[str, Any]) -> Any:
    """Let something go wrong."""
    if asked.get("kind") == "forge":
        known = {*forgeries.table("wechatpay"), *forgeries.table("alipay")}
        if asked.get("variant", "other_key") not in known:
            raise Wrong("variant must be one of /_sim/forgeries")
    fault = world.faults.add(asked)
    if fault.kind == "down":
        world.faults.clear(fault.id)
        world.close_port(float(fault.get("seconds", 2)))
    return {"id": fault.id, "left": fault.left, **fault.spec}


def clear_faults(world: World, call: Call, asked: dict[str, Any]) -> Any:
    """Nothing goes wrong any more."""
    number = call.query.get("id")
    return {"cleared": world.faults.clear(int(number) if number and number.isdigit() else None)}


def deliver(world: World, call: Call, asked: dict[str, Any]) -> Any:
    """Deliver a notification now, as often and as strangely as asked; answers when all are answered."""
    row, kind = _order(world, asked), asked.get("kind", "payment")
    if kind not in ("payment", "refund"):
        raise Wrong("kind must be payment or refund")
    notices = world.store.all("SELECT * FROM notice WHERE trade_id = ? AND kind = ? ORDER BY id", row["id"], kind)
    if number := asked.get("out_refund_no"):
        wanted = {refund["id"] for refund in till.refunds_of(world, row["id"]) if refund["out_refund_no"] == number}
        notices = [notice for notice in notices if notice["refund_id"] in wanted]
    if not notices:
        raise Wrong(f"there is no {kind} notification of this order yet", 409)
    copies, forge = _whole(asked, "copies", 1, 1000), str(asked.get("forge", ""))
    if forge and forge not in forgeries.table(row["provider"]):
        raise Wrong(f"forge must be one of {', '.join(forgeries.table(row['provider']))}")
    parallel = asked.get("parallel", 1)
    parallel = copies if parallel is True else 1 if parallel is False else _whole(asked, "parallel", 1, 64)
    edit = asked.get("edit", {})
    if not isinstance(edit, dict):
        raise Wrong("edit must be an object of fields and values")
    notice = notices[-1]
    outcomes = world.deliverer.copies(notice, copies, parallel, new_ids=asked.get("new_ids") is True, forge=forge, edit=edit, event=str(asked.get("event", "")))
    if not forge and not edit and any(outcome.status in (200, 204) for outcome in outcomes):
        world.store.run("UPDATE notice SET state = 'taken', due = NULL WHERE id = ? AND state = 'held'", notice["id"])
    return {"notification": notice["key"], "deliveries": [outcome.as_json() for outcome in outcomes]}


def deliveries(world: World, call: Call, asked: dict[str, Any]) -> Any:
    """Every notification with what each delivery was answered."""
    rows = world.store.all("SELECT notice.*, trade.out_trade_no FROM notice JOIN trade ON trade.id = notice.trade_id ORDER BY notice.id DESC LIMIT ?", _limit(call))
    if number := call.query.get("out_trade_no"):
        rows = world.store.all(
            "SELECT notice.*, trade.out_trade_no FROM notice JOIN trade ON trade.id = notice.trade_id WHERE trade.out_trade_no = ? ORDER BY notice.id DESC", number
        )
    found = []
    for row in rows:
        made = world.store.all("SELECT * FROM delivery WHERE notice_id = ? ORDER BY id", row["id"])
        found.append({
            "id": row["key"], "provider": row["provider"], "kind": row["kind"], "event": row["event"], "out_trade_no": row["out_trade_no"], "state": row["state"],
            "url": row["url"], "next": rfc3339(row["due"]) if row["due"] is not None else None, "content": row["content"],
            "deliveries": [{"at": rfc3339(one["at"]), "status": one["status"], "answer": one["answer"], "forge": one["forge"], "seconds": one["seconds"]} for one in made],
        })  # fmt: skip
    return {"items": found}


def list_forgeries(world: World, call: Call, asked: dict[str, Any]) -> Any:
    """The names of the variants; a shop must take those under ``genuine``."""
    return {name: {"variants": list(forgeries.table(name)), "genuine": list(forgeries.GENUINE[name])} for name in ("wechatpay", "alipay")}


def ledger(world: World, call: Call, asked: dict[str, Any]) -> Any:
    """Every fen that moved, in fen; refunds are negative."""
    rows = world.store.all("SELECT * FROM movement ORDER BY id")
    for name in ("provider", "out_trade_no", "kind"):
        if value := call.query.get(name):
            rows = [row for row in rows if row[name] == value]
    totals: dict[tuple[str, str], dict[str, Any]] = {}
    for row in rows:
        key = row["provider"], row["currency"]
        start = {"provider": key[0], "currency": key[1], "payments": 0, "refunds": 0, "paid": 0, "refunded": 0, "fees": 0, "net": 0}
        total = totals.setdefault(key, start)
        total[f"{row['kind']}s"] += 1
        total["paid" if row["kind"] == "payment" else "refunded"] += abs(row["amount"])
        total["fees"] += row["fee"]
        total["net"] += row["amount"]
    shown = ("provider", "kind", "out_trade_no", "number", "provider_number", "amount", "currency", "fee")
    return {"simulated": True, "movements": [{**{name: row[name] for name in shown}, "at": rfc3339(row["at"])} for row in rows], "totals": list(totals.values())}


def orders(world: World, call: Call, asked: dict[str, Any]) -> Any:
    """The newest orders, with their refunds."""
    rows = world.store.all("SELECT * FROM trade ORDER BY id DESC LIMIT ?", _limit(call))
    if number := call.query.get("out_trade_no"):
        rows = world.store.all("SELECT * FROM trade WHERE out_trade_no = ? ORDER BY id DESC", number)
    shown = ("provider", "out_trade_no", "scene", "amount", "currency", "paid_amount", "paid_currency", "subject", "state", "payer", "notify_url")
    return {"items": [{
        **{name: row[name] for name in shown}, "trade_no": row["trade_no"] if row["paid"] else None, "created": rfc3339(row["created"]),
        "refunds": [{"out_refund_no": one["out_refund_no"], "amount": one["amount"], "state": one["state"], "source": one["source"]}
                    for one in till.refunds_of(world, row["id"])],
    } for row in rows]}  # fmt: skip


def requests(world: World, call: Call, asked: dict[str, Any]) -> Any:
    """The newest first. Where a signature was refused, ``signed_text`` is what it should have covered."""
    wanted = "SELECT * FROM request WHERE trouble <> '' ORDER BY id DESC LIMIT ?" if call.query.get("trouble") else "SELECT * FROM request ORDER BY id DESC LIMIT ?"
    rows = world.store.all(wanted, _limit(call))
    shown = ("id", "method", "path", "operation", "body", "status", "answer", "trouble", "signed_text")
    return {"items": [{**{name: row[name] for name in shown}, "headers": json.loads(row["headers"]), "at": rfc3339(row["at"])} for row in rows]}


def show_clock(world: World, call: Call, asked: dict[str, Any]) -> Any:
    """What time it is here."""
    return world.clock.state()


def advance_clock(world: World, call: Call, asked: dict[str, Any]) -> Any:
    """Let time pass; what has become due is delivered."""
    seconds = asked.get("advance_seconds")
    if isinstance(seconds, bool) or not isinstance(seconds, int | float) or not abs(seconds) <= 10 * 365 * 86400:
        raise Wrong("advance_seconds must be a number of seconds, at most ten years")
    world.clock.advance(float(seconds), signatures=asked.get("signatures") is True)
    world.deliverer.wake()
    return world.clock.state()


def show_keys(world: World, call: Call, asked: dict[str, Any]) -> Any:
    """Which keys are in use."""
    return {"mode": world.settings.mode, "notify_with": world.settings.notify_with, "public_key_id": world.keys.public_key_id,
            "platform_serials": [pair.serial for pair in world.keys.platform]}  # fmt: skip


def change_keys(world: World, call: Call, asked: dict[str, Any]) -> Any:
    """From certificates to the public key, or a new certificate."""
    if "mode" in asked and asked["mode"] not in ("both", "public_key", "certificate"):
        raise Wrong("mode must be both, public_key or certificate")
    if "notify_with" in asked and asked["notify_with"] not in ("public_key", "certificate"):
        raise Wrong("notify_with must be public_key or certificate")
    for name in ("mode", "notify_with"):
        if name in asked:
            world.store.set_meta(name, asked[name])
    if asked.get("rotate") is True:
        world.keys.rotate()
        world.keys.save(world.data)
    return show_keys(world, call, asked)


def login(world: World, call: Call, asked: dict[str, Any]) -> Any:
    """What ``wx.login`` gives, and with kind ``phone`` what the button for the phone number gives."""
    kind = asked.get("kind", "login")
    if kind not in ("login", "phone"):
        raise Wrong("kind must be login or phone")
    user = _text(asked, "user")
    return {"code": platform.issue_code(world, user, kind), "openid": platform.openid(world, user)}


def allow_messages(world: World, call: Call, asked: dict[str, Any]) -> Any:
    """What the customer answers to ``wx.requestSubscribeMessage``."""
    user, template, answer = _text(asked, "user"), _text(asked, "template_id"), asked.get("answer", "accept")
    if template not in subscribe.TEMPLATES:
        raise Wrong("template_id must be one of /_sim/templates")
    if answer not in subscribe.ANSWERS:
        raise Wrong(f"answer must be one of {', '.join(subscribe.ANSWERS)}")
    openid = platform.remember(world, user)
    return {"openid": openid, template: answer, "left": subscribe.allow(world, openid, template, answer, _whole(asked, "count", 1, 1000))}


def list_templates(world: World, call: Call, asked: dict[str, Any]) -> Any:
    """The mini-program's templates with their fields."""
    return {"items": [{"template_id": name, "title": title, "fields": fields} for name, (title, fields) in subscribe.TEMPLATES.items()]}


def list_messages(world: World, call: Call, asked: dict[str, Any]) -> Any:
    """What arrived, the newest first."""
    channel = call.query.get("channel", "")
    if channel and channel not in inbox.CHANNELS:
        raise Wrong(f"channel must be one of {', '.join(inbox.CHANNELS)}")
    return {"items": inbox.messages(world, channel, call.query.get("who", ""), _limit(call))}


def request_payment(world: World, call: Call, asked: dict[str, Any]) -> Any:
    """``wx.requestPayment``: whether the mini-program would open the cashier with these parameters, and where it is."""
    given = {name: _text(asked, name) for name in ("timeStamp", "nonceStr", "package", "signType", "paySign")}
    prefix, _, prepay_id = given["package"].partition("=")
    if given["signType"] != "RSA" or prefix != "prepay_id":
        raise Wrong("requestPayment:fail signType must be RSA and package prepay_id=...")
    app_id = str(asked.get("appId") or world.keys.app_id)
    text = f"{app_id}\n{given['timeStamp']}\n{given['nonceStr']}\n{given['package']}\n"
    if app_id != world.keys.app_id or not crypto.verifies(world.keys.merchant.x509.public_key(), text.encode(), given["paySign"]):  # type: ignore[arg-type] # our keys are RSA
        raise Wrong(f"requestPayment:fail paySign is none of this text: {text!r}")
    ticket = world.store.one("SELECT * FROM ticket WHERE token = ? AND kind = 'prepay'", prepay_id)
    if ticket is None or ticket["expires"] < world.clock.now():
        raise Wrong("requestPayment:fail prepay_id is unknown or has expired", 409)
    return {"errMsg": "requestPayment:ok", "cashier": f"/cashier/{prepay_id}", "out_trade_no": till.trade(world, ticket["trade_id"])["out_trade_no"]}


def revoke_tokens(world: World, call: Call, asked: dict[str, Any]) -> Any:
    """Every access token is worth nothing from now on."""
    platform.revoke_tokens(world)
    return {"revoked": True}


def reset(world: World, call: Call, asked: dict[str, Any]) -> Any:
    """An empty shop on today's clock, with the same keys."""
    world.faults.clear()
    world.store.clear()
    world.clock.reset()
    return {"reset": True}


def _limit(call: Call) -> int:
    text = call.query.get("limit", "100")
    return min(int(text), _MOST) if text.isdigit() else 100
