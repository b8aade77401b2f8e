"""Who guesses is told to wait; the user himself is not kept out by him."""

from __future__ import annotations

from datetime import timedelta
from functools import partial

import pytest
from flask_appbuilder.security.sqla.models import User
from sqlalchemy import update
from werkzeug.security import check_password_hash, generate_password_hash
from werkzeug.test import Client

from zhanggui.auth import passwords, service, signing_in, throttle
from zhanggui.auth.known import COOKIE as DEVICE
from zhanggui.auth.throttle import LIMIT, PATIENT, WINDOW, TooManyTries, sign_in_tried, throttled, told_to_wait
from zhanggui.db.uow import unit_of_work
from zhanggui.kernel import clock
from zhanggui.kernel.addresses import network
from zhanggui.testing.browsing import Visitor
from zhanggui.testing.fixtures import NOON, PASSWORD
from zhanggui.testing.racing import at_once

SQLITE = pytest.mark.parametrize("kind", ["sqlite"], indirect=True)
HERE, ELSEWHERE = None, "10.7.7.7"  # a visitor of the tests comes from no address


@pytest.fixture(autouse=True)
def cheap_hashes(monkeypatch):
    """Real hashes that cost little: dozens of guesses are made here."""
    cheap = partial(generate_password_hash, method="pbkdf2:sha256:1")
    monkeypatch.setattr(passwords, "generate_password_hash", cheap)
    monkeypatch.setattr(signing_in, "NOBODY", cheap("nobody's"))


def guesses(count, name="clerk", ip="10.0.0.{}", device=""):
    """Wrong passwords, each from an address of its own unless ``ip`` says otherwise."""
    answers = []
    for number in range(count):
        try:
            service.authenticate(name, "wrong", ip and ip.format(number), device)
        except (TooManyTries, service.WrongCredentials) as error:
            answers.append(error.status)
    return answers


def enters(ip, device="", name="clerk", password=PASSWORD):
    try:
        return bool(service.authenticate(name, password, ip, device))
    except TooManyTries:
        return False


@SQLITE
def test_a_device_that_is_known_passes_while_strangers_guess(visit, site):
    clerk = visit("clerk")
    clerk.post("/logout/")
    assert guesses(LIMIT + 2) == [401] * LIMIT + [429] * 2
    assert guesses(LIMIT + 2, name="somebody", ip=HERE) == [401] * LIMIT + [429] * 2
    assert clerk.log_in("clerk", PASSWORD).status_code == 303
    assert visit().log_in("clerk", PASSWORD).status_code == 429
    assert not enters(ELSEWHERE)


@SQLITE
def test_the_devices_cookie_is_kept_from_scripts_and_sent_to_the_sign_in_alone(visit):
    cookie = visit("clerk").client.get_cookie(DEVICE, path="/login/")
    assert cookie.http_only and cookie.same_site == "Lax" and cookie.max_age >= 86400 * 30


@SQLITE
def test_one_device_may_serve_two_users_and_opens_nothing_for_a_third(visit, site):
    clerk, _viewer, _other = visit("clerk"), visit("viewer"), visit("warehouse")
    clerk.log_in("viewer", PASSWORD)
    device = clerk.client.get_cookie(DEVICE, path="/login/").value
    for name in ("clerk", "viewer", "warehouse"):
        guesses(LIMIT + 1, name=name)
    assert [enters(ELSEWHERE, device, name) for name in ("clerk", "viewer", "warehouse")] == [True, True, False]


@SQLITE
def test_a_cookie_that_somebody_planted_is_not_the_one_that_is_remembered(visit, site):
    visit("clerk")
    visitor = Visitor(Client(site))
    visitor.client.set_cookie(DEVICE, "planted", path="/login/")
    visitor.log_in("clerk", PASSWORD)
    guesses(LIMIT + 1)
    assert not enters(ELSEWHERE, "planted")


@SQLITE
def test_a_known_device_has_a_limit_of_its_own(visit):
    device = visit("clerk").client.get_cookie(DEVICE, path="/login/").value
    assert guesses(LIMIT + 1, ip=ELSEWHERE, device=device) == [401] * LIMIT + [429]
    assert not enters(ELSEWHERE, device)


@SQLITE
def test_an_address_that_is_known_passes_until_its_own_limit(visit):
    visit("clerk")
    guesses(LIMIT + 1)
    assert enters(HERE)
    assert guesses(LIMIT + 1, ip=HERE) == [401] * LIMIT + [429]
    assert not enters(HERE)


@SQLITE
def test_a_new_password_makes_other_devices_unknown(visit):
    here, there = visit("clerk"), visit()
    there.log_in("clerk", PASSWORD)
    devices = [v.client.get_cookie(DEVICE, path="/login/").value for v in (here, there)]
    new = "kettle blossom tiger"
    assert here.post("/me/password", {"old": PASSWORD, "password": new, "again": new}).status_code == 303
    guesses(LIMIT + 1)
    assert [enters(ELSEWHERE, device, password=new) for device in devices] == [True, False]


