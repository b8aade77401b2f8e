"""Against the sandbox's receivers: each answer has its consequence, nothing is sent twice or otherwise, and nobody waits for who hangs."""

from __future__ import annotations

import contextlib
import contextvars
import json
import re
import socket
import threading
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft202012Validator
from shop import add_customer, add_product, place
from sqlalchemy import select, text
from standardwebhooks import Webhook

from zhanggui.api import Actor, Invalid, clock, public_events, reading, unit_of_work
from zhanggui.db.base import Model
from zhanggui.db.types import Pii, SealedJson
from zhanggui.jobs import runner
from zhanggui.notices.models import Notice
from zhanggui_customers import facade as customers
from zhanggui_customers.services import profile
from zhanggui_orders.services import cancellation
from zhanggui_sandbox import Keyring, Sandbox, running
from zhanggui_webhooks import jobs
from zhanggui_webhooks.models import Delivery, Endpoint, Try
from zhanggui_webhooks.services import delivering, endpoints, health, replay

CREATED = "customers.customer.created@1"


@pytest.fixture(scope="module")
def keys() -> Keyring:
    return Keyring.make()


@pytest.fixture
def far(tmp_path: Path, keys: Keyring) -> Iterator[Sandbox]:
    with running(tmp_path / "sandbox", keys=keys) as sandbox:
        yield sandbox


@pytest.fixture
def told(far: Sandbox, add: Callable[..., int]) -> Callable[..., int]:
    """``told("books")``: an endpoint at a receiver of the sandbox, which knows its secret."""

    def do(name: str = "books", **values: Any) -> int:
        endpoint_id = add(label=name, url=f"{far.url}/hooks/{name}", **{"events": [CREATED], **values})
        far.ask("POST", "/_sim/receivers", {"name": name, "secret": endpoint(endpoint_id).secret})
        return endpoint_id

    return do


def someone_comes(name: str = "张三") -> int:
    with unit_of_work() as db:
        return customers.find_or_create_by_identity(db, provider="demo", subject=name, name=name, now=clock.now()).id


def hear() -> None:
    runner.drain("default")


def endpoint(endpoint_id: int) -> Endpoint:
    with reading() as db:
        found = db.get_one(Endpoint, endpoint_id)
        db.expunge(found)
        return found


def only(model: Any) -> Any:
    """The one row that there is."""
    with reading() as db:
        return db.execute(select(*model.__table__.c)).one()


def delivery() -> Any:
    return only(Delivery)


def fault(far: Sandbox, kind: str, **more: Any) -> None:
    far.ask("POST", "/_sim/faults", {"kind": kind, "operation": "webhook", "count": 0, **more})


def requests(far: Sandbox) -> list[dict[str, Any]]:
    found = far.ask("GET", "/_sim/requests?limit=500")["items"]
    return [{**one, "headers": {name.lower(): value for name, value in one["headers"].items()}} for one in reversed(found) if one["path"].startswith("/hooks/")]


def genuine(far: Sandbox) -> list[str]:
    """Of each message that a receiver believed, its id, as often as it came."""
    return [one["message"] for one in far.ask("GET", "/_sim/received?limit=500")["items"] if one["verdict"] == "good"]


@pytest.mark.parametrize("kind", ["sqlite"])
def test_ten_tries_send_the_same_bytes_under_the_same_id_at_new_times(far: Any, told: Any):
    secret = endpoint(told()).secret
    fault(far, "status", status=500)
    someone_comes()
    hear()
    delivering.run()
    for _try in range(12):
        due = delivery().next_at
        if due is None:
            break
        with clock.hold(due + timedelta(seconds=1)):
            delivering.run()
    sent = requests(far)
    assert len(sent) == 10
    assert len({one["body"] for one in sent}) == len({one["headers"]["webhook-id"] for one in sent}) == 1
    times = [int(one["headers"]["webhook-timestamp"]) for one in sent]
    assert times == sorted(set(times))
    for one, at in zip(sent, times, strict=True):
        assert one["headers"]["webhook-signature"] == Webhook(secret).sign(one["headers"]["webhook-id"], datetime.fromtimestamp(at, UTC), one["body"])
    assert (delivery().state, delivery().tries) == ("failed", 10)


