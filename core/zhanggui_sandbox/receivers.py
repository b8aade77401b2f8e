"""Programs that are told by webhooks: they check who tells them, keep what they got, and fail as real ones do."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import re
from typing import Any
from urllib.parse import urlencode

from .cashier import draw
from .clock import rfc3339
from .control import Wrong, _limit, _text, may_look
from .web import Call, Reply
from .world import World

PREFIX, OPERATION = "/hooks/", "webhook"
GOOD, STALE, WRONG, NO_SECRET, MALFORMED = "good", "stale", "wrong_signature", "no_secret", "malformed"
_NAME = re.compile(r"[a-z0-9-]{1,40}")
_FRESH = 300  # seconds between a signature and its arrival
_KEPT = 2000


def of(path: str) -> str:
    """Which receiver has this address; "" for none."""
    name = path.removeprefix(PREFIX).partition("/")[0]
    return name if path.startswith(PREFIX) and _NAME.fullmatch(name) else ""


def know(world: World, name: str, secrets: list[str]) -> None:
    """From now on this receiver checks with these.

    :raises ValueError: for a name or a secret that is none.
    """
    if not _NAME.fullmatch(name):
        raise ValueError("name must be 1 to 40 of a-z, 0-9 and -")
    for secret in secrets:
        base64.b64decode(secret.removeprefix("whsec_"), validate=True)
    world.store.run("INSERT INTO receiver VALUES (?, ?) ON CONFLICT (name) DO UPDATE SET secrets = excluded.secrets", name, json.dumps(secrets))


def serve(world: World, call: Call) -> Reply:
    """Take a message, or say why not. The same one again is taken again, and counted as the one that it is."""
    name = of(call.path)
    if call.method != "POST":
        return Reply(405, b"this address takes POST", "text/plain", {"Allow": "POST"})
    message, verdict = call.headers.get("webhook-id", ""), _verdict(world, name, call)
    with world.store.transaction():
        before = world.store.one("SELECT COUNT(*) AS n FROM received WHERE receiver = ? AND message = ? AND verdict = ?", name, message, GOOD)
        number = world.store.insert(
            "INSERT INTO received (at, receiver, message, type, verdict, times, body) VALUES (?, ?, ?, ?, ?, ?, ?)", world.clock.wire(), name, message,
            _type(call), verdict, (before["n"] if before else 0) + 1, call.body[:20000].decode("utf-8", "replace"),
        )  # fmt: skip
        if number % 100 == 0:
            world.store.run("DELETE FROM received WHERE id <= ?", number - _KEPT)
    if verdict != GOOD:
        call.trouble = verdict
        return Reply.json({"error": verdict}, 400 if verdict == MALFORMED else 401)
    return Reply.json({"taken": message})


def _type(call: Call) -> str:
    try:
        return str(call.json["type"])
    except (ValueError, TypeError, KeyError):
        return ""


def _verdict(world: World, name: str, call: Call) -> str:
    head = call.headers
    message, at, signatures = (head.get(f"webhook-{part}", "") for part in ("id", "timestamp", "signature"))
    if not (message and at.isdigit() and signatures and _type(call)):
        return MALFORMED
    row = world.store.one("SELECT secrets FROM receiver WHERE name = ?", name)
    if row is None:
        return NO_SECRET
    call.signed_text = f"{message}.{at}.{call.body.decode('utf-8', 'replace')}"
    text = f"{message}.{at}.".encode() + call.body
    if not any(_fits(secret, text, one) for secret in json.loads(row["secrets"]) for one in signatures.split(" ")):
        return WRONG
    return GOOD if abs(world.clock.wire() - int(at)) <= _FRESH else STALE


def _fits(secret: str, text: bytes, signature: str) -> bool:
    version, _comma, given = signature.partition(",")
    made = base64.b64encode(hmac.new(base64.b64decode(secret.removeprefix("whsec_")), text, hashlib.sha256).digest()).decode()
    return version == "v1" and hmac.compare_digest(made, given)


def received(world: World, name: str = "", limit: int = 100) -> list[dict[str, Any]]:
    """The newest first."""
    rows = world.store.all("SELECT * FROM received WHERE (? = '' OR receiver = ?) ORDER BY id DESC LIMIT ?", name, name, limit)
    shown = ("id", "receiver", "message", "type", "verdict", "times", "body")
    return [{**{part: row[part] for part in shown}, "at": rfc3339(row["at"])} for row in rows]


def know_secret(world: World, call: Call, asked: dict[str, Any]) -> Any:
    """With what a receiver of webhooks checks from now on."""
    given = asked.get("secrets", [asked.get("secret")])
    if not isinstance(given, list) or not given or not all(isinstance(one, str) and one for one in given):
        raise Wrong("secret must be a text, or secrets a list of them")
    try:
        know(world, _text(asked, "name"), given)
    except ValueError as error:
        raise Wrong(str(error)) from None
    return {"name": asked["name"], "address": f"{call.base}{PREFIX}{asked['name']}"}


def list_received(world: World, call: Call, asked: dict[str, Any]) -> Any:
    """What receivers of webhooks got, the newest first."""
    return {"items": received(world, call.query.get("name", ""), _limit(call))}


def page(world: World, call: Call) -> Reply:
    """Every receiver, or what one of them got. For this machine alone, as the phone."""
    call.operation = "receivers"
    if not may_look(world, call):
        return Reply(403, b"receivers are shown on this machine alone (--open-control lets others in)", "text/plain; charset=utf-8")
    name, kept = call.query.get("name", ""), {"lang": call.query["lang"]} if "lang" in call.query else {}
    if name:
        found = [{**one, "day": one["at"][5:10], "time": one["at"][11:16], "text": _readable(one["body"])} for one in received(world, name)]
        return draw(call, "receivers.html", name=name, messages=found, back=f"?{urlencode(kept)}")
    rows = world.store.all(
        "SELECT receiver AS name, COUNT(*) AS n, SUM(verdict = ?) AS good, MAX(id) AS last FROM received GROUP BY receiver ORDER BY last DESC LIMIT 200", GOOD
    )
    known = {row["name"] for row in rows}
    quiet = [row["name"] for row in world.store.all("SELECT name FROM receiver ORDER BY name") if row["name"] not in known]
    all_ = [{"name": row["name"], "count": row["n"], "good": row["good"]} for row in rows] + [{"name": one, "count": 0, "good": 0} for one in quiet]
    return draw(call, "receivers.html", receivers=[{**one, "link": "?" + urlencode({**kept, "name": one["name"]})} for one in all_])


def _readable(body: str) -> str:
    try:
        return json.dumps(json.loads(body), ensure_ascii=False, indent=2)
    except ValueError:
        return body
