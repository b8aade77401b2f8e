"""GET, HEAD and OPTIONS change nothing, at every route there is, whoever asks, twice."""

from __future__ import annotations

import random
import time
from collections import Counter
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from flask import request
from furnish import ROLES, Furnished, Rows, tables
from sqlalchemy import create_engine, text
from werkzeug.test import Client

from zhanggui.app import Site
from zhanggui.auth.permissions import public
from zhanggui.kernel import clock

BOTH = pytest.mark.parametrize("shop", ["sqlite", "postgresql"], indirect=True)
SQLITE = pytest.mark.parametrize("shop", ["sqlite"], indirect=True)
ASKING = ("GET", "HEAD", "OPTIONS")
FILES = ("/export.csv", "/export.xlsx", "/errors.csv", "/errors.xlsx")  # who takes them is written down
EVERYBODY = (*ROLES, "anonymous", "customer", "token")


def crawl(shop: Furnished, who: str, paths: Any) -> tuple[dict[str, int], Counter[str]]:
    """Ask everywhere; answers what went wrong, and how many exports were sent to whom."""
    wrong: dict[str, int] = {}
    exported: Counter[str] = Counter()
    for path in paths:
        asked = {method: shop.ask(who, path, method) for method in ASKING}
        for method, answer in asked.items():
            if answer.status_code >= 500 or (method != "GET" and answer.data):
                wrong[f"{who}: {method} {path}"] = answer.status_code
        if asked["HEAD"].status_code != asked["GET"].status_code:
            wrong[f"{who}: HEAD {path}, not as GET"] = asked["HEAD"].status_code
        if asked["OPTIONS"].status_code not in (200, 308) or (asked["OPTIONS"].status_code == 200 and "OPTIONS" not in asked["OPTIONS"].headers["Allow"]):
            wrong[f"{who}: OPTIONS {path}"] = asked["OPTIONS"].status_code
        if path.endswith(FILES) and asked["GET"].status_code == 200:
            exported[who] += 2  # HEAD is answered as GET, its record included
    return wrong, exported


def changed(before: Rows, after: Rows) -> dict[str, Any]:
    """Tables that differ, with the rows that are new."""
    return {name: [row for row in after[name] if row not in before[name]] for name in after if after[name] != before[name]}


def apart(rows: Rows, *names: str) -> tuple[Rows, Rows]:
    """The tables of these names, and all the others."""
    return {n: rows[n] for n in names}, {n: r for n, r in rows.items() if n not in names}


def moment(value: Any) -> datetime:
    """A time, in whichever way the database wrote it."""
    return value if isinstance(value, datetime) else datetime.fromisoformat(value).replace(tzinfo=UTC)