@pytest.mark.parametrize("kind", ["sqlite"])
@pytest.mark.parametrize(
    ("kind_of_fault", "more", "state", "endpoint_state", "pause", "said"),
    [
        ("status", {"status": 301}, "pending", "active", (4, 7), "301"),
        ("status", {"status": 404}, "pending", "active", (239, 361), "404"),
        ("status", {"status": 410}, "failed", "disabled", None, "410"),
        ("status", {"status": 429, "retry_after": 7000}, "pending", "active", (6990, 7001), "429"),
        ("status", {"status": 500}, "pending", "active", (4, 7), "500"),
        ("timeout_before", {"seconds": 2}, "pending", "active", (3, 7), "did not answer within 1"),
        ("cut_before", {}, "pending", "active", (4, 7), "127.0.0.1"),
        ("cut", {}, "pending", "active", (4, 7), "127.0.0.1"),
        ("flood", {"megabytes": 1024}, "pending", "active", (3, 7), "127.0.0.1"),
    ],
)  # fmt: skip
def test_each_answer_has_its_consequence(
    far: Any, told: Any, kind_of_fault: str, more: dict[str, Any], state: str, endpoint_state: str, pause: tuple[int, int] | None, said: str
):  # fmt: skip
    endpoint_id = told(seconds=1)
    fault(far, kind_of_fault, **more)
    someone_comes()
    hear()
    now, began = clock.now(), time.monotonic()
    with clock.hold(now):
        delivering.run()
    assert time.monotonic() - began < 4
    found = delivery()
    assert (found.state, endpoint(endpoint_id).state) == (state, endpoint_state)
    if pause is None:
        assert found.next_at is None
    else:
        assert found.next_at is not None
        assert pause[0] <= (found.next_at - now).total_seconds() <= pause[1]
    tried = only(Try)
    assert said in f"{tried.status} {tried.trouble}"
    assert len(tried.answer or "") <= delivering.ANSWER
    while not requests(far) and time.monotonic() - began < 5:  # one that hangs is written down when it ends
        time.sleep(0.05)
    assert [one["path"] for one in requests(far)] == ["/hooks/books"]  # a redirect is not followed


@pytest.mark.parametrize("kind", ["sqlite"])
def test_while_secrets_change_both_are_good_and_then_the_new_one_alone(far: Any, told: Any, owner: Actor):
    endpoint_id = told()
    old = endpoint(endpoint_id).secret
    with unit_of_work() as db:
        endpoints.rotate(db, id=endpoint_id, hours=1, actor=owner, now=clock.now())
    new, start = endpoint(endpoint_id).secret, clock.now()
    far.ask("POST", "/_sim/receivers", {"name": "old", "secret": old})
    for name, later in (("one", 0), ("two", 61)):
        with clock.hold(start + timedelta(minutes=later)):
            someone_comes(name)
            hear()
            delivering.run()
    first, second = requests(far)
    for one, good in ((first, (old, new)), (second, (new,))):
        at = datetime.fromtimestamp(int(one["headers"]["webhook-timestamp"]), UTC)
        assert sorted(one["headers"]["webhook-signature"].split(" ")) == sorted(Webhook(secret).sign(one["headers"]["webhook-id"], at, one["body"]) for secret in good)


@pytest.mark.parametrize("kind", ["sqlite"])
def test_down_for_a_week_it_rests_is_switched_off_is_asked_recovers_and_gets_what_it_missed_once(far: Any, told: Any, owner: Actor):
    endpoint_id, start, seen = told(), clock.now(), set[str]()
    fault(far, "status", status=503)
    for hour in range(0, 7 * 24, 12):
        with clock.hold(start + timedelta(hours=hour)):
            for n in range(12 if not hour else 1):
                someone_comes(f"hour {hour} number {n}")
            hear()
            delivering.run()
            seen.add(endpoint(endpoint_id).state)
            assert health.probe_disabled(clock.now()) == 0
    assert seen == {"active", "resting", "disabled"} or seen == {"resting", "disabled"}
    far.ask("DELETE", "/_sim/faults")
    far.ask("POST", "/_sim/clock", {"advance_seconds": 7 * 86400, "signatures": True})
    with clock.hold(start + timedelta(days=7)):
        assert health.probe_disabled(clock.now()) == 1
        with reading() as db:
            told_staff = db.scalars(select(Notice.kind).where(Notice.kind.like("webhooks.%")).order_by(Notice.id)).all()
        assert told_staff == ["webhooks.failing", "webhooks.failing", "webhooks.switched_off", "webhooks.back"]
        with unit_of_work() as db:
            endpoints.resume(db, id=endpoint_id, actor=owner, now=clock.now())
            count = replay.send_missed(db, id=endpoint_id, actor=owner, now=clock.now())
        while delivering.run():
            pass
    with reading() as db:
        all_of_them = dict(db.execute(select(Delivery.public_id, Delivery.state)).tuples().all())
    assert count == len(all_of_them) == 12 + 13
    assert set(all_of_them.values()) == {"done"}
    got = [one for one in genuine(far) if one in all_of_them]
    assert sorted(got) == sorted(all_of_them)


