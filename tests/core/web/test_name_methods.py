"""Every route names what it does: it reads, or it changes, and nobody but the core answers HEAD and OPTIONS."""

from __future__ import annotations

import pytest
from flask import Flask
from werkzeug.routing import Rule

from zhanggui.api import Operation
from zhanggui.auth.permissions import public
from zhanggui.kernel.errors import WiringError
from zhanggui.web.routes import faulty_routes


@public("only for this test")
def handler() -> str:
    return "done"


@pytest.fixture
def app() -> Flask:
    return Flask("bare", static_folder=None)


@pytest.mark.parametrize("method", ["GET", "POST", "PUT", "PATCH", "DELETE"])
def test_one_kind_of_method_is_well(app: Flask, method: str):
    app.add_url_rule("/thing", "thing", handler, methods=[method])
    assert faulty_routes(app) == []


@pytest.mark.parametrize(
    ("methods", "why"),
    [
        (["GET", "POST"], "reads and changes in one handler: give POST one of its own"),
        (["GET", "DELETE", "PATCH"], "reads and changes"),
        (["HEAD"], "has to name its methods"),
        ([], "has to name its methods"),
        (["GET", "OPTIONS"], "answers OPTIONS itself"),
        (["TRACE"], "nothing here guards"),
        (["POST", "MOVE"], "nothing here guards"),
    ],
)
def test_what_is_not_clear_is_told_with_its_route(app: Flask, methods: list[str], why: str):
    app.add_url_rule("/thing", "thing", handler, methods=methods)
    [fault] = map(str, faulty_routes(app))
    assert why in fault
    assert "/thing (thing)" in fault


def test_two_routes_to_one_handler_are_looked_at_together(app: Flask):
    app.add_url_rule("/thing", "ask", handler, methods=["GET"])
    app.add_url_rule("/thing", "act", handler, methods=["POST"])
    assert len(faulty_routes(app)) == 1


def test_a_rule_for_any_method_is_found(app: Flask):
    app.view_functions["any"] = handler
    app.url_map.add(Rule("/thing", endpoint="any"))
    assert [str(fault) for fault in faulty_routes(app)] == ["the route ANY /thing (any) has to name its methods: GET, or some of DELETE, PATCH, POST, PUT"]


@pytest.mark.parametrize("method", ["get", "HEAD", "OPTIONS", "MOVE", ""])
def test_an_operation_of_the_storefront_names_a_method_that_is_guarded(method: str):
    with pytest.raises(WiringError, match="/points"):
        Operation(method, "/points", lambda request: {}, "My points")
