"""WeChat's own server interface: sign-in of a mini-program, the stable token, and a phone number as one that needs the token.

Errors come with status 200 and an ``errcode``.
"""

from __future__ import annotations

import hashlib
import hmac
import secrets
from typing import Any

from . import crypto, subscribe
from .web import Call, Reply
from .world import World

_CODE_LIFE, _TOKEN_LIFE = 300, 7200
_OVERLAP = 300  # the last seconds of a token, in which the next one is given out and both are taken
_A_MINUTE = 100  # sign-ins of one person
_FORCED_A_DAY, _FORCED_APART = 20, 30
_WORDS = {-1: "system error", 40001: "invalid credential, access_token is invalid or not latest", 40002: "invalid grant_type", 40013: "invalid appid",
          40029: "invalid code", 40125: "invalid appsecret", 40163: "code been used", 41002: "appid missing", 41004: "appsecret missing",
          41008: "missing code", 42001: "access_token expired", 43002: "require POST method", 45009: "reach max api daily quota limit",
          45011: "api minute-quota reach limit  mustslower  retry next minute", 47001: "data format error", 40226: "code blocked",
          40014: "invalid access_token", 41001: "access_token missing", 43101: "user refuse to accept the msg", 40003: "invalid openid", 40037: "invalid template_id",
          41030: "invalid page", 47003: "argument invalid!"}  # fmt: skip


class Refused(Exception):
    """An answer with an errcode."""

    def __init__(self, code: int) -> None:
        super().__init__(_WORDS.get(code, "error"))
        self.code = code


def refusal(code: int, field: str = "") -> Reply:
    """As the platform says no; of a value it names the field."""
    which = f" data.{field}.value invalid" if field else ""
    return Reply.json({"errcode": code, "errmsg": f"{_WORDS.get(code, 'error')}{which} rid: {secrets.token_hex(4)}-{secrets.token_hex(4)}"})


_ROUTES = {
    "/sns/jscode2session": "login", "/cgi-bin/stable_token": "token", "/cgi-bin/token": "token", "/wxa/business/getuserphonenumber": "phone",
    "/cgi-bin/message/subscribe/send": "subscribe",
}  # fmt: skip


def operation(call: Call) -> None:
    """Find out what is asked, and fill it in."""
    call.operation = _ROUTES.get(call.path, "")


def serve(world: World, call: Call) -> Reply:
    """Answer."""
    try:
        with world.store.transaction():
            if call.operation == "login":
                return Reply.json(_session(world, call))
            if call.path == "/cgi-bin/stable_token":
                return Reply.json(_stable_token(world, call))
            if call.operation == "phone":
                return Reply.json(_phone(world, call))
            if call.operation == "subscribe":
                return Reply.json(_subscribe(world, call))
    except subscribe.NotTaken as refused:
        call.trouble = f"errcode {refused.code}: {_WORDS.get(refused.code, '')} {refused.field}".strip()
        return refusal(refused.code, refused.field)
    except Refused as refused:
        call.trouble = f"errcode {refused.code}: {refused}"
        return refusal(refused.code)
    # The old token is another one than the stable one, and nothing of ours should use it.
    return refusal(40001) if call.operation == "token" else Reply(404, b"not found", "text/plain")


def openid(world: World, user: str) -> str:
    """Always the same for a person in this mini-program."""
    digest = hmac.new(world.keys.app_id.encode(), f"openid {user}".encode(), hashlib.sha256).hexdigest()
    return f"oSBX{digest[:24]}"


def remember(world: World, user: str) -> str:
    """Somebody who is here from now on; answers his openid."""
    found = openid(world, user)
    world.store.run("INSERT INTO person VALUES (?, ?) ON CONFLICT (openid) DO NOTHING", found, user)
    return found


def issue_code(world: World, user: str, kind: str = "login") -> str:
    """What ``wx.login`` gives to the mini-program of this person; with ``phone`` what the button gives."""
    remember(world, user)
    code = f"0{secrets.token_hex(15)}"[:32]
    world.store.run("INSERT INTO login VALUES (?, ?, ?, ?, NULL)", code, kind, user, world.clock.now() + _CODE_LIFE)
    return code


def _app(world: World, appid: Any, secret: Any) -> None:
    if not appid:
        raise Refused(41002)
    if not secret:
        raise Refused(41004)
    if appid != world.keys.app_id:
        raise Refused(40013)
    if not hmac.compare_digest(str(secret).encode(), world.keys.app_secret.encode()):
        raise Refused(40125)


