"""How an order ended is what the file says in words that are known, or what the mapping says; it is never guessed."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import pytest
from sqlalchemy import select

from zhanggui.db.uow import reading
from zhanggui.importing.compare import compare
from zhanggui.importing.models import Rejection
from zhanggui.importing.runner import run_import
from zhanggui.kernel.errors import Invalid
from zhanggui_customers.models import Customer
from zhanggui_orders.models import Order

HEAD = "number,sku,quantity,placed_at,price,customer,status"
UNKNOWN = ["已退款", "refunded", "partially_refunded", "等待", "expired", "paid?", "0", "true"]
UNFINISHED = ["等待买家付款", "pending", "partially_paid", "待发货", "closing", "Unpaid"]
NO_SALE = ["voided", "failed", "交易关闭", "Canceled", "已取消"]
SALE = ["completed", "paid", "交易成功", "已完成"]


def write(path: Path, states: list[str]) -> Path:
    lines = [f"{n},TEA,1,2026-01-02,2.50,C1,{state}" for n, state in enumerate(states, 1)]
    path.write_text("\n".join([HEAD, *lines]), "utf-8")
    return path


def stored() -> dict[str, tuple[str, str, int]]:
    with reading() as db:
        return {o.number: (o.status, o.payment_status, o.paid_total) for o in db.scalars(select(Order))}


def reasons() -> dict[int, str]:
    with reading() as db:
        return {r.row: r.reason for r in db.scalars(select(Rejection))}


def test_a_word_that_is_not_known_never_makes_a_sale(instance, tmp_path: Path):
    path = write(tmp_path / "year.csv", [*UNKNOWN, *UNKNOWN[:1], *UNFINISHED, *NO_SALE, *SALE])
    report = run_import(instance, "orders", path, quiet=True)
    assert report.adds_up
    assert Counter(reasons().values()) == {"unknown_state": len(UNKNOWN) + 1, "not_finished": len(UNFINISHED)}
    assert Counter(stored().values()) == {("canceled", "unpaid", 0): len(NO_SALE), ("completed", "paid", 250): len(SALE)}
    with reading() as db:
        assert db.scalars(select(Customer.order_count)).one() == len(SALE)
    assert report.words == {("states", word): 2 if word == "已退款" else 1 for word in UNKNOWN}
    assert 'The word "已退款" is not known (rows: 2). Say in the mapping, under [states], what it means.' in report.text()
    assert {"part": "states", "word": "expired", "rows": 1} in report.as_dict()["unknown_words"]
    assert all(figure.file == figure.database for figure in compare(instance, "orders", path))


@pytest.mark.parametrize("kind", ["sqlite"], indirect=True)
def test_the_mapping_says_what_a_word_means(instance, tmp_path: Path):
    path = write(tmp_path / "year.csv", ["已退款", "发出", "paid", ""])
    (tmp_path / "map.toml").write_text('[states]\n"已退款" = "canceled"\n"发出" = "completed"\npaid = "open"\n"" = "canceled"\n', "utf-8")
    report = run_import(instance, "orders", path, tmp_path / "map.toml", quiet=True)
    assert {number: state[0] for number, state in stored().items()} == {"1": "canceled", "2": "completed", "4": "canceled"}
    assert (reasons(), report.words) == ({3: "not_finished"}, {})


@pytest.mark.parametrize("text", ['[states]\nx = "sold"\n', '[stats]\nx = "open"\n', 'states = "open"\n'])
@pytest.mark.parametrize("kind", ["sqlite"], indirect=True)
def test_a_meaning_that_there_is_not_is_refused(instance, tmp_path: Path, text: str):
    (tmp_path / "map.toml").write_text(text, "utf-8")
    with pytest.raises(Invalid, match=r"sold|stats|map\.toml"):
        run_import(instance, "orders", write(tmp_path / "year.csv", ["x"]), tmp_path / "map.toml", quiet=True)


@pytest.mark.parametrize("kind", ["sqlite"], indirect=True)
def test_an_order_of_several_rows_has_one_end(instance, tmp_path: Path):
    rows = ["1,TEA,1,2026-01-02,2.50,C1,paid", "1,CUP,1,2026-01-02,2.50,C1,", "2,TEA,1,2026-01-02,2.50,C1,paid",
            "2,CUP,1,2026-01-02,2.50,C1,voided", "3,TEA,1,2026-01-02,2.50,C1,", "4,TEA,1,2026-01-02,2.50,C1,voided"]  # fmt: skip
    path = tmp_path / "year.csv"
    path.write_text("\n".join([HEAD, *rows]), "utf-8")
    run_import(instance, "orders", path, quiet=True)
    assert {number: state[:2] for number, state in stored().items()} == {"1": ("completed", "paid"), "4": ("canceled", "unpaid")}
    assert reasons() == {3: "states_differ", 4: "states_differ", 5: "no_state"}
    assert all(figure.file == figure.database for figure in compare(instance, "orders", path))