@SQLITE
def test_upper_case_is_no_second_chance(visit):
    visit("clerk")
    assert guesses(LIMIT // 2, name="clerk") + guesses(LIMIT // 2 + 1, name="CLERK", ip="10.5.5.{}") == [401] * LIMIT + [429]


def tried(db, ip, name="clerk"):
    return not sign_in_tried(db, name, ip, device=None, known_place=False).full


def test_one_guess_a_second_keeps_nobody_out_for_a_quarter_of_an_hour(db):
    waited = None
    for second in range(0, 1200, 3):  # from two addresses, forever
        with clock.hold(NOON + timedelta(seconds=second)):
            tried(db, "10.0.0.1")
            tried(db, "10.0.0.2")
            if second > 60 and second % 60 == 0 and tried(db, ELSEWHERE):
                waited = second - 60
                break
    assert waited is not None and 60 < waited < 900


def test_a_guesser_is_counted_with_his_name_when_the_count_of_his_address_starts_anew(db):
    def tried(name, seconds):
        with clock.hold(NOON + timedelta(seconds=seconds)):
            return sign_in_tried(db, name, ELSEWHERE, device=None, known_place=True).full

    assert not tried("somebody", 0)  # the address's window begins
    last = WINDOW.seconds - 1
    assert not any(tried("clerk", last - LIMIT + n) for n in range(LIMIT - 1))
    assert [tried("clerk", last + n) for n in (1, 2)] == [False, True]


def test_many_addresses_that_wait_get_a_limited_number_of_tries(db):
    places = [f"10.3.{n // 200}.{n % 200}" for n in range(PATIENT + 40)]
    with clock.hold(NOON):
        assert sum(tried(db, ip) for ip in places) == LIMIT
    with clock.hold(NOON + WINDOW):
        assert sum(tried(db, ip) for ip in places) == LIMIT + PATIENT


def test_who_got_in_is_forgiven_his_own_mistakes_and_no_others(db):
    for n in range(LIMIT - 1):
        tried(db, f"10.0.0.{n}")
    with_mine = sign_in_tried(db, "clerk", ELSEWHERE, device=None, known_place=False)
    throttle.sign_in_succeeded(db, with_mine)
    assert [tried(db, "10.8.8.8"), tried(db, "10.8.8.9")] == [True, False]


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [("2001:db8::1", "2001:db8::ffff:1", True), ("2001:db8::1", "2001:db8:0:1::1", False), ("::ffff:10.0.0.1", "10.0.0.1", True),
     ("10.0.0.1", "10.0.0.2", False), ("", "no address", False)],
)  # fmt: skip
def test_addresses_of_one_ipv6_network_are_counted_as_one(one, other, same):
    assert (network(one) == network(other)) is same


@SQLITE
def test_known_and_unknown_names_cost_one_hash_each_and_refused_ones_none(visit, monkeypatch):
    hashed = []
    monkeypatch.setattr(signing_in, "check_password_hash", lambda *args: hashed.append(args) or check_password_hash(*args))
    visit("clerk")
    visit("viewer")
    with unit_of_work() as db:
        db.execute(update(User).where(User.username == "viewer").values(active=False))
    hashed.clear()
    counts = []
    for name in ("clerk", "viewer", "nobody-at-all"):
        before = len(hashed)
        guesses(1, name=name)
        counts.append(len(hashed) - before)
    assert counts == [1, 1, 1]
    for name in ("clerk", "nobody-at-all"):
        guesses(LIMIT, name=name, ip="10.6.6.{}")
    hashed.clear()
    assert guesses(1, name="clerk", ip="10.9.9.1") + guesses(1, name="nobody-at-all", ip="10.9.9.2") == [429, 429]
    assert hashed == []


class Wrong(Exception):
    pass


def test_of_many_guesses_at_once_of_what_can_be_guessed_ten_are_looked_at(instance):
    looked = []

    def guess(number):
        with throttled("secret:1", counts=Wrong):
            looked.append(number)
            raise Wrong

    outcomes = at_once(24, guess)
    assert len(looked) == LIMIT
    assert sum(isinstance(outcome, TooManyTries) for outcome in outcomes) == 24 - LIMIT


@SQLITE
def test_what_did_not_fail_by_guessing_is_not_counted(instance):
    for _ in range(LIMIT + 5):
        with throttled("secret:1", counts=Wrong):
            pass
        with pytest.raises(ZeroDivisionError), throttled("secret:1", counts=Wrong):
            raise ZeroDivisionError


@SQLITE
def test_a_code_that_cannot_be_guessed_passes_whatever_others_did(instance):
    answers = []
    for _ in range(LIMIT + 2):
        try:
            with told_to_wait("code:1", counts=Wrong):
                raise Wrong
        except (Wrong, TooManyTries) as error:
            answers.append(type(error))
    assert answers == [Wrong] * LIMIT + [TooManyTries] * 2
    with told_to_wait("code:1", counts=Wrong):
        pass