def _use(world: World, code: str, kind: str) -> str:
    """The person behind a code, once."""
    now = world.clock.now()
    found = world.store.one("SELECT * FROM login WHERE code = ? AND kind = ?", code, kind)
    if found is None or found["expires"] < now:
        raise Refused(40029)
    if found["used"] is not None:
        raise Refused(40163)
    recent = world.store.one("SELECT COUNT(*) AS n FROM login WHERE user = ? AND kind = ? AND used > ?", found["user"], kind, now - 60)
    if recent and recent["n"] >= _A_MINUTE:
        raise Refused(45011)
    world.store.run("UPDATE login SET used = ? WHERE code = ?", now, code)
    return str(found["user"])


def _session(world: World, call: Call) -> dict[str, Any]:
    given = call.query
    _app(world, given.get("appid"), given.get("secret"))
    if given.get("grant_type", "authorization_code") != "authorization_code":
        raise Refused(40002)
    if not given.get("js_code"):
        raise Refused(41008)
    user = _use(world, given["js_code"], "login")
    union = hashlib.sha256(f"unionid {user}".encode()).hexdigest()
    return {"session_key": f"{crypto.random_text(22)}==", "openid": openid(world, user), "unionid": f"oUNI{union[:24]}"}


def _stable_token(world: World, call: Call) -> dict[str, Any]:
    if call.method != "POST":
        raise Refused(43002)
    try:
        given = call.json
    except ValueError:
        raise Refused(47001) from None
    if not isinstance(given, dict):
        raise Refused(47001)
    if given.get("grant_type") != "client_credential":
        raise Refused(40002)
    _app(world, given.get("appid"), given.get("secret"))
    now = world.clock.now()
    newest = world.store.one("SELECT * FROM token WHERE expires > ? ORDER BY issued DESC LIMIT 1", now)
    if given.get("force_refresh") is True:
        forced = world.store.one("SELECT COUNT(*) AS n, MAX(issued) AS last FROM token WHERE forced = 1 AND issued > ?", now - 86400)
        if forced and forced["n"] >= _FORCED_A_DAY:
            raise Refused(45009)
        if forced is None or forced["last"] is None or now - forced["last"] >= _FORCED_APART:
            # Whoever forces one suspects a leak: the old one is worth nothing from here on.
            world.store.run("UPDATE token SET expires = ? WHERE expires > ?", now, now)
            newest = None
    elif newest is not None and newest["expires"] - now <= _OVERLAP:
        newest = None
    if newest is None:
        token = f"SBX_{crypto.random_text(132)}"
        world.store.run("INSERT INTO token VALUES (?, ?, ?, ?)", token, now, now + _TOKEN_LIFE, int(given.get("force_refresh") is True))
        return {"access_token": token, "expires_in": _TOKEN_LIFE}
    return {"access_token": newest["token"], "expires_in": int(newest["expires"] - now)}


def revoke_tokens(world: World) -> None:
    """Every token is unknown from now on, as after a leak."""
    world.store.run("DELETE FROM token")


def _authorized(world: World, call: Call) -> None:
    token = call.query.get("access_token")
    if not token:
        raise Refused(41001)
    found = world.store.one("SELECT * FROM token WHERE token = ?", token)
    if found is None:
        raise Refused(40001)
    # A token lives on for a while when the next one was given out in time.
    if found["expires"] < world.clock.now():
        raise Refused(42001)


def _phone(world: World, call: Call) -> dict[str, Any]:
    if call.method != "POST":
        raise Refused(43002)
    _authorized(world, call)
    try:
        code = call.json.get("code")
    except (ValueError, AttributeError):
        raise Refused(47001) from None
    user = _use(world, str(code), "phone")
    number = f"138{int(hashlib.sha256(user.encode()).hexdigest(), 16) % 10**8:08d}"
    mark = {"timestamp": int(world.clock.now()), "appid": world.keys.app_id}
    info = {"phoneNumber": number, "purePhoneNumber": number, "countryCode": "86", "watermark": mark}
    return {"errcode": 0, "errmsg": "ok", "phone_info": info}


def _subscribe(world: World, call: Call) -> dict[str, Any]:
    if call.method != "POST":
        raise Refused(43002)
    _authorized(world, call)
    try:
        asked = call.json
    except ValueError:
        raise Refused(47001) from None
    to = asked.get("touser") if isinstance(asked, dict) else None
    found = world.store.one("SELECT user FROM person WHERE openid = ?", to) if isinstance(to, str) else None
    return subscribe.take(world, asked, str(found["user"]) if found else None)
