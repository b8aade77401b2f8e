"""Passwords are compared with lists of what others chose and of what is made by a rule."""

from __future__ import annotations

import ast

import pytest

from zhanggui.auth import service
from zhanggui.auth.passwords import check_password
from zhanggui.cli.demo import LOGINS
from zhanggui.config import settings
from zhanggui.kernel.errors import Invalid
from zhanggui.testing.fixtures import NOON, PASSWORD

pytestmark = pytest.mark.parametrize("kind", ["sqlite"], indirect=True)
GUESSED = [
    "short", "1234567890", "aaaaaaaaaaaa", "Password123", "password1234", "P@ssw0rd2024", "qwertyuiop12", "1q2w3e4r5t6y", "iloveyou1234",
    "woaini1314", "woaini520520", "5201314520", "wang19880808", "aa123456789", "administrator1", "abcdefghijkl", "sunshine2024", "trustno1trustno1",
    "longname-x", "Longname-X1", "longnamelongname", "zhanggui123", "x" * 201, "has a \x00 in it", "password" * 9 + "password",
]  # fmt: skip
GOOD = [PASSWORD, *LOGINS.values(), "kettle blossom tiger", "另一把青花壶配龙井九十九", "mR7#kq2Lw9", "tiger blossom 9 kettle " * 5]


def taken(passwords):
    found = []
    for password in passwords:
        try:
            check_password(password, "longname-x")
            found.append(password)
        except Invalid:
            continue
    return found


def test_passwords_that_would_be_guessed_are_refused(instance):
    assert taken(GUESSED) == []
    with pytest.raises(Invalid) as refused:
        check_password("password1234")
    assert list(refused.value.errors) == ["password"]


def test_one_that_would_not_is_taken(instance):
    assert taken(GOOD) == GOOD


def test_names_that_outsiders_know_are_tried_first(db, owner):
    check_password("mountain-tea-house", "clerk")
    settings.set(db, "instance.name", "mountain-tea-house", actor=owner, now=NOON)
    db.commit()
    with pytest.raises(Invalid):
        check_password("mountain-tea-house", "clerk")


def test_every_door_asks(db, owner, instance):
    user = service.create_user(db, username="friend", password=PASSWORD, actor=owner, now=NOON)
    with pytest.raises(Invalid):
        service.create_user(db, username="other", password="password1234", actor=owner, now=NOON)
    with pytest.raises(Invalid):
        service.set_password(db, id=user, password="password1234", actor=owner, now=NOON)
    with pytest.raises(Invalid):
        service.change_own_password(db, old=PASSWORD, new="password1234", session_row=None, actor=owner, now=NOON)


def test_the_lists_are_read_when_they_are_asked_and_not_at_the_start(kind, repository):
    for path in (repository / "core" / "zhanggui").rglob("*.py"):
        at_the_start = [node for node in ast.parse(path.read_text(encoding="utf-8")).body if isinstance(node, ast.Import | ast.ImportFrom)]
        assert not [n for n in at_the_start if "zxcvbn" in ast.unparse(n) or "confusable_homoglyphs" in ast.unparse(n)], path
