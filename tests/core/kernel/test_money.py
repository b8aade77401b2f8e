"""Money counts minor units and never guesses."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from zhanggui.kernel.money import CurrencyMismatch, Money, allocate


def test_it_reads_what_people_type():
    assert Money.parse(" ¥1,299.5 ", "CNY") == Money(129950, "CNY")
    assert Money.parse("500", "JPY") == Money(500, "JPY")


@pytest.mark.parametrize("text", ["", "abc", "NaN", "Infinity", "1.999", "1e400", "--1", "1_0.5.5", "19,90", "1,99,000", "1e3", "１２", ".", "-", "²"])
def test_it_refuses_what_is_no_amount(text):
    with pytest.raises(ValueError):
        Money.parse(text, "CNY")


def test_it_refuses_floats_and_mixed_currencies():
    with pytest.raises(TypeError):
        Money(19.9, "CNY")  # type: ignore[arg-type]
    with pytest.raises(TypeError):
        Money(1990, "CNY") * 0.5  # type: ignore[operator]
    with pytest.raises(CurrencyMismatch):
        Money(1, "CNY") + Money(1, "USD")


@given(st.integers(-(10**12), 10**12), st.lists(st.integers(0, 10**6), min_size=1, max_size=20).filter(any))
def test_parts_of_an_allocation_add_up(total, weights):
    assert sum(allocate(total, weights)) == total


@given(st.integers(-(10**12), 10**12), st.sampled_from(["CNY", "JPY", "KWD"]))
def test_what_is_printed_is_read_back(amount, currency):
    assert Money.parse(str(Money(amount, currency).decimal), currency) == Money(amount, currency)


@given(st.lists(st.integers(0, 10**6), min_size=1, max_size=12).filter(any), st.data())
def test_no_part_is_larger_than_its_weight(weights, data):
    total = data.draw(st.integers(0, sum(weights)))
    assert all(0 <= part <= weight for part, weight in zip(allocate(total, weights), weights, strict=True))


def test_what_is_left_goes_to_the_largest_remainder_and_of_equals_to_the_later():
    assert allocate(200, [100, 100, 1]) == [99, 100, 1]
    assert allocate(-100, [1, 1, 1]) == [-33, -33, -34]


def test_a_part_that_weighs_nothing_gets_nothing():
    assert allocate(-1000, [1999, 2499, 0]) == [-444, -556, 0]
    assert allocate(100, [1, 1, 1, 0]) == [33, 33, 34, 0]
