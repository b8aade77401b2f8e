"""No method, header or body makes a server error, anywhere: by hand what people try, by machine what nobody thinks of."""

from __future__ import annotations

import io
import json
import random
import re
from collections import Counter
from collections.abc import Callable, Iterator
from typing import Any

import pytest
import schemathesis
from flask import Flask, request
from furnish import API, Furnished
from schemathesis.config import SchemathesisConfig
from schemathesis.engine import Status, events, from_schema
from werkzeug.test import Client, EnvironBuilder

from zhanggui.host import current_host
from zhanggui.web.gateway import gateway

SEED = 20261126
METHODS = ("GET", "POST", "PUT", "PATCH", "DELETE", "TRACE", "CONNECT", "PROPFIND", "QUERY", "BREW", "get", "gEt", "", "GET /", "G\u00cbT", "A" * 300)
HEADERS: list[dict[str, str]] = [
    {"Content-Length": "-1"}, {"Content-Length": "abc"}, {"Content-Length": "9" * 30}, {"Content-Length": ""}, {"Content-Length": "1e3"},
    {"Transfer-Encoding": "chunked"}, {"Transfer-Encoding": "nonsense"}, {"Expect": "100-continue"}, {"Expect": "nonsense"},
    {"X-Odd": "a" * 70_000}, {"X-Odd": "\xff\xfe\x80"}, {"User-Agent": "\xc3\x28" * 300}, {"User-Agent": ""},
    *({"Authorization": value} for value in (
        "", "Bearer", "Bearer ", "Bearer a b", "Bearer a.b.c", "Bearer eyJhbGciOiJub25lIn0.e30.", "Bearer eyJhbGciOiJub25lIn0.W10.x", "bearer \xff",
        "Basic", "Basic !!!", "Basic dXNlcg==", "Basic /w==", "Digest", 'Digest username="', "Negotiate x", ",", "=", "Bearer " + "a" * 20_000)),
    *({"Accept-Language": value} for value in ("", ",", ";q", "*;q=9", "zh;q=nan", "en;q=1e400", "-", "\xff", "zh-" * 2000, "en;q=-1, ;;;")),
    *({"Accept": value} for value in ("", "*", "/", "text/html;q=x", "application/json;q=-1", "\xff/\xff", "text/" * 500)),
    *({"Range": value} for value in ("bytes=", "bytes=5-1", "bytes=-0", "bytes=a-b", "bytes=0-0,1-1,2-2", "bytes=99999999999999999999-", "x=0-1")),
    *({"If-None-Match": value} for value in ("", '"', "W/", "*", "\xff")), {"If-Modified-Since": "yesterday"}, {"If-Range": "\xff"},
    {"If-Modified-Since": "Thu, 01 Jan 99999 00:00:00 GMT"},
    *({"Cookie": value} for value in (
        "zg_session", "zg_session=", "zg_session=s.", "zg_session=s.\xff", "zg_session=v.x.y.z", "zg_session=x.y", "zg_flash=x", "=", ";;;=;",
        "zg_session=v." + "a" * 9000, 'zg_session="s.\\303"', "remember_token=1|x", "zg_session=s.a; zg_flash=.")),
    *({"Host": value} for value in ("", "elsewhere.example", "localhost:99999", "[::1", "local host", "\xff", "localhost:x")),
    {"Referer": "\xff"}, {"Referer": "http://[::1"}, {"Origin": "null"}, {"HX-Request": "\xff"}, {"X-Requested-With": "\xff"},
    {"X-Forwarded-For": "a,,b"}, {"X-Forwarded-Host": "\xff"}, {"X-HTTP-Method-Override": "DELETE"}, {"Idempotency-Key": ""},
    {"Idempotency-Key": "\xff\x01"}, {"Idempotency-Key": "k" * 5000}, {"X-CSRFToken": "\xff"}, {"Content-Encoding": "gzip"},
]  # fmt: skip
VALUES: list[Any] = [
    None, True, False, 0, -1, 2**31, 2**63, 2**64, -(2**63) - 1, 10**30, 1.5, 1e308, -0.0, "", " ", "0", "a" * 5000, "\ud800", "\x00", "a\x00b",
    "\u202e", "١٢", "１２", "１", "1e5", "1_000", "+1", "--1", "0x10", "NaN", "inf", "１.５", "2026-02-30", "0000-00-00", "99999-01-01", "2026-01-01T25:00",
    "%s%n", "' OR 1=1 --", "../../etc/passwd", "<script>", "{{7*7}}", [], {}, [[]], [None], [{}], ["a", "a"], [1] * 50, {"": ""}, {"a": {"b": {}}},
    {"amount": 1}, {"amount": "x", "currency": "CNY"}, {"amount": 10**20, "currency": "CNY"}, {"amount": 1, "currency": "XXX"}, {"zh_CN": None},
    {"zh_CN": "\x00"}, {"xx": "y"}, [{"quantity": 10**20}], [{"variant_id": None}], [{"variant_id": "x", "quantity": 1.5}],
]  # fmt: skip
RAW: list[bytes] = [
    b"", b" ", b"\x00", b"\xff\xfe", b"nonsense", b"{", b"[", b"null", b"true", b"0", b'"x"', b"[]", b"{}", b"[{}]", b'{"a":1,"a":2}', b'{"a":NaN}',
    b'{"a":Infinity}', b'{"a":' + b"9" * 5000 + b"}", b'{"a":1e99999}', b'{"a":"\\ud800"}', b'{"a":"\\u0000"}', b'{"a":"' + b"x" * 100_000 + b'"}',
    b"[" * 100_000, b'{"a":' * 20_000 + b"1" + b"}" * 20_000, "{\u201ca\u201d:1}".encode(), b"\xef\xbb\xbf{}", '{"a":1}'.encode("utf-16"),
]  # fmt: skip
KINDS = (
    "application/json", "application/json; charset=utf-16", "application/json; charset=nonsense", "text/plain", "", "x", "application/x-www-form-urlencoded",
    "multipart/form-data", "multipart/form-data; boundary=", "multipart/form-data; boundary=x", "multipart/form-data; boundary=\xff", "text/html; charset=\xff",
)  # fmt: skip


