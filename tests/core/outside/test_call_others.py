"""Whoever outside is called: in time, within bounds, at an address that was looked at, and never inside a transaction."""

from __future__ import annotations

import logging
import socket
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from zhanggui.api import outside, reading, unit_of_work
from zhanggui.config import Config, settings
from zhanggui.kernel.actors import SYSTEM
from zhanggui.kernel.errors import ConfigError, NotFound, ProviderError
from zhanggui.outside.rules import is_public, read_url
from zhanggui.runtime import Runtime, activated
from zhanggui.testing.fixtures import NOON
from zhanggui.testing.instances import configured

sys.path.insert(0, str(Path(__file__).parent))

from far import FarEnd, certificate  # noqa: E402 - found by the line above

PRIVATE = [
    "127.0.0.1", "127.1.2.3", "0.0.0.0", "10.0.0.1", "172.16.0.1", "192.168.1.1", "169.254.169.254", "100.100.100.200", "100.64.0.1", "224.0.0.1",
    "255.255.255.255", "240.0.0.1", "192.0.0.192", "198.18.0.1", "::", "::1", "fe80::1%eth0", "fc00::1", "fd00:ec2::254", "fec0::1", "ff02::1",
    "::ffff:127.0.0.1", "::ffff:10.0.0.1", "::127.0.0.1", "64:ff9b::7f00:1", "64:ff9b:1::1", "2002:7f00:1::", "2001::1", "2001:db8::1",
]  # fmt: skip
NO_URLS = [
    "", "nonsense", "ftp://a.example/", "file:///etc/passwd", "gopher://a.example/", "https:///path", "https://user:key@a.example/", "https://a.example:x/",
    "https://[::1", "https://a.example/a b", "https://a.example/\r\nX: y", "https://a.example/é", "//a.example/", "data:text/plain,x",
]  # fmt: skip


@pytest.fixture
def far() -> Iterator[FarEnd]:
    end = FarEnd()
    yield end
    end.close()


def shop(folder: Path, *allowed: str) -> Runtime:
    return Runtime(configured(folder, f"sqlite:///{folder}/db.sqlite3", OUTSIDE__ALLOWED=",".join(allowed)))


@pytest.fixture
def here(tmp_path: Path) -> Iterator[None]:
    with activated(shop(tmp_path, "127.0.0.1")):
        yield


@pytest.fixture
def names(monkeypatch: pytest.MonkeyPatch):
    """``names({"a.example": ["1.2.3.4"]})``: what names mean, and a list of who was looked up."""
    asked: list[str] = []
    really = socket.getaddrinfo

    def say(meanings: dict[str, list[str]]) -> list[str]:
        def look_up(host: str, port: int, *args: int, **kwargs: int):
            if host not in meanings:
                return really(host, port, *args, **kwargs)
            asked.append(host)
            return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (address, port)) for address in meanings[host]]

        monkeypatch.setattr(socket, "getaddrinfo", look_up)
        return asked

    return say


def test_an_answer_comes_back_and_a_connection_is_used_again(here, far):
    answers = [outside.post(far.url("/pay?id=1"), json={"name": "茶"}, headers={"X-Key": "k"}, body=b"") for _ in range(3)]
    assert {(a.status, a.json()["paid"], a.headers["content-type"]) for a in answers} == {(200, "yes", "application/json")}
    assert far.connections == 1
    head, _, body = far.heard[0].partition(b"\r\n\r\n")
    assert head.startswith(b"POST /pay?id=1 HTTP/1.1") and b"X-Key: k" in head and b"Accept-Encoding: identity" in head
    assert body.decode() == '{"name":"茶"}'


@pytest.mark.parametrize(
    ("path", "retry", "sentence"),
    [("/drip", True, "127.0.0.1 did not answer within 0.5 seconds."), ("/hang", True, "127.0.0.1 did not answer within 0.5 seconds."),
     ("/cut", True, "127.0.0.1 broke off before its answer was complete."), ("/endless", False, "127.0.0.1 gave a longer answer than is read.")],
)  # fmt: skip
def test_a_call_ends_in_time_and_within_bounds(here, far, path, retry, sentence):
    began = time.monotonic()
    with pytest.raises(ProviderError) as trouble:
        outside.get(far.url(path), seconds=0.5, at_most=100_000)
    assert (str(trouble.value), trouble.value.retry, trouble.value.sent) == (sentence, retry, True)
    assert time.monotonic() - began < 1.5


def test_what_never_left_us_is_told_from_what_may_have_arrived(here, far):
    far.close()
    with socket.create_server(("127.0.0.1", 0)) as closed:
        port = closed.getsockname()[1]
    with pytest.raises(ProviderError, match=r"127.0.0.1 cannot be reached\.") as trouble:
        outside.get(f"http://127.0.0.1:{port}/")
    assert (trouble.value.retry, trouble.value.sent) == (True, False)


