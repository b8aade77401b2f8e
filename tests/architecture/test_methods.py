"""No handler asks which method called it: a form and a deed are two handlers, each under its own method."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).parents[2]
# Who looks at the method without deciding what is done, and what for.
ALLOWED = {
    "core/zhanggui/app.py:who": "answers OPTIONS in place of every handler",
    "core/zhanggui/app.py:_serve": "puts up the wall while a request only asks",
    "core/zhanggui/web/bridge.py:environ_of": "writes it down for the callable",
    "core/zhanggui/web/bridge.py:_run": "an answer to HEAD says the length of its GET, not of its own empty body",
    "core/zhanggui/web/bridge.py:make": "names the request in the log",
    "core/zhanggui/auth/permissions.py:_to_login": "a form that a stranger sent is refused, a page leads to the log-in",
    "core/zhanggui/auth/permissions.py:guarded": "a cookie needs a CSRF token for whatever is not safe",
    "core/zhanggui/auth/idempotency.py:_print": "is part of the fingerprint of a request",
    "core/zhanggui/web/errors.py:refused": "a refused button leads back to its page; nothing is done any more",
    "core/zhanggui/web/errors.py:_ask_who": "leads back to the page that was asked for, or to the one on which the button stood",
    "core/zhanggui/web/errors.py:broken": "names the request in the log",
}


def asks(tree: ast.AST) -> Iterator[str]:
    """Names of the functions that read the method of the request, the innermost each."""
    requests = {"request"} | {
        alias.asname or alias.name
        for node in ast.walk(tree)
        if isinstance(node, ast.ImportFrom) and node.module and node.module.split(".")[0] in ("flask", "werkzeug")
        for alias in node.names
        if alias.name == "request"
    }

    def reads(node: ast.AST) -> bool:
        if isinstance(node, ast.Constant):
            return node.value == "REQUEST_METHOD"
        if isinstance(node, ast.Call) and len(node.args) > 1 and ast.unparse(node.func) == "getattr":
            return isinstance(node.args[1], ast.Constant) and node.args[1].value == "method"
        if not isinstance(node, ast.Attribute) or node.attr != "method":
            return False
        owner = node.value
        return (isinstance(owner, ast.Name) and owner.id in requests) or (isinstance(owner, ast.Attribute) and owner.attr == "request")

    def walk(node: ast.AST, inside: str) -> Iterator[str]:
        for child in ast.iter_child_nodes(node):
            named = isinstance(child, ast.FunctionDef | ast.AsyncFunctionDef)
            if reads(child):
                yield inside
            yield from walk(child, child.name if named else inside)

    yield from walk(tree, "")


def found() -> set[str]:
    return {
        f"{path.relative_to(ROOT)}:{name}"
        for folder in ("core", "plugins", "themes")
        for path in sorted((ROOT / folder).rglob("*.py"))
        if "node_modules" not in path.parts
        for name in asks(ast.parse(path.read_text(encoding="utf-8")))
    }


def test_only_those_look_at_the_method_that_say_why():
    assert found() == set(ALLOWED)


def test_no_template_looks_at_the_method():
    templates = [p for folder in ("core", "plugins", "themes") for p in (ROOT / folder).rglob("templates/**/*.html")]
    assert len(templates) > 10
    assert [p for p in templates if "request.method" in p.read_text(encoding="utf-8")] == []


def test_a_handler_that_asks_would_be_found():
    source = """
from flask import request as http
import flask
def form(self):
    return 1 if http.method == "POST" else 2
class A:
    def save(self):
        if flask.request.method in ("POST",):
            pass
    def other(self):
        return request.environ["REQUEST_METHOD"], getattr(request, "method")
    def fine(self, operation):
        return operation.method
"""
    assert list(asks(ast.parse(source))) == ["form", "save", "other", "other"]