def send(shop: Furnished, who: str, path: str, method: str, *, headers: dict[str, str] | None = None, body: bytes = b"", kind: str = "") -> int:
    """One request, written as no client would let us write it; answers the status."""
    builder = EnvironBuilder(path=path, method="GET", headers={"Accept-Language": "en", **shop.headers.get(who, {})})
    environ = builder.get_environ()
    cookie = "; ".join(f"{c.key}={c.value}" for c in shop.askers[who]._cookies.values())
    if cookie:
        environ["HTTP_COOKIE"] = cookie
    environ |= {"REQUEST_METHOD": method, "wsgi.input": io.BytesIO(body), "CONTENT_TYPE": kind, "CONTENT_LENGTH": str(len(body))}
    for name, value in (headers or {}).items():
        plain = name.upper().replace("-", "_")
        environ[plain if plain in ("CONTENT_LENGTH", "CONTENT_TYPE") else f"HTTP_{plain}"] = value
    seen: list[int] = []
    answer = shop.site(environ, lambda status, headers, error=None: seen.append(int(status.split()[0])))  # type: ignore[arg-type]
    try:
        for _part in answer:
            pass
    finally:
        getattr(answer, "close", lambda: None)()
    return seen[-1]


def worst(answers: Iterator[tuple[str, int]]) -> tuple[dict[str, int], Counter[int]]:
    """What must not be, by what was sent; and how often each status was answered."""
    wrong, counted = {}, Counter()
    for what, status in answers:
        counted[status] += 1
        if status >= 500:
            wrong[what[:200]] = status
    return wrong, counted


def picked(dice: random.Random, things: Any, count: int) -> list[Any]:
    """Some of these, all of them when asked for so many."""
    return list(things) if count >= len(things) else dice.sample(list(things), count)