def test_a_refusal_is_an_answer_and_a_redirect_is_not_followed(here, far):
    moved, busy, missing = (outside.get(far.url(path)) for path in ("/moved", "/busy", "/missing"))
    assert (moved.status, moved.headers["LOCATION"], len(far.heard)) == (302, "http://169.254.169.254/latest", 3)
    for answer, retry in ((moved, False), (busy, True), (missing, False)):
        with pytest.raises(ProviderError, match=f"127.0.0.1 refused: status {answer.status}") as trouble:
            answer.expected()
        assert trouble.value.retry is retry
    with pytest.raises(ProviderError, match="an answer that cannot be read"):
        missing.json()


@pytest.mark.parametrize("address", PRIVATE)
def test_what_is_not_public_is_not_called(address):
    assert not is_public(address)


def test_public_addresses_are_public():
    assert all(is_public(address) for address in ("8.8.8.8", "93.184.216.34", "2606:4700:4700::1111", "::ffff:8.8.8.8"))


@pytest.mark.parametrize("url", NO_URLS)
def test_what_is_no_address_is_not_repeated_in_the_sentence(url):
    with pytest.raises(ProviderError, match="This is no address that can be called") as trouble:
        read_url(url)
    assert not url or url not in str(trouble.value)


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost", "2130706433", "127.1", "0x7f.1", "[::1]", "[::ffff:127.0.0.1]"])
def test_this_machine_has_many_names_and_answers_to_none(tmp_path, far, host):
    with activated(shop(tmp_path)):
        for url in (f"https://{host}/", f"http://{host}:{far.port}/"):
            with pytest.raises(ProviderError) as trouble:
                outside.get(url)
            assert trouble.value.sent is False and "may not be called" in str(trouble.value)
    assert far.connections == 0


def test_every_address_of_a_name_is_looked_at_once(here, far, names):
    asked = names({"two.example": ["93.184.216.34", "10.0.0.1"], "ours.example": ["127.0.0.1"], "public.example": ["93.184.216.34"]})
    with pytest.raises(ProviderError, match="two.example may not be called"):
        outside.get("https://two.example/")
    with pytest.raises(ProviderError, match="public.example may not be called"):  # not by http, and not at another port
        outside.get("http://public.example/")
    assert outside.get(far.url("/", "ours.example")).status == 200
    assert asked == ["two.example", "public.example", "ours.example"]
    assert b"Host: ours.example" in far.heard[0]


def test_a_certificate_is_asked_for_by_name(tmp_path, monkeypatch):
    trust, public = certificate(tmp_path, "localhost")
    far = FarEnd(trust)
    with activated(shop(tmp_path, "localhost", "127.0.0.1")), pytest.raises(ProviderError, match="certificate of localhost is not valid"):
        outside.get(far.url("/", "localhost", "https"))
    monkeypatch.setenv("SSL_CERT_FILE", str(public))
    with activated(shop(tmp_path, "localhost", "127.0.0.1")):
        assert outside.get(far.url("/", "localhost", "https")).status == 200
        with pytest.raises(ProviderError, match=r"certificate of 127.0.0.1 is not valid"):
            outside.get(far.url("/", "127.0.0.1", "https"))
    far.close()


def test_nobody_is_called_inside_a_transaction(instance, far):
    def send():
        return outside.get(far.url("/"))

    with unit_of_work(), pytest.raises(outside.CalledInTransaction, match="claim, commit, call"):
        send()
    with pytest.raises(ProviderError, match="may not be called"):  # the guard has gone with the transaction
        send()
    with reading(), pytest.raises(ProviderError):
        send()
    assert far.connections == 0


def test_no_secret_reaches_the_log(here, far, caplog):
    with caplog.at_level(logging.DEBUG, "zhanggui"):
        outside.post(far.url("/hook/s3cret?key=s3cret"), headers={"Authorization": "s3cret"}, body=b"s3cret")
        with pytest.raises(ValueError, match="cannot be sent"):
            outside.get(far.url("/"), headers={"X-Key": "s3cret\n"})
    assert "POST 127.0.0.1: 200 after" in caplog.text
    assert "s3cret" not in caplog.text and "s3cret" not in repr(outside.get(far.url("/s3cret")))


@pytest.mark.parametrize("kind", ["sqlite"], indirect=True)
def test_who_may_be_called_stands_in_files_alone(instance):
    with unit_of_work() as db, pytest.raises(NotFound):
        settings.set(db, "outside.allowed", ["127.0.0.1"], actor=SYSTEM, now=NOON)


@pytest.mark.parametrize("entry", ["http://a.example", "10.0.0.0/33", "*", "a b"])
def test_an_entry_that_names_nobody_stops_the_start(tmp_path, entry):
    with pytest.raises(ConfigError, match=r"outside\.allowed"):
        shop(tmp_path, entry)
    assert isinstance(shop(tmp_path, "10.0.0.0/8", "::1", "printer.local", "printer").config, Config)
