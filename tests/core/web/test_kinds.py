"""A kind of value says the same on every way: typed, stored, in a file, over REST."""

from __future__ import annotations

from datetime import UTC, date, datetime, time
from decimal import Decimal
from inspect import isfunction
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from markupsafe import Markup
from werkzeug.datastructures import MultiDict

from zhanggui.api import Choice, Column, Decimals, Field, Invalid, Kind, Money, Posted, Slot, rich_text
from zhanggui.host.contain import KIND
from zhanggui.host.host import Contribution
from zhanggui.host.kinds import check_form, check_kind, check_things
from zhanggui.kernel.actors import SYSTEM
from zhanggui.kernel.errors import WiringError
from zhanggui.web.describe import Fieldset, Filter, When
from zhanggui.web.forms import holds
from zhanggui.web.kinds import BUILT_IN, FormContext
from zhanggui.web.kinds.rich import cleaned

SHANGHAI = ZoneInfo("Asia/Shanghai")
CONTEXT = FormContext(SYSTEM, SHANGHAI, "CNY", [("zh_CN", "中文"), ("en", "English")], datetime(2026, 3, 2, 4, tzinfo=UTC))
CHOICES = (Choice("a", "Ants"), Choice(2, "Bees"))
VALUES = {
    "text": "=1+1 tea", "long_text": "two\nlines", "code": "007", "rich_text": "**a** < b", "int": -12345, "money": 1990, "decimal": Decimal("-0.125"),
    "percent": Decimal("12.5"), "date": date(2026, 1, 31), "datetime": datetime(2026, 1, 31, 10, 0, tzinfo=UTC), "time": time(18, 30), "choice": 2,
    "bool": True,
}  # fmt: skip


def posted(form: MultiDict[str, str] | None = None) -> Posted:
    return Posted(form or MultiDict(), MultiDict(), CONTEXT, db=None)


def field(kind: str) -> Field:
    return Field("x", "X", kind, choices=CHOICES)


@pytest.mark.parametrize("name", VALUES)
def test_what_is_shown_in_a_form_is_read_back(name):
    kind, f, value = BUILT_IN[name], field(name), VALUES[name]
    form = MultiDict({"x": str(kind.typed(f, value, CONTEXT))})
    assert kind.read(f, "x", posted(form)) == kind.loaded(f, value, "CNY")


@pytest.mark.parametrize("name", VALUES)
def test_a_cell_of_a_file_is_read_back(name):
    kind, f, value = BUILT_IN[name], field(name), VALUES[name]
    (cell,) = kind.csv(Column("x", "X", name), [value], [None], {}, SHANGHAI, "CNY")
    read = kind.take(f, str(cell).removeprefix("'"), posted())  # the sign that keeps a spreadsheet from counting
    assert read == kind.loaded(f, value, "CNY")
    assert list(kind.csv(Column("x", "X", name), [None], [None], {}, SHANGHAI, "CNY")) in ([""], [None])


@pytest.mark.parametrize("name", VALUES)
def test_a_cell_of_a_workbook_is_a_word_or_something_to_count_with(name):
    column = Column("x", "X", name, choices=CHOICES)
    cells = BUILT_IN[name].sheet(column, [VALUES[name], None], [None, None], {}, SHANGHAI, "CNY")
    assert isinstance(cells[0], str | int | Decimal | date | datetime) and cells[1] in (None, "")
    if name in ("choice", "status"):
        assert cells[0] == next(str(c.label) for c in CHOICES if c.value == VALUES[name]) != VALUES[name]


@pytest.mark.parametrize("name", VALUES)
def test_what_a_program_is_told_it_may_send(name):
    kind, f, value = BUILT_IN[name], field(name), VALUES[name]
    said = kind.dumper(Column("x", "X", name), lambda row: row, {}, "CNY")(value)
    form: MultiDict[str, str] = MultiDict()
    kind.put(form, f, "x", said, CONTEXT)
    assert kind.read(f, "x", posted(form)) == kind.loaded(f, value, "CNY")
    for strange in ([], {"a": 1}, float("inf")):
        with pytest.raises(Invalid):
            kind.put(form, f, "x", strange, CONTEXT)


def test_every_kind_has_its_place_and_a_shape():
    for name, kind in BUILT_IN.items():
        assert kind.name == name and (kind.column or kind.field)
        assert isinstance(kind.schema(field(name)), dict)