def test_in_order_means_within_a_key_and_other_keys_go_on(far: Any, told: Any, owner: Actor):
    told(events=["customers.*"], ordered=True)
    first, other = someone_comes("first"), someone_comes("other")
    far.ask("POST", "/_sim/faults", {"kind": "status", "operation": "webhook", "status": 503})  # one answer, which the first gets
    for customer_id in (first, other):
        with unit_of_work() as db:
            profile.block_customer(db, id=customer_id, reason="x", actor=owner, now=clock.now())
    hear()
    delivering.run()
    sent = [(json.loads(one["body"])["data"]["customer"], json.loads(one["body"])["sequence"], one["status"]) for one in requests(far)]
    late = sent[0][0]
    assert [one for one in sent if one[0] == late] == [(late, 1, 503)]
    assert [one[1:] for one in sent if one[0] != late] == [(1, 200), (2, 200)]
    for seconds in (10, 11):
        with clock.hold(clock.now() + timedelta(seconds=seconds)):
            delivering.run()
    sent = [(json.loads(one["body"])["data"]["customer"], json.loads(one["body"])["sequence"], one["status"]) for one in requests(far)]
    assert [one[1:] for one in sent if one[0] == late] == [(1, 503), (1, 200), (2, 200)]


def test_ten_that_hang_delay_no_eleventh_by_15_s_and_no_job_of_an_order_by_2_s(far: Any, told: Any, owner: Actor):
    for n in range(10):
        told(f"slow-{n}", seconds=2)  # one after another they would take 20 s
        fault(far, "timeout_before", receiver=f"slow-{n}", seconds=3)
    told("quick")
    with unit_of_work() as db:
        tea, buyer = add_product(db, owner), add_customer(db, owner)
    hear()

    def order() -> float:
        """Seconds until an order is placed and all its jobs have run."""
        placing = time.monotonic()
        with unit_of_work() as db:
            place(db, owner, (tea, 1), customer_id=buyer)
        hear()
        return time.monotonic() - placing

    alone = order()
    began, worker = time.monotonic(), threading.Thread(target=contextvars.copy_context().run, args=(runner.drain, "io"))
    worker.start()
    time.sleep(0.3)  # by now all places of hanging receivers are taken
    beside = order()
    while not genuine(far) and time.monotonic() - began < 15:
        time.sleep(0.05)
    quick_done = time.monotonic() - began
    worker.join()
    assert beside - alone < 2
    assert quick_done < 15
    print(f"an order {alone:.2f} s alone, {beside:.2f} s beside ten that hang; the eleventh {quick_done:.2f} s")
    assert len(genuine(far)) == 1


def test_a_delivery_is_not_begun_before_its_row_can_be_seen(far: Any, told: Any):
    told()
    someone_comes()
    with unit_of_work() as db:
        event = db.execute(_newest()).one()
        about = {"id": event.id, "name": CREATED, "key": event.key, "at": event.occurred_at.isoformat()}
        jobs.hear.function(db, event=about, customer_id=int(event.payload["customer_id"]), source="demo")
        db.flush()
        made: list[int] = []
        early = threading.Thread(target=contextvars.copy_context().run, args=(lambda: made.append(delivering.run(seconds=0.5)),))
        early.start()
        early.join()
        assert made == [0]  # a slow commit
    assert delivering.run() == 1
    assert len(genuine(far)) == 1


def _newest() -> Any:
    from zhanggui.events.models import OutboxEvent

    return select(OutboxEvent.id, OutboxEvent.key, OutboxEvent.occurred_at, OutboxEvent.payload).where(OutboxEvent.name == "customers.customer.created")


@pytest.mark.parametrize("kind", ["sqlite"])
def test_a_name_that_means_something_else_by_now_is_not_called(far: Any, add: Any, monkeypatch: pytest.MonkeyPatch):
    """Looked at when it is entered, a name may mean a public address; at the call each of its addresses counts."""
    really = socket.getaddrinfo
    means = {"far.example": ["93.184.216.34", "10.0.0.1"]}

    def look_up(host: str, *args: Any, **kwargs: Any) -> Any:
        if host not in means:
            return really(host, *args, **kwargs)
        return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (address, 443)) for address in means[host]]

    monkeypatch.setattr(socket, "getaddrinfo", look_up)
    add(url="https://far.example/in", events=[CREATED])
    someone_comes()
    hear()
    delivering.run()
    tried = only(Try)
    assert tried.status is None
    assert "far.example may not be called" in (tried.trouble or "")


