"""A text is found however it is written, by the same function that stored it."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import literal, select

from zhanggui.db import words
from zhanggui.db.uow import reading


@pytest.mark.parametrize(
    ("text", "question", "there"),
    [
        ("Green Tea", "tea green", True), ("Green Tea", "tea black", False), ("Café Latte", "ｃａｆｅ", True), ("CAFE\u0301", "Café", True),
        ("Straße", "STRASSE", True), ("berries", "berry", True), ("berry", "Berries", True), ("Chocolate bar", "choco", True),
        ("龙井绿茶 250克", "绿茶 龙井", True), ("龙井绿茶", "龙井红茶", False), ("龙井绿茶", "茶", True), ("龙井茶cup", "cup龙井", True),
        ("TEA-250", "tea-250", True), ("TEA-250", "tea-251", False), ("100% Arabica", "100%", True), ("100 Arabica", "100 %", False),
        ("Tea, black", "tea,", True), ("anything", "", True), ("がま口", "がま", True), ("6901234567892", "1234567", True),
    ],
)  # fmt: skip
def test_what_is_found(db, text: str, question: str, there: bool) -> None:
    assert words.is_found(text, question) is there
    assert db.scalar(select(words.found(literal(words.stored(text)), question))) in (there, int(there))


def test_signs_of_patterns_are_signs(instance) -> None:
    with reading() as db:
        for sign in ("%", "_", "\\"):
            assert not db.scalar(select(words.found(literal(words.stored("tea")), sign)))
            assert db.scalar(select(words.found(literal(words.stored(f"a {sign} b")), sign)))


@given(st.text(), st.text())
def test_folding_twice_changes_nothing_and_a_text_finds_itself(text: str, more: str) -> None:
    assert words.fold(words.fold(text)) == words.fold(text)
    assert words.is_found(f"{text} {more}", text)


def test_a_question_without_end_has_few_parts() -> None:
    assert len(words.parts(" ".join(map(str, range(1000))) + "".join(map(chr, range(0x4E00, 0x5E00))))) == words.MOST_PARTS
