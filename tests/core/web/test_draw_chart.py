"""A chart is a table that is drawn: numbers keep their words, zero has its line, a gap is no zero, markup has no style."""

from __future__ import annotations

import re
from datetime import date, timedelta
from decimal import Decimal
from itertools import product

import pytest
from flask import render_template_string

from zhanggui.app import build_app
from zhanggui.i18n import formats
from zhanggui.web.charts import CHART_KINDS, Band, Chart, Series
from zhanggui.web.drawing import draw, ticks

DAYS = [date(2026, 11, 1) + timedelta(days=n) for n in range(4)]


def chart(kind="line", values=(100, 300, -50, 0), **more):
    return Chart(kind, DAYS[: len(values)], [Series("Money", values, more.pop("links", ()))], "Day", **more)


@pytest.mark.parametrize(
    ("low", "high", "expected"),
    [(0, 16000, [0, 5000, 10000, 15000, 20000]), (-50, 300, [-100, 0, 100, 200, 300]), (0, 0, [0, 1]), (0, Decimal("0.3"), ["0", "0.1", "0.2", "0.3"]),
     (-7, -2, [-8, -6, -4, -2, 0])],
)  # fmt: skip
def test_the_grid_is_round_and_has_zero(low, high, expected):
    assert ticks(low, high) == [Decimal(str(value)) for value in expected]


@pytest.mark.parametrize(("kind", "left", "width"), [("line", 12.5, 50), ("bars", 20, 40)])
def test_a_band_stands_over_its_labels_and_is_named(kind, left, width):
    days = [date(2026, 2, 15) + timedelta(days=n) for n in range(5)]
    drawn = draw(Chart(kind, days, [Series("Orders", [1, 2, 3, 4, 5])], bands=[Band("Festival", 1, 2)]), "CNY")
    ((at, wide, words),) = drawn.bands
    assert (at, wide) == (left, width)
    assert words.startswith("Festival ") and words.count("–") == 1
    for first, last in ((-1, 2), (3, 2), (0, 5)):
        with pytest.raises(ValueError, match="band"):
            Chart(kind, days, [Series("Orders", [1, 2, 3, 4, 5])], bands=[Band("Festival", first, last)])


@pytest.mark.parametrize("kind", ["line", "bars"])
def test_what_is_below_zero_stands_below_its_line(kind):
    drawn = draw(chart(kind), "CNY")
    marks = drawn.series[0].marks
    assert drawn.zero == 75
    if kind == "line":
        assert [mark.y for mark in marks] == [50, 0, 87.5, 75]
    else:
        assert (marks[2].below, marks[2].y, marks[2].height) == (True, 75, 12.5)
        assert (marks[1].below, marks[1].y, marks[1].height) == (False, 0, 75)


def test_money_is_written_by_its_currency_and_drawn_in_whole_units(monkeypatch):
    monkeypatch.setattr(formats, "_own_currency", lambda: "CNY")
    drawn = draw(chart(values=(150000, 2500000), format="money", currency="JPY"), "CNY")
    assert [mark.words for mark in drawn.series[0].marks] == ["JPY\xa0150,000", "JPY\xa02,500,000"]
    assert drawn.grid[-1][1] == "3M"
    assert draw(chart(values=(150000, 2500000), format="money"), "CNY").grid[-1][1] == "30K"


def test_a_gap_breaks_the_line():
    drawn = draw(chart(values=(1, None, 3, 4)), "CNY")
    assert len(drawn.series[0].runs) == 2
    assert drawn.series[0].marks[1].words == "–"
    assert len(drawn.strips) == 3


def test_shades_and_bars_are_of_the_largest():
    heat = draw(Chart("heat", ["8–10", "10–12"], [Series("Mon", [0, 5]), Series("Tue", [None, 10])]), "CNY")
    assert [[mark.shade for mark in one.marks if not mark.empty] for one in heat.series] == [[0, 5], [9]]
    ranked = draw(Chart("ranked", ["Green", "Back"], [Series("Money", [200, -50])]), "CNY")
    assert [(mark.width, mark.below) for mark in ranked.series[0].marks] == [(100, False), (25, True)]


@pytest.mark.parametrize(
    "wrong",
    [
        {"kind": "pie"}, {"format": "hours"}, {"labels": DAYS[:2]}, {"series": [Series("x", [1] * 4, links=["/"])]},
        {"kind": "ranked", "series": [Series("x", [1] * 4)] * 2}, {"series": [Series("x", [1] * 4)] * 5},
        {"labels": ["x"] * 500, "series": [Series("x", [1] * 500)]},
    ],
)  # fmt: skip
def test_numbers_that_cannot_be_drawn_are_refused(wrong):
    with pytest.raises(ValueError, match=r"there is no|does not write|numbers"):
        Chart(**{"kind": "line", "labels": DAYS, "series": [Series("x", [1] * 4)], **wrong})


@pytest.fixture
def printed(instance):
    """The markup of a chart."""
    app = build_app(instance)[0]

    def show(made):
        with app.test_request_context("/"):
            return render_template_string('{% import "zg/chart.html" as kit with context %}{{ kit.show(chart, "c") }}', chart=draw(made, "CNY"))

    return show


@pytest.mark.parametrize("kind", ["sqlite"], indirect=True)
def test_the_table_says_all_and_no_markup_has_a_style(printed):
    for what, values in product(CHART_KINDS, [(1, 2, None, 4), (0, 0, 0, 0), (-5, 3, 0, 1), (7,)]):
        links = [f"/orders/?day={n}" for n in range(len(values))]
        page = printed(chart(what, values, links=links, running=True, summary="All <of> it"))
        assert "style=" not in page
        assert "All &lt;of&gt; it" in page
        assert not re.search(r"nan|inf|None", page), page
        table = page if what in ("ranked", "heat") else page.partition("<details")[2]
        for value, link in zip(values, links, strict=True):
            assert value is None or link in table
        if what in ("line", "bars"):
            assert 'aria-hidden="true"' in page.partition('class="ch"')[2][:40]
            assert page.count('tabindex="-1"') == sum(value is not None for value in values)
    assert "nothing to show" in printed(chart("bars", (None, None)))
    assert "Quiet" in printed(Chart("line", [], [], empty="Quiet."))
