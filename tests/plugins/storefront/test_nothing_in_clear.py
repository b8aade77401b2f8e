"""What people are called, where they live and what is said of them stands nowhere in clear."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from scan import forms, found
from shop import add_product
from shoppers import Shopper
from sqlalchemy import select

from zhanggui.api import Actor, clock, unit_of_work
from zhanggui.config import settings
from zhanggui.db.uow import reading
from zhanggui.host import current_host
from zhanggui.importing.runner import run_import
from zhanggui.jobs import queue_server, runner
from zhanggui.jobs.models import Job
from zhanggui.jobs.store import add_job
from zhanggui.kernel.logs import Formatter
from zhanggui.runtime import Runtime
from zhanggui_customers.models import Customer
from zhanggui_orders.models import Order
from zhanggui_payments.models import Refund


@pytest.fixture
def queue(instance: Runtime) -> Iterator[None]:
    """The bundled queue server of the instance."""
    server = queue_server.start(instance)
    yield
    server.kill()
    server.wait()


@pytest.fixture
def log_file(instance: Runtime) -> Iterator[Path]:
    """What the processes of an instance write down, with our own formatter."""
    path = instance.data / "logs" / "all.log"
    path.parent.mkdir(parents=True, exist_ok=True)
    handler = logging.FileHandler(path, encoding="utf-8")
    handler.setFormatter(Formatter("json"))
    root = logging.getLogger()
    root.addHandler(handler)
    yield path
    root.removeHandler(handler)
    handler.close()


def run_jobs() -> None:
    runner.relay()
    with reading() as db:
        ready = db.scalars(select(Job.id).where(Job.state == "ready").order_by(Job.id)).all()
    for job_id in ready:
        runner.run(job_id)


def planted(n: int) -> dict[str, str]:
    """Twenty-seven kinds of text about the n-th person, none of which is part of another."""
    words = {
        "login name": f"登录人{n:04d}甲", "address name": f"收件人{n:04d}乙", "address phone": f"1391{n:04d}001",
        "address region": f"河阴省{n:04d}丙", "address detail": f"无名路{n:04d}号丁", "buyer note": f"请放在门卫{n:04d}戊",
        "buyer reason": f"我搬家了{n:04d}己", "customer name": f"顾客{n:04d}庚", "customer phone": f"1381{n:04d}002",
        "customer region": f"江南岸{n:04d}辛", "tag": f"难缠{n:04d}壬", "customer note": f"欠过账{n:04d}癸",
        "block reason": f"恶意退货{n:04d}子", "staff note": f"他说生病{n:04d}丑", "reference": f"老寅转账给{n:04d}",
        "refund note": f"退到卯的卡{n:04d}", "staff reason": f"辰打电话来{n:04d}", "import phone": f"1371{n:04d}003",
        "import name": f"无键之人{n:04d}巳", "rejected": f"午某某的备注{n:04d}", "searched": f"1361{n:04d}004",
        "idempotency key": f"key-of-wei-{n:04d}", "stock note": f"申拿走一罐{n:04d}", "file name": f"酉的名单{n:04d}",
        "job error": f"戌不是时间{n:04d}", "refused name": f"亥的名字{n:04d}", "import region": f"北岸{n:04d}子丑",
    }  # fmt: skip
    assert len(words) == 27
    return words


def live(n: int, said: dict[str, str], site: Any, sign_in: Callable[[str], Shopper], owner: Any, tea: Any, folder: Path) -> dict[str, int]:
    """One person's way through the shop's doors; the ids of the rows that know him."""
    shopper = sign_in(said["login name"])
    place = {"name": said["address name"], "phone": said["address phone"], "region": [said["address region"]], "detail": said["address detail"]}
    address = shopper.post("/addresses", place).get_json()["id"]
    assert shopper.post("/addresses", {**place, "name": said["refused name"], "phone": "none"}).status_code == 422
    key = {"Idempotency-Key": said["idempotency key"]}
    numbers = [shopper.order(tea, 1, address_id=address, note=said["buyer note"], headers=key).get_json()["number"]]
    numbers += [shopper.order(tea, 1, address_id=address).get_json()["number"] for _ in range(2)]
    assert shopper.post(f"/orders/{numbers[0]}/cancel", {"reason": said["buyer reason"]}).status_code == 200
    with reading() as db:
        ids = [db.scalars(select(Order.id).where(Order.number == number)).one() for number in numbers]
        buyer = db.scalars(select(Order.customer_id).where(Order.id == ids[0])).one()
    post = owner.post
    assert post(f"/orders/{ids[1]}/mark_paid", {"method": "transfer", "reference": said["reference"]}).status_code == 303
    assert post(f"/orders/{ids[1]}/write_note", {"staff_note": said["staff note"]}).status_code == 303
    assert post(f"/orders/{ids[1]}/cancel", {"reason": said["staff reason"]}).status_code == 303
    with reading() as db:
        owed = db.scalars(select(Refund.id).where(Refund.order_id == ids[1])).one()
    assert post(f"/refunds/{owed}/withdraw", {"note": said["refund note"]}).status_code == 303
    form = {"name": said["customer name"], "phone": said["customer phone"], "region": said["customer region"], "tags": said["tag"],
            "note": said["customer note"]}  # fmt: skip
    assert post(f"/customers/{buyer}/edit", form).status_code == 303
    assert post(f"/customers/{buyer}/block", {"reason": said["block reason"]}).status_code == 303
    owner.get(f"/customers/?q={said['searched']}")
    owner.get(f"/search?q={said['searched']}")
    owner.get(f"/customers/export.csv?q={said['searched']}").get_data()
    owner.get(f"/no-such-page/{said['searched']}")
    assert post("/stock/1/count", {"counted": "1000", "note": said["stock note"]}).status_code == 303
    return {"customer": buyer, "order": ids[1], "first": ids[0]}


def import_them(runtime: Runtime, said: dict[str, str], folder: Path) -> None:
    """A list without a key column, with a row that is refused."""
    path = folder / f"{said['file name']}.csv"
    lines = ["姓名,手机,地区,备注", f"{said['import name']},,,", f"某,{said['import phone']},{said['import region']},", f",,,{said['rejected']}"]
    path.write_text("\n".join(lines), encoding="utf-8")
    report = run_import(runtime, "customers", path, quiet=True)
    assert (report.tally.outcomes["new"][0], report.tally.outcomes["rejected"][0]) == (2, 1)


def fail_a_job(said: dict[str, str]) -> None:
    """An exception that names what it stumbled over."""
    with unit_of_work() as db:
        job = current_host().jobs["customers.count_paid_order"]
        add_job(db, job, {"customer_id": 1, "amount": 1, "at": said["job error"]}, correlation="test")


@pytest.mark.proof
def test_a_scan_of_database_queue_logs_and_files_finds_nobody(
    instance: Runtime, site: Any, sign_in: Callable[[str], Shopper], visit: Any, owner: Actor, queue: None, log_file: Path,
    tmp_path: Path, size: Callable[[int, int], int], keep_figures: Callable[..., None],
) -> None:  # fmt: skip
    people = size(1, 100)
    with unit_of_work() as db:
        tea = add_product(db, owner, name="对照茶样", stock=1000)
        for limit in ("auth.look_ups", "plugin.storefront.new_customers_per_hour"):  # a hundred people from one address
            settings.set(db, limit, 10_000, actor=owner, now=clock.now())
    master = visit("owner")
    texts: dict[str, str] = {}
    for n in range(people):
        said = planted(n)
        live(n, said, site, sign_in, master, tea, tmp_path)
        import_them(instance, said, tmp_path)
        fail_a_job(said)
        texts |= {f"{kind} {n}": plain for kind, plain in said.items()}
    logging.getLogger("zhanggui.test").warning("the control %s", "对照行")
    run_jobs()
    with reading() as db:
        assert "戌不是时间" in (db.scalars(select(Job.last_error).where(Job.last_error.is_not(None))).first() or "")
    assert found(instance, texts, queue=True) == {}
    # The same scan finds what does stand in clear: in the database, in the log, among the keys of the queue.
    assert found(instance, {"product": "对照茶样", "line": "对照行"}) == {"product": found(instance, {"product": "对照茶样"})["product"], "line": "logs/all.log"}
    assert found(instance, {"queue": "zhanggui.jobs.runner.drain"}, queue=True)["queue"].startswith(("queue", "redis"))
    keep_figures(f"nothing_in_clear_{instance.engine.dialect.name}", {"people": people, "texts": len(texts), "in_clear": 0})


def test_after_erasing_a_person_no_view_shows_what_was_sealed(
    instance: Runtime, site: Any, sign_in: Callable[[str], Shopper], visit: Any, owner: Actor, tmp_path: Path
) -> None:
    with unit_of_work() as db:
        tea = add_product(db, owner, stock=1000)
    master, said = visit("owner"), planted(7)
    ids = live(7, said, site, sign_in, master, tea, tmp_path)
    run_jobs()
    pages = [f"/customers/{ids['customer']}", f"/orders/{ids['order']}", f"/orders/{ids['first']}", "/customers/", "/orders/", "/messages/"]
    pages += ["/api/v1/core/system/audit/?limit=100", "/api/v1/orders/orders/?limit=100", "/system/events/", "/customers/export.csv", "/orders/export.csv"]

    def shown() -> set[str]:
        seen = ""
        for page in pages:
            answer = master.get(page)
            seen += answer.get_data(as_text=True)
            assert answer.status_code == 200, page
        escaped = {kind: list(forms(plain))[3].decode() for kind, plain in said.items()}
        return {kind for kind, plain in said.items() if plain in seen or escaped[kind] in seen}

    before = shown()
    kept = {"customer name", "customer phone", "customer region", "tag", "customer note", "block reason", "staff note", "reference",
            "refund note", "staff reason", "buyer note", "buyer reason", "address name", "address phone", "address region", "address detail"}  # fmt: skip
    assert kept <= before
    assert master.post(f"/customers/{ids['customer']}/erase").status_code == 303
    run_jobs()
    assert shown() & kept == set()
    with reading() as db:
        person = db.get_one(Customer, ids["customer"])
        assert (person.name, person.phone, person.email, person.tags) == ("***", None, None, None)
        assert db.get_one(Order, ids["order"]).paid_total > 0
    assert master.post(f"/customers/{ids['customer']}/erase").status_code == 409
    again = sign_in(said["login name"])
    assert again.get("/addresses")["items"] == []


def test_what_the_scan_looks_for_is_found_in_every_form() -> None:
    import base64
    import json

    for text in ("王小明", "13800138000"):
        for written in (text.encode(), json.dumps(text).encode(), text.encode("utf-16"), text.encode().hex().encode(),
                        base64.b64encode(b"a" + text.encode()), base64.b64encode(b"ab" + text.encode() + b"c"),
                        base64.b64encode(b"abc" + text.encode() + b"de")):  # fmt: skip
            assert any(form in written for form in forms(text)), written
