"""A customer's addresses."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

WRITTEN = {"name": "Wang Wei", "phone": "13800138000", "region": ["浙江省", "杭州市", "西湖区"], "detail": "龙井路 1 号"}


def test_it_adds_changes_and_removes_them(sign_in: Callable[..., Any]) -> None:
    shopper = sign_in()
    response = shopper.post("/addresses", WRITTEN)
    made = response.get_json()
    assert (response.status_code, {k: made[k] for k in WRITTEN}) == (201, WRITTEN)
    changed = shopper.send("PATCH", f"/addresses/{made['id']}", json={"detail": "龙井路 2 号"}).get_json()
    assert changed == {**made, "detail": "龙井路 2 号"}
    assert shopper.get("/addresses") == {"items": [changed], "next": None}
    assert shopper.send("DELETE", f"/addresses/{made['id']}").status_code == 204
    assert shopper.send("DELETE", f"/addresses/{made['id']}").status_code == 404
    assert shopper.get("/addresses")["items"] == []


def test_it_has_one_default_and_shows_it_first(sign_in: Callable[..., Any]) -> None:
    shopper = sign_in()
    first = shopper.post("/addresses", {**WRITTEN, "is_default": True}).get_json()
    second = shopper.post("/addresses", {**WRITTEN, "name": "Li Na", "is_default": True}).get_json()
    assert [(a["id"], a["is_default"]) for a in shopper.get("/addresses")["items"]] == [(second["id"], True), (first["id"], False)]
    page = shopper.get("/addresses?limit=1")
    assert [a["id"] for a in shopper.get(f"/addresses?limit=1&cursor={page['next']}")["items"]] == [first["id"]]
    assert [a["name"] for a in shopper.get("/addresses?q=li na")["items"]] == ["Li Na"]


BAD: list[tuple[str, Any]] = [
    ("name", ""), ("name", "  "), ("name", None), ("name", 5), ("name", "x" * 101), ("name", "a\0"), ("name", "\ud800"), ("phone", "abc"),
    ("phone", "12"), ("phone", ["13800138000"]), ("region", "浙江省"), ("region", []), ("region", ["a"] * 7), ("region", [1]), ("region", None),
    ("detail", ""), ("detail", {}), ("is_default", "yes"), ("is_default", 1),
]  # fmt: skip


@pytest.mark.parametrize(("name", "value"), BAD)
def test_it_names_the_field_that_cannot_be(sign_in: Callable[..., Any], name: str, value: Any) -> None:
    shopper = sign_in()
    response = shopper.post("/addresses", {**WRITTEN, name: value})
    assert (response.status_code, [key.split(".")[0] for key in response.get_json()["errors"]]) == (422, [name]), response.text
    made = shopper.post("/addresses", WRITTEN).get_json()["id"]
    assert shopper.send("PATCH", f"/addresses/{made}", json={name: value}).status_code == 422


def test_a_key_adds_one_address(sign_in: Callable[..., Any]) -> None:
    shopper = sign_in()
    answers = {shopper.post("/addresses", WRITTEN, headers={"Idempotency-Key": "a1"}).get_data() for _ in range(3)}
    assert len(answers) == len(shopper.get("/addresses")["items"]) == 1