@pytest.mark.parametrize("kind", ["sqlite"])
def test_what_is_not_public_is_refused_where_it_is_entered_and_no_setting_lets_it_pass(visit: Any, add: Any, receiver: Any):
    for host in ("10.0.0.1", "169.254.169.254", "192.168.1.1", "100.64.0.1", "[::1]", "[fd00:ec2::254]", "[::ffff:10.0.0.1]"):
        with pytest.raises(Invalid):
            add(url=f"https://{host}/in")
    add(url=receiver.url())  # which the file of this shop allows
    boss = visit("owner")
    assert "outside.allowed" not in boss.get("/system/settings/").get_data(as_text=True)


def _fields(schema: Any, at: str = "") -> Iterator[tuple[str, dict[str, Any]]]:
    for name, inner in (schema.get("properties") or {}).items():
        yield name, inner
        yield from _fields(inner, f"{at}.{name}")
    if isinstance(schema.get("items"), dict):
        yield from _fields(schema["items"], at)


@pytest.mark.parametrize("kind", ["sqlite"])
def test_no_public_event_has_a_field_for_anything_personal_or_a_row(instance: Any):
    sealed = {
        column.name
        for table in Model.metadata.tables.values() for column in table.c
        if isinstance(column.type, Pii | SealedJson) and table.name.partition("__")[0] in ("customers", "orders", "payments", "inventory", "core")
    }  # fmt: skip
    offered = public_events()
    assert len(offered) >= 15
    for name, public in offered.items():
        Draft202012Validator.check_schema(public.whole_schema)
        Draft202012Validator(public.whole_schema).validate(dict(public.example))
        assert public.whole_schema["additionalProperties"] is False
        for field, schema in _fields(public.whole_schema):
            assert field not in sealed - {"reference", "scopes"}, f"{name} tells {field}, which is sealed"
            assert not re.search(r"phone|mobile|email|address|birthday|buyer", field), f"{name} tells {field}"
            assert not (re.search(r"(^|_)id$", field) and "integer" in str(schema.get("type"))), f"{name} tells the row id {field}"


@pytest.mark.parametrize("kind", ["postgresql"])
def test_what_is_told_holds_no_name_no_phone_and_no_number_of_a_row(far: Any, told: Any, owner: Actor, instance: Any):
    with unit_of_work() as db:
        for table, column in db.execute(text("SELECT table_name, column_name FROM information_schema.columns WHERE column_default LIKE 'nextval%'")).all():
            db.execute(text(f"SELECT setval(pg_get_serial_sequence('{table}', '{column}'), 77700000)"))
    told(events=["*"], everything=True)
    with unit_of_work() as db:
        tea, buyer = add_product(db, owner), add_customer(db, owner, "Wang Wei", "13800138000")
        cancellation.cancel_order(db, id=place(db, owner, (tea, 1), customer_id=buyer).id, reason="Wang Wei called", actor=owner, now=clock.now())
        place(db, owner, (tea, 2), customer_id=buyer)
        profile.block_customer(db, id=buyer, reason="Wang Wei", actor=owner, now=clock.now())
    hear()
    while delivering.run():
        pass
    bodies = [one["body"] for one in requests(far)]
    types = {json.loads(body)["type"] for body in bodies}
    assert {"orders.order.placed@1", "orders.order.canceled@1", CREATED, "products.product.saved@1"} <= types
    for body in bodies:
        said = json.loads(body)
        Draft202012Validator(public_events()[said["type"]].whole_schema).validate(said["data"])
        assert not re.search(r"Wang|13800138000|777000\d\d", body), body


@pytest.mark.parametrize("kind", ["sqlite"])
def test_a_certificate_that_is_not_valid_is_a_failure_in_words(add: Any, tmp_path: Path, keys: Keyring):
    import ssl

    held = tmp_path / "both.pem"
    held.write_text(keys.merchant.key + keys.merchant.certificate)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(held)
    listener = socket.create_server(("127.0.0.1", 0))

    def serve() -> None:
        with contextlib.suppress(OSError):
            connection, _who = listener.accept()
            context.wrap_socket(connection, server_side=True).close()

    thread = threading.Thread(target=serve, daemon=True)
    thread.start()
    add(url=f"https://127.0.0.1:{listener.getsockname()[1]}/in", events=[CREATED])
    someone_comes()
    hear()
    delivering.run()
    listener.close()
    thread.join(5)
    tried = only(Try)
    assert "certificate of 127.0.0.1 is not valid" in (tried.trouble or "")
    assert delivery().state == "pending"