@pytest.mark.proof
@pytest.mark.parametrize("who", ["token", "anonymous"])
def test_any_method(shop: Furnished, size: Any, who: str) -> None:
    dice = random.Random(SEED)
    tried = ((f"{method!r} {path}", send(shop, who, path, method)) for path in shop.addresses for method in picked(dice, METHODS, size(2, 99)))
    wrong, counted = worst(tried)
    assert wrong == {}
    assert counted[405] > 50


@pytest.mark.proof
@pytest.mark.parametrize("who", ["owner", "token"])
def test_any_header(shop: Furnished, size: Any, who: str) -> None:
    dice = random.Random(SEED)
    paths = list(shop.addresses)

    def tried() -> Iterator[tuple[str, int]]:
        for headers in HEADERS:
            for path in picked(dice, paths, size(2, 40)):
                for method in ("GET", "POST"):
                    yield f"{method} {path} {headers}", send(shop, who, path, method, headers=headers)

    wrong, counted = worst(tried())
    assert wrong == {}
    assert counted[200] > 10


@pytest.mark.proof
def test_any_body(shop: Furnished, size: Any) -> None:
    dice = random.Random(SEED)
    # But what would sign the asker out, or take the routes away that are asked next.
    changing = [
        (path, method) for path, rule in shop.addresses.items() for method in rule.methods & {"POST", "PUT", "PATCH", "DELETE"}
        if not path.endswith(("/revoke", "/system/plugins/storefront/disable", "/system/plugins/products/disable", "/system/plugins/wechat/disable"))
    ]  # fmt: skip
    assert len(changing) > 50

    def tried() -> Iterator[tuple[str, int]]:
        for path, method in changing:
            # Neither the way in nor the way out: what is asked next would be asked by nobody.
            if path in ("/logout/", f"{API}/session", "/api/v1/security/login", "/api/v1/security/refresh"):
                who = "anonymous"
            else:
                who = "customer" if path.startswith(API) else "token" if path.startswith("/api/") else "owner"
            for body in picked(dice, RAW, size(2, 99)):
                kind = dice.choice(KINDS)
                yield f"{method} {path} {kind} {body[:60]!r}", send(shop, who, path, method, body=body, kind=kind)

    wrong, counted = worst(tried())
    assert wrong == {}
    assert counted[400] + counted[415] > 20


def _fields(path: str, rule: Any, app: Flask) -> list[str]:
    """What the body at a route can name."""
    if path.startswith("/api/v1/core/files/"):
        return ["file"]
    if path.startswith("/api/v1/webhooks/secrets/"):
        return ["body"]  # of which nothing is read
    if path.startswith(API):
        return ["code", "lines", "address_id", "note", "reason", "name", "phone", "region", "detail", "is_default"]
    screen = current_host().screens[app.view_functions[rule.endpoint].__self__.class_permission_name]  # type: ignore[attr-defined]
    action = next((a for a in screen.actions if path.endswith(f"/{a.name}")), None)
    declared = action.fields if action else gateway.writable(screen, _owner())
    return [f.name for f in declared] + ["row_version"]


def _owner() -> Any:
    from furnish import WHO

    return WHO


@pytest.mark.proof
def test_any_value_in_any_field(shop: Furnished, size: Any) -> None:
    dice, counted = random.Random(SEED), Counter()
    taking = [
        (path, rule) for path, rule in shop.addresses.items()
        if rule.methods & {"POST", "PATCH"} and path.startswith(("/api/v1/", API)) and "/security/" not in path
    ]  # fmt: skip
    assert len(taking) > 25

    def tried() -> Iterator[tuple[str, int]]:
        for path, rule in taking:
            names = _fields(path, rule, shop.app)
            [method] = rule.methods & {"POST", "PATCH"}
            for name in names:
                for value in picked(dice, VALUES, size(2, 99)):
                    body = {name: value} | {other: dice.choice(VALUES) for other in names if dice.random() < 0.2}
                    who = "customer" if path.startswith(API) else "token"
                    yield f"{method} {path} {body}", send(shop, who, path, method, body=json.dumps(body).encode(), kind="application/json")

    wrong, counted = worst(tried())
    assert wrong == {}
    assert counted[422] > 50


# -- by machine ------------------------------------------------------------------------------------