@pytest.mark.parametrize(
    "text",
    ["<script>alert(1)</script>", "[x](javascript:alert(1))", "[x](data:text/html;base64,PHN)", "![x](https://a.b/c.png)", "<img src=x onerror=a()>",
     "[x](<https://a.b/\" onclick=\"a()>)", "<style>*{display:none}</style>", "[x]: javascript:a()\n[x]", "&lt;script&gt;a()&lt;/script&gt;",
     "`<b>`", "<a href='//e.f'>x</a>", "[x](vbscript:a)", "<svg/onload=a()>"],
)  # fmt: skip
def test_rich_text_lets_out_only_what_it_means(text):
    import re

    html = str(rich_text(text))
    tags = re.findall(r"<[^>]*>", html)
    assert all(re.fullmatch(r'</?(p|br|strong|em|ul|ol|li|h[234]|blockquote|a)>|<a href="(https?|mailto|tel):[^"<>]*" rel="[a-z ]+">', t) for t in tags), html


def test_what_a_parser_would_let_through_is_taken_out():
    wild = '<p style="color:red" onclick="a()">t<script>a()</script><img src=x onerror=a()><a href="javascript:a()" class=b>l</a></p><h1>h</h1>'
    assert cleaned(wild) == Markup('<p>t<a rel="noopener noreferrer nofollow">l</a></p>h')


def test_headings_of_a_text_stand_below_those_of_the_page():
    assert rich_text("# A\n\n###### B") == Markup("<h2>A</h2>\n<h4>B</h4>\n")
    assert rich_text("one\ntwo") == Markup("<p>one<br>\ntwo</p>\n")


def test_a_number_with_decimals_is_exact_or_refused():
    column = Decimals(3)
    assert column.process_bind_param(Decimal("0.125"), None) == 125
    assert column.process_result_value(125, None) == Decimal("0.125")
    with pytest.raises(TypeError):
        column.process_bind_param(0.1, None)
    for unfit in (Decimal("0.0001"), Decimal(10) ** 16):
        with pytest.raises(ValueError):
            column.process_bind_param(unfit, None)


class Named(Kind):
    def __init__(self, name: str, control: str = "input") -> None:
        self.name, self.control = name, control


@pytest.mark.parametrize("kind", [Named(""), Named("a-b"), Named("x_range"), Named("money"), Named("there"), Named("new", "canvas")])
def test_a_kind_that_would_not_be_found_or_drawn_is_refused(kind):
    with pytest.raises(WiringError, match="register_kinds"):
        check_kind(kind, {**BUILT_IN, "there": Kind()})


def test_every_function_of_a_kind_is_contained():
    """One that is not would harm the pages of others; those that are left out are called by these alone."""
    functions = {name for name, f in vars(Kind).items() if isfunction(f)}
    assert functions - set(KIND) == {"parse", "as_text", "room"}
    assert set(KIND) <= functions


@pytest.mark.parametrize(
    "thing",
    [Column("a", "A", "choices"), Field("a", "A", "status"), Field("a", "A", "nothing"), Filter("a", "A", "long_text"), Filter("a", "A", "text_range"),
     Filter("a", "A", "decimal"), Field("a", "A", "rows", rows=(Field("b", "B", "html"),))],
)  # fmt: skip
def test_a_kind_where_it_cannot_stand_is_refused(thing):
    with pytest.raises(WiringError, match="there is no kind"):
        check_things(Contribution(slots=[Slot("there.There", thing)]), BUILT_IN)


@pytest.mark.parametrize(
    "fields",
    [[Field("a", "A", fieldset="nowhere")], [Field("a", "A", shown_when=When("b"))], [Field("a", "A", shown_when=When("a"))],
     [Field("a", "A", shown_when=When("b")), Field("b", "B", shown_when=When("a"))]],
)  # fmt: skip
def test_a_form_that_leans_on_nothing_is_refused(fields):
    with pytest.raises(WiringError):
        check_form(fields, [Fieldset("there", "There")])


@pytest.mark.parametrize(
    ("when", "typed", "held"),
    [(When("a", ("x", 2)), "2", True), (When("a", ("x",)), " x ", True), (When("a", ("x",)), "", False), (When("a", ("x",)), None, False),
     (When("a", (True,)), True, True), (When("a", (False,)), False, True), (When("a", (True,)), False, False), (When("a"), "anything", True),
     (When("a"), "  ", False), (When("a"), {"zh_CN": "", "en": "b"}, True), (When("a", ("x",)), ["y", "x"], True), (When("a"), [], False)],
)  # fmt: skip
def test_a_condition_compares_what_is_typed(when: When, typed: Any, held: bool):
    assert holds(when, typed) is held


def test_money_of_a_field_has_its_own_currency():
    f = Field("x", "X", "money", currency="JPY")
    assert BUILT_IN["money"].take(f, "1,990", posted()) == Money(1990, "JPY")
