"""What is signed how, and when what is tried again."""

from __future__ import annotations

import shutil
import subprocess
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from standardwebhooks import Webhook, WebhookVerificationError

from zhanggui_webhooks import rules, snippets
from zhanggui_webhooks.states import DELIVERY_MOVES, ENDPOINT_MOVES, DeliveryState, EndpointState

AT = datetime(2026, 11, 27, 8, 22, tzinfo=UTC)


def test_the_common_library_takes_what_is_signed():
    secret, now = rules.new_secret(), datetime.now(UTC)
    body = rules.body_of("evt_1", "orders.order.paid@1", AT, 1, {"number": "中文"})
    head = rules.headers([secret], "evt_1", now, body, {"X-Own": "1"})
    assert Webhook(secret).verify(body, head)["data"] == {"number": "中文"}
    for changed in (body + b" ", body.replace(b"1", b"2")):
        with pytest.raises(WebhookVerificationError):
            Webhook(secret).verify(changed, head)
    with pytest.raises(WebhookVerificationError):
        Webhook(rules.new_secret()).verify(body, head)


def test_both_secrets_fit_while_one_takes_the_place_of_the_other():
    old, new, now = rules.new_secret(), rules.new_secret(), datetime.now(UTC)
    head = rules.headers([new, old], "evt_1", now, b"{}", {})
    assert Webhook(old).verify(b"{}", head) == Webhook(new).verify(b"{}", head) == {}


def test_the_snippets_do_what_they_say(tmp_path: Path):
    secret, now = rules.new_secret(), datetime.now(UTC)
    body = rules.body_of("evt_1", "orders.order.paid@1", AT, 1, {"number": "1"})
    head = rules.headers([rules.new_secret(), secret], "evt_1", now, body, {})
    old = rules.headers([secret], "evt_1", now - timedelta(minutes=6), body, {})
    found: dict[str, object] = {}
    exec(snippets.PYTHON, found)  # noqa: S102 - our own text
    check = found["is_genuine"]
    assert callable(check)
    assert [check(secret, head, body), check(secret, head, body + b" "), check(secret, old, body)] == [True, False, False]
    if node := shutil.which("node"):
        script = f"{snippets.JAVASCRIPT}\nconst [s, h, b] = JSON.parse(process.argv[2]); process.stdout.write(String(isGenuine(s, h, Buffer.from(b, 'base64'))));"
        (tmp_path / "check.cjs").write_text(script, encoding="utf-8")
        assert [_node(node, tmp_path, secret, *asked) for asked in ((head, body), (head, body + b" "), (old, body))] == ["true", "false", "false"]
    if all(shutil.which(tool) for tool in ("sh", "openssl", "xxd")):
        (tmp_path / "check.sh").write_text(snippets.SHELL, encoding="utf-8")
        said = [
            subprocess.run(
                ["sh", str(tmp_path / "check.sh"), secret, "evt_1", asked["webhook-timestamp"], asked["webhook-signature"]], input=content, check=False
            ).returncode
            for asked, content in ((head, body), (head, body + b" "), (old, body))
        ]  # fmt: skip
        assert said == [0, 1, 1]


def _node(node: str, folder: Path, secret: str, head: dict[str, str], body: bytes) -> str:
    import base64
    import json

    given = json.dumps([secret, head, base64.b64encode(body).decode()])
    return subprocess.run([node, str(folder / "check.cjs"), given], capture_output=True, text=True, check=True).stdout


@pytest.mark.parametrize(
    ("tries", "status", "wish", "expected"),
    [
        (1, None, None, 5), (1, 500, None, 5), (2, 302, None, 300), (9, 503, None, 86400), (10, 503, None, None),
        (1, 404, None, 300), (2, 404, None, 3600), (3, 404, None, None), (3, 429, None, 1800), (1, 410, None, None),
        (1, 503, 90, 90), (2, 503, 10, 300),
    ],
)  # fmt: skip
def test_the_pause_before_the_next_try(tries: int, status: int | None, wish: int | None, expected: int | None):
    wished = timedelta(seconds=wish) if wish else None
    found = rules.next_try(tries, status, wished, AT, 0.5)
    assert (None if found is None else (found - AT).total_seconds()) == expected


def test_pauses_are_spread_by_a_fifth():
    spread = {(rules.next_try(2, 500, None, AT, chance) or AT) - AT for chance in (0, 1)}
    assert spread == {timedelta(seconds=240), timedelta(seconds=360)}


@pytest.mark.parametrize(
    ("text", "seconds"),
    [("120", 120), ("", None), ("soon", None), ("999999999", 86400), ("Fri, 27 Nov 2026 08:23:00 GMT", 60), ("Thu, 26 Nov 2026 08:00:00 GMT", 0), ("-5", None)],
)
def test_what_a_receiver_wishes(text: str, seconds: int | None):
    found = rules.wish_of(text, AT)
    assert (None if found is None else found.total_seconds()) == seconds


@pytest.mark.parametrize(
    ("patterns", "type_", "expected"),
    [
        (["*"], "orders.order.paid@1", True), (["orders.*"], "orders.order.paid@1", True), (["order.*"], "orders.order.paid@1", False),
        (["orders.order.paid@1"], "orders.order.paid@1", True), (["orders.order.paid@1"], "orders.order.paid@2", False), ([], "a.b@1", False),
    ],
)  # fmt: skip
def test_which_events_are_meant(patterns: list[str], type_: str, expected: bool):
    assert rules.wants(patterns, type_) is expected


def test_an_endpoint_that_rests_is_tried_after_longer_and_longer_pauses():
    pauses = [(rules.next_probe(probes, AT) - AT).total_seconds() / 60 for probes in range(8)]
    assert pauses == [1, 2, 4, 8, 16, 32, 60, 60]


def test_every_state_has_its_moves_and_each_move_a_state():
    assert set(ENDPOINT_MOVES) == set(EndpointState)
    assert set(DELIVERY_MOVES) == set(DeliveryState)
    assert {to for moves in DELIVERY_MOVES.values() for to in moves} == set(DeliveryState)