CHECKS = (
    "not_a_server_error", "status_code_conformance", "content_type_conformance", "response_headers_conformance", "response_schema_conformance",
    "negative_data_rejection", "positive_data_acceptance", "missing_required_header", "unsupported_method", "use_after_free",
    "ensure_resource_availability",
)  # fmt: skip
# Left off: `ignored_auth`. It asks a WSGI application with an argument that Werkzeug does not know, and finds nothing; each
# operation is asked without its token by test_what_asks_for_a_token instead.
#
# No text holds a NUL (`allow-x00`): it is refused wherever it stands, and no schema says it of each text; test_any_value_in_any_field sends it.
#
# What is well formed can be refused all the same: the database knows what is taken, another field what is asked for now (422);
# the order has moved on (409). But never as something that makes no sense (400), and never where one only asks.
ACCEPTED = ("2xx", "3xx", "401", "403", "404", "409", "422", "429")


# Which figures go with which dimensions, and what is a period: no schema says it.
QUESTIONS = {"/api/v1/analytics/query/": {"metrics", "by", "period", "order"}}


@schemathesis.check
def made_up_cursors_alone_are_refused(_context: Any, response: Any, case: Any) -> None:
    """No schema can say which cursors were given out. Whatever else is well formed in a question is answered."""
    positive = case.meta is not None and case.meta.generation.mode.is_positive
    if case.method.upper() == "GET" and positive and response.status_code in (400, 422):
        refused = set(response.json().get("errors", {}))
        assert refused == {"cursor"} or (refused and refused <= QUESTIONS.get(case.path, set())), response.text


def explore(path: str, app: Any, headers: dict[str, str], *, examples: int, operations: int, steps: int = 0) -> tuple[list[str], Counter[str]]:
    """Let Schemathesis try what a document describes, and where its links lead; answers what it found, and how often each status was answered.

    ``examples`` are so many of each operation, and so many chains of at most ``steps`` operations.
    """
    config = SchemathesisConfig.from_dict({
        "seed": SEED, "headers": headers, "workers": 1, "continue-on-failure": True, "suppress-health-check": ["all"],
        "generation": {"mode": "all", "max-examples": examples, "deterministic": True, "no-shrink": True, "allow-x00": False},
        "phases": {"stateful": {"enabled": steps > 0, "max-steps": max(steps, 2)}},
        "checks": {
            "enabled": False, **{name: {"enabled": True} for name in CHECKS},
            "positive_data_acceptance": {"enabled": True, "expected-statuses": list(ACCEPTED)},
            "made_up_cursors_alone_are_refused": {"enabled": True},
        },
        "operations": [{"include-method": "GET", "checks": {"positive_data_acceptance": {"expected-statuses": ["400", *ACCEPTED]}}}],
    })  # fmt: skip
    # Signing out is left out: what is asked next would be asked by nobody.
    schema = schemathesis.openapi.from_wsgi(path, app, config=config, headers=headers).exclude(method="DELETE", path="/session")
    labels = [operation.ok().label for operation in schema.get_all_operations()]
    # Beside some of all, one list whose answers lead to its rows and back.
    chosen = set(picked(random.Random(SEED), labels, operations)) | {label for label in labels if "/categories/" in label or "/addresses" in label}
    schema = schema.include(lambda context: context.operation.label in chosen)
    found, counted = [], Counter[str]()
    for event in from_schema(schema).execute():
        if isinstance(event, events.FatalError):
            raise event.exception
        if isinstance(event, events.NonFatalError):
            found.append(f"{event.label}: not_a_server_error: {event.value!r}")
        if isinstance(event, events.ScenarioFinished):
            counted[event.phase.name] += 1
            for key, interaction in event.recorder.interactions.items():
                if interaction.response is not None:
                    counted[str(interaction.response.status_code)] += 1
                for check in event.recorder.checks.get(key, ()):
                    counted["checks"] += 1
                    if check.status == Status.FAILURE:
                        found.append(f"{interaction.request.method} {interaction.request.uri}: {check.name}: {_told(check, interaction)}")
    return found, counted


