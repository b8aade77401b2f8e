"""What the customer sees: what is to be paid, to whom, and three ways to end it. Links are relative, so the host stays the one that the phone asked."""

from __future__ import annotations

from functools import cache
from importlib.resources import files
from urllib.parse import urlencode, urlsplit

from jinja2 import Environment, PackageLoader

from . import till
from .alipay.notices import return_address
from .money import yuan
from .store import Row
from .web import Call, Reply
from .words import WORDS, language
from .world import World

_POLICY = "default-src 'none'; style-src 'self'; img-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
_HEADS = {"Content-Security-Policy": _POLICY, "X-Content-Type-Options": "nosniff", "Referrer-Policy": "same-origin", "Cache-Control": "no-store"}
_STATIC = {"sandbox.css": "text/css; charset=utf-8"}
RESULTS = ("success", "fail", "cancel")


@cache
def _templates() -> Environment:
    return Environment(loader=PackageLoader("zhanggui_sandbox"), autoescape=True, trim_blocks=True, lstrip_blocks=True)


def draw(call: Call, template: str, status: int = 200, **values: object) -> Reply:
    """A page in the reader's language."""
    lang = language(call.query.get("lang", ""), call.headers.get("Accept-Language", ""))
    other = {"zh": "en", "en": "zh"}[lang]
    switch = "?" + urlencode({**call.query, "lang": other})
    text = _templates().get_template(template).render(w=WORDS[lang], lang={"zh": "zh-CN", "en": "en"}[lang], switch=switch, **values)
    return Reply(status, text.encode(), "text/html; charset=utf-8", dict(_HEADS))


def static(call: Call) -> Reply:
    """A file of ours."""
    name = call.path.rpartition("/")[2]
    if name not in _STATIC:
        return Reply(404, b"not found", "text/plain")
    return Reply(200, files("zhanggui_sandbox").joinpath("static", name).read_bytes(), _STATIC[name], {"X-Content-Type-Options": "nosniff"})


def serve(world: World, call: Call) -> Reply:
    """The cashier: by WeChat's address for browsers, by a scanned code, or by a ticket of Alipay."""
    call.operation = "cashier"
    wechat_h5 = call.path == "/cgi-bin/mmpayweb-bin/checkmweb"
    token = call.query.get("prepay_id", "") if wechat_h5 else call.path.rpartition("/")[2]
    ticket = world.store.one("SELECT * FROM ticket WHERE token = ?", token)
    if ticket is None:
        return draw(call, "told.html", 404, title="unknown", text="unknown_text", good=False, back="")
    if call.method == "POST":
        return _decide(world, call, token, ticket)
    if ticket["kind"] == "qr":
        # Scanned: from now on the trade exists for Alipay.
        world.store.run("UPDATE trade SET state = ? WHERE id = ? AND state = ?", till.WAITING, ticket["trade_id"], till.HIDDEN)
    return _show(world, call, token, ticket)


def _show(world: World, call: Call, token: str, ticket: Row) -> Reply:
    row, result = till.trade(world, ticket["trade_id"]), call.query.get("result", "")
    back = _back(world, call, row)
    if row["state"] == till.PAID:
        again = "success_title" if result == "success" else "paid"
        return draw(call, "told.html", title=again, text="", good=True, back=back, row=row, amount=yuan(row["paid_amount"]), soon=result == "success")
    if row["state"] == till.CLOSED:
        return draw(call, "told.html", 409, title="closed", text="", good=False, back=back)
    if world.clock.now() > min(ticket["expires"], row["expires"]):
        return draw(call, "told.html", 410, title="expired", text="", good=False, back=back)
    if result in ("fail", "cancel"):
        again = "?" + urlencode({name: value for name, value in call.query.items() if name != "result"})
        return draw(call, "told.html", title=f"{result}_title", text=f"{result}_text", good=False, back=back, again=again)
    action = f"/cashier/{token}?" + urlencode({k: v for k, v in call.query.items() if k in ("redirect_url", "lang")})
    return draw(call, "cashier.html", row=row, amount=yuan(row["amount"]), action=action, merchant=world.keys.mchid, back=back)


def _decide(world: World, call: Call, token: str, ticket: Row) -> Reply:
    origin = call.headers.get("Origin", "")
    if origin and urlsplit(origin).netloc != call.headers.get("Host"):
        return Reply(403, b"this form stands on another page", "text/plain")
    result = call.form.get("result", "")
    if result not in RESULTS:
        return Reply(400, b"result must be success, fail or cancel", "text/plain")
    row = till.trade(world, ticket["trade_id"])
    if result == "success" and world.clock.now() <= ticket["expires"]:
        try:
            world.deliverer.tell(till.pay(world, row["id"]))
        except till.NotPayable as why:
            call.trouble = str(why)  # the page that follows says so in the customer's words
    kept = {k: v for k, v in call.query.items() if k in ("redirect_url", "lang")} | {"result": result}
    return Reply(303, headers={"Location": f"/cashier/{token}?{urlencode(kept)}"})


def _back(world: World, call: Call, row: Row) -> str:
    """Where the shop wants its customer back, if it said so."""
    if row["provider"] == "alipay":
        if not _is_page(row["return_url"]):
            return ""
        return return_address(world, row) if row["state"] == till.PAID else str(row["return_url"])
    asked = call.query.get("redirect_url", "")
    return asked if _is_page(asked) else ""


def _is_page(url: str) -> bool:
    try:
        parts = urlsplit(url)
    except ValueError:
        return False
    return parts.scheme in ("http", "https") and bool(parts.netloc)


def refusal_page(call: Call, code: str, sentence: str) -> Reply:
    """Alipay's page for a request that it refuses; the developer reads it in the browser."""
    return draw(call, "told.html", 400, title="refused", text="", good=False, back="", code=code, sentence=sentence)
