"""Receivers of webhooks check who tells them, keep what they got, and fail as real ones do."""

from __future__ import annotations

import http.client
import json
import time
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from standardwebhooks import Webhook

SECRET, OTHER = "whsec_MDEyMzQ1Njc4OTAxMjM0NTY3ODkwMTIzNDU2Nzg5MDE=", "whsec_MTExMTExMTExMTExMTExMTExMTExMTExMTExMTExMTE="
BODY = json.dumps({"id": "evt_1", "type": "orders.order.paid@1", "timestamp": "2026-11-27T08:00:00Z", "sequence": 1, "data": {"order": "中文"}}).encode()


def tell(sandbox: Any, *, secret: str = SECRET, at: datetime | None = None, name: str = "books", body: bytes = BODY, method: str = "POST", **more: str) -> Any:
    """As the common library signs it; answers status, head and body."""
    at = at or datetime.now(UTC)
    head = {"webhook-id": "evt_1", "webhook-timestamp": str(int(at.timestamp())), "webhook-signature": Webhook(secret).sign("evt_1", at, body.decode()), **more}
    connection = http.client.HTTPConnection("127.0.0.1", sandbox.port, timeout=5)
    connection.request(method, f"/hooks/{name}", body, head)
    answer = connection.getresponse()
    return answer.status, answer.headers, answer


def verdicts(sandbox: Any) -> list[tuple[str, int]]:
    return [(one["verdict"], one["times"]) for one in reversed(sandbox.ask("GET", "/_sim/received?name=books")["items"])]


@pytest.fixture
def books(sandbox: Any) -> Any:
    sandbox.ask("POST", "/_sim/receivers", {"name": "books", "secret": SECRET})
    return sandbox


def test_what_the_common_library_signs_is_taken_and_nothing_else(books: Any):
    statuses = [
        tell(books)[0], tell(books)[0], tell(books, secret=OTHER)[0], tell(books, body=BODY, at=datetime.now(UTC) - timedelta(minutes=6))[0],
        tell(books, body=b'{"no": "type"}')[0], tell(books, method="GET")[0],
    ]  # fmt: skip
    assert statuses == [200, 200, 401, 401, 400, 405]
    assert verdicts(books) == [("good", 1), ("good", 2), ("wrong_signature", 3), ("stale", 3), ("malformed", 3)]


def test_nothing_is_believed_without_a_secret_and_each_of_two_is_good(sandbox: Any):
    assert tell(sandbox)[0] == 401
    sandbox.ask("POST", "/_sim/receivers", {"name": "books", "secrets": [OTHER, SECRET]})
    assert [tell(sandbox)[0], tell(sandbox, secret=OTHER)[0]] == [200, 200]
    for wrong in ({"name": "Books!", "secret": SECRET}, {"name": "books"}, {"name": "books", "secret": "whsec_%%"}):
        with pytest.raises(ValueError, match=r"name|secret|base64|Only"):
            sandbox.ask("POST", "/_sim/receivers", wrong)


@pytest.mark.parametrize(
    ("status", "more", "head"),
    [(301, {}, "Location"), (404, {}, ""), (410, {}, ""), (429, {"retry_after": 90}, "Retry-After"), (500, {}, "")],
)
def test_it_answers_what_it_is_told_to(books: Any, status: int, more: dict[str, int], head: str):
    books.ask("POST", "/_sim/faults", {"kind": "status", "provider": "webhook", "receiver": "books", "status": status, **more})
    found, headers, _answer = tell(books)
    assert found == status
    assert not head or headers[head] in ("90", f"http://127.0.0.1:{books.port}/hooks/moved")
    assert verdicts(books) == []
    assert tell(books)[0] == 200


def test_a_fault_of_one_receiver_befalls_no_other(books: Any):
    books.ask("POST", "/_sim/faults", {"kind": "status", "receiver": "wall", "status": 500, "count": 0})
    assert tell(books)[0] == 200


def test_it_hangs_cuts_in_the_middle_and_floods(books: Any):
    books.ask("POST", "/_sim/faults", {"kind": "timeout_before", "operation": "webhook", "seconds": 0.3})
    began = time.monotonic()
    with pytest.raises(http.client.RemoteDisconnected):
        tell(books)[2].read()
    assert 0.25 < time.monotonic() - began < 3
    books.ask("POST", "/_sim/faults", {"kind": "cut", "operation": "webhook"})
    with pytest.raises((http.client.HTTPException, ConnectionError)):
        tell(books)[2].read()
    books.ask("POST", "/_sim/faults", {"kind": "flood", "operation": "webhook", "megabytes": 1024})
    status, headers, answer = tell(books)
    assert (status, headers["Content-Length"]) == (200, str(1024 << 20))
    assert answer.read(100_000) == b"0" * 100_000
    answer.close()


def test_the_page_shows_them_to_this_machine_alone(books: Any):
    tell(books)

    def page(path: str, host: str) -> tuple[int, str]:
        connection = http.client.HTTPConnection("127.0.0.1", books.port, timeout=5)
        connection.request("GET", path, headers={"Host": host, "Accept-Language": "en"})
        answer = connection.getresponse()
        return answer.status, answer.read().decode()

    assert page("/_sim/receivers", "rebound.example")[0] == 403
    assert "books" in page("/_sim/receivers", "127.0.0.1")[1]
    one = page("/_sim/receivers?name=books", "127.0.0.1")[1]
    assert "orders.order.paid@1" in one
    assert "Genuine" in one
    assert "中文" in one
    assert "验签通过" in page("/_sim/receivers?name=books&lang=zh", "127.0.0.1")[1]