def _told(check: Any, interaction: Any) -> str:
    failure, answer = check.failure_info.failure if check.failure_info else "", interaction.response
    return f"{getattr(failure, 'message', failure)}\n  {interaction.request.body!r:.300}\n  {answer.status_code if answer else ''} {answer.content[:300] if answer else ''!r}"


@pytest.mark.proof
@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize(("path", "who"), [("/api/v1/_openapi", "token"), (f"{API}/openapi.json", "customer")], ids=["admin", "storefront"])
def test_what_the_documents_describe(shop: Furnished, size: Any, keep_figures: Callable[..., None], path: str, who: str) -> None:
    plain = {"Accept-Encoding": "identity", "Accept-Language": "en", **shop.headers[who]}
    found, counted = explore(path, shop.site, plain, examples=size(1, 60), operations=size(2, 999), steps=size(3, 8))
    assert not found, "\n".join(found)
    answers = Counter({name: number for name, number in counted.items() if name.isdigit()})
    # A token that is not good would be answered 401 everywhere and find nothing.
    assert answers["200"] > 10
    assert answers["401"] < answers.total() / 3
    assert counted["STATEFUL_TESTING"] > 0
    keep_figures(f"schemathesis_{who}", dict(sorted(counted.items())))


@pytest.mark.parametrize(("path", "who"), [("/api/v1/_openapi", "token"), (f"{API}/openapi.json", "customer")], ids=["admin", "storefront"])
def test_what_asks_for_a_token(shop: Furnished, path: str, who: str) -> None:
    document = shop.ask(who, path).get_json()
    root = API if who == "customer" else ""
    closed = [
        (method, root + re.sub(r"{\w+}", "1", place)) for place, methods in document["paths"].items() for method, told in methods.items()
        if told.get("security") and {} not in told["security"] and "refresh" not in place
    ]  # fmt: skip
    assert len(closed) > 10
    nobody = Client(shop.site)
    for method, place in closed:
        for headers in ({}, {"Authorization": "Bearer x.y.z"}):
            answer = nobody.open(place, method=method.upper(), headers=headers, json={})
            assert answer.status_code == 401, (method, place, answer.text)
            assert answer.mimetype == "application/problem+json"


@pytest.mark.filterwarnings("ignore")
def test_an_operation_that_fails_would_be_found() -> None:
    app = Flask("planted", static_folder=None)
    app.add_url_rule("/openapi.json", "document", lambda: {
        "openapi": "3.0.2", "info": {"title": "Planted", "version": "1"},
        "paths": {"/half/{number}": {"get": {
            "parameters": [{"in": "path", "name": "number", "required": True, "schema": {"type": "integer"}}],
            "responses": {"200": {"description": "Half of it"}},
        }}},
    })  # fmt: skip
    app.add_url_rule("/half/<number>", "half", lambda number: {"half": 100 // int(number)})
    found, _counted = explore("/openapi.json", app, {}, examples=3, operations=1)
    assert any("not_a_server_error" in line for line in found)


@pytest.mark.filterwarnings("ignore")
def test_an_answer_that_the_document_does_not_promise_would_be_found() -> None:
    app = Flask("planted", static_folder=None)
    named = {"type": "object", "required": ["name"], "properties": {"name": {"type": "string", "maxLength": 5}}}
    app.add_url_rule("/openapi.json", "document", lambda: {
        "openapi": "3.0.2", "info": {"title": "Planted", "version": "1"},
        "paths": {"/names": {"post": {
            "requestBody": {"required": True, "content": {"application/json": {"schema": named}}},
            "responses": {"201": {"description": "Made", "content": {"application/json": {"schema": named}}}},
        }}},
    })  # fmt: skip

    def take() -> Any:
        given = request.get_json(silent=True)
        return ({"nome": given}, 201) if isinstance(given, dict) else ("no", 418)

    app.add_url_rule("/names", "names", take, methods=["POST"])
    found, _counted = explore("/openapi.json", app, {}, examples=3, operations=1)
    for check in ("status_code_conformance", "response_schema_conformance", "negative_data_rejection"):
        assert any(check in line for line in found), check
