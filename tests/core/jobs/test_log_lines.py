"""Log lines: which request they belong to, and no secrets."""

from __future__ import annotations

import json
import logging
import time

import pytest

from zhanggui.kernel.actors import Actor, acting_as
from zhanggui.kernel.errors import NotFound
from zhanggui.kernel.logs import Formatter, scrub
from zhanggui.kernel.trace import traced


def line(style, message, *args, exc_info=None):
    return Formatter(style).format(logging.LogRecord("zhanggui.test", logging.WARNING, __file__, 1, message, args, exc_info))


def test_a_line_carries_correlation_causation_and_actor():
    with traced("request-1", "job:7"), acting_as(Actor("user", id=1, name="clerk")):
        entry = json.loads(line("json", "order %s was placed", 12))
        plain = line("plain", "order %s was placed", 12)
    assert (entry["message"], entry["correlation"], entry["causation"], entry["actor"]) == ("order 12 was placed", "request-1", "job:7", "clerk")
    assert plain.endswith("WARNING zhanggui.test: order 12 was placed [request-1]")


@pytest.mark.parametrize("style", ["plain", "json"])
def test_what_somebody_typed_cannot_look_like_another_line(style):
    assert len(line(style, "name %s", "x\r\n2026-01-01 INFO zhanggui: all is well").splitlines()) == 1


def test_a_traceback_stays_whole_and_is_scrubbed():
    try:
        raise ValueError("token=abc123")
    except ValueError as error:
        text = line("plain", "it failed", exc_info=(type(error), error, error.__traceback__))
    assert "Traceback" in text
    assert "abc123" not in text


@pytest.mark.parametrize("style", ["plain", "json"])
def test_an_exception_is_told_without_the_text_that_can_name_somebody(style):
    try:
        try:
            raise ValueError(" ".join(["王小明", "13800138000"]))
        except ValueError as error:
            raise NotFound() from error  # the refusal names nobody, its cause does
    except NotFound as error:
        text = line(style, "it failed: %s", error, exc_info=(type(error), error, error.__traceback__))
    assert "王小明 13800138000" not in text
    assert all(word in text for word in ("NotFound (not_found)", "ValueError", "test_log_lines.py", "That led to"))
    assert "no such file" in line(style, "%s", FileNotFoundError("no such file"))


@pytest.mark.parametrize(
    "text",
    [
        "password=CANARY", "Authorization: Bearer CANARY", '{"access_token": "CANARY", "a": 1}', "app_secret='CANARY'", "api-key: CANARY",
        "postgresql://shop:CANARY@db/shop", "redis://:CANARY@queue:6379", "?token=CANARY&page=2", "Cookie: session=CANARY",
    ],
)  # fmt: skip
def test_secrets_are_left_out(text):
    assert "CANARY" not in scrub(text)


@pytest.mark.parametrize("text", ["a" * 50_000, "token" * 10_000, "http://" * 9_000, "://" + "a" * 50_000, "secret='" * 5_000])
def test_a_hostile_line_costs_no_time(text):
    started = time.perf_counter()
    scrub(text)
    assert time.perf_counter() - started < 0.25