@BOTH
@pytest.mark.proof
def test_all_tables_are_as_they_were(shop: Furnished, size: Any, keep_figures: Any) -> None:
    began, asked, exported, wrong, dice = time.monotonic(), 0, Counter(), {}, random.Random(20261126)
    paths = list(shop.addresses)
    files = [path for path in paths if path.endswith(FILES)]
    before = tables(shop.runtime)
    kind = shop.runtime.engine.dialect.name
    for turn in range(2):
        with clock.hold(clock.now() + timedelta(minutes=5 * (turn + 1))) as now:
            for who in EVERYBODY:
                # Among the other tests the owner asks everywhere once, the others at some places, and for one file.
                everywhere = who == "owner" and (turn, kind) == (0, "sqlite")
                some = paths if everywhere else sorted({*dice.sample(paths, size(8, len(paths))), dice.choice(files)})
                found, sent = crawl(shop, who, some)
                wrong |= found
                exported += sent
                asked += len(some) * len(ASKING)
    assert wrong == {}
    assert len(paths) > 120

    kept_before, rest_before = apart(before, "core__audit", "core__audit_link", "core__session")
    kept_after, rest_after = apart(tables(shop.runtime), "core__audit", "core__audit_link", "core__session")
    assert changed(rest_before, rest_after) == {}

    added = [row for row in kept_after["core__audit"] if row not in kept_before["core__audit"]]
    assert len(kept_after["core__audit"]) == len(kept_before["core__audit"]) + len(added)
    assert len(kept_after["core__audit_link"]) == len(kept_before["core__audit_link"]) + len(added)
    actions = {row["action"].rsplit(".", 1)[1] for row in added} - {"errors_taken", "seen"}  # at footprints somebody looks now and then
    assert actions == {"exported"}
    by_name = Counter(row["actor_name"] for row in added if not row["action"].endswith(".seen"))  # each look at footprints is one more
    assert by_name == Counter({"owner": exported["owner"] + exported["token"], **{r: exported[r] for r in ROLES[1:] if exported[r]}})

    seen_after = {row["id"]: row for row in kept_after["core__session"]}
    assert len(seen_after) == len(kept_before["core__session"])
    seen = [moment(seen_after[row["id"]].pop("last_seen_at")) for row in kept_before["core__session"] if row.pop("last_seen_at")]
    assert all(seen_after[row["id"]] == row for row in kept_before["core__session"])
    assert sum(at == now for at in seen) == len(ROLES)
    keep_figures(f"asking_{kind}", {
        "routes": len(paths), "askers": len(EVERYBODY), "requests": asked, "tables": len(before), "seconds": round(time.monotonic() - began, 1),
    })  # fmt: skip


@SQLITE
@pytest.mark.parametrize(
    ("path", "who"),
    [("/orders/{}/receive", "owner"), ("/orders/{}/payments__refund", "owner"), ("/people/users/{}/set_roles", "owner"), ("/customers/{}/block", "owner"),
     ("/products/{}/edit", "clerk"), ("/categories/add", "clerk"), ("/stock/{}/restock", "warehouse")],
)  # fmt: skip
def test_head_asks_what_the_verb_would_ask_and_does_nothing(shop: Furnished, path: str, who: str) -> None:
    beginning, _, end = path.partition("{}")
    [where] = [p for p in shop.addresses if p.startswith(beginning) and p.endswith(end or path) and "/bulk/" not in p]
    before = tables(shop.runtime)
    answer = shop.ask(who, where, "HEAD", data={"staff_note": "x", "reason": "x", "name": "x"})
    assert (answer.status_code, answer.data) == (200, b"")
    assert answer.mimetype == "text/html" and int(answer.headers["Content-Length"]) > 1000
    assert changed(before, tables(shop.runtime)) == {}


@SQLITE
def test_options_says_what_may_be_done_and_asks_nobody(shop: Furnished) -> None:
    for path, rule in shop.addresses.items():
        for who in ("token", "anonymous"):
            answer = shop.ask(who, path, "OPTIONS")
            if answer.status_code != 308:
                assert (answer.status_code, answer.data) == (200, b""), path
                assert set(rule.methods or ()) <= set(answer.headers["Allow"].split(", ")), path
    assert shop.ask("token", "/api/v1/nowhere", "OPTIONS").status_code == 404


@BOTH
def test_a_handler_that_acts_on_head_would_be_found(shop: Furnished) -> None:
    """The old fault, by a door that no wall of ours stands at: what is left is that the crawl sees it."""
    other = Site(shop.runtime)
    engine = create_engine(shop.runtime.engine.url)

    @public("a fault for this test")
    def act() -> str:
        if request.method == "GET":
            return "Really?"
        with engine.begin() as connection:
            connection.execute(text("UPDATE customers__customer SET order_count = order_count + 1"))
        return "done"

    other.app({}).add_url_rule("/planted", "planted", act, methods=["GET", "POST"])
    planted = Furnished(shop.runtime, other, askers={"anonymous": Client(other)})
    before = tables(shop.runtime)
    crawl(planted, "anonymous", ["/planted"])
    assert set(changed(before, tables(shop.runtime))) == {"customers__customer"}
    engine.dispose()
