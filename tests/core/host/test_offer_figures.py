"""Facts, metrics, dimensions and dashboards are looked at when they are loaded."""

from __future__ import annotations

import itertools
import sys
from pathlib import Path

import pytest

from zhanggui.i18n.texts import in_english

sys.path.insert(0, str(Path(__file__).parent))

import test_check_contributions as bad  # noqa: E402 - found by the line above
from test_check_contributions import Written, hook  # noqa: E402

bad._numbers = itertools.count(8001)  # names of plugins that the tests there have not used

ROWS = '''
from sqlalchemy import select

def rows():
    return select(THINGS.c.id.label("at"), THINGS.c.id.label("things"), THINGS.c.name.label("name"))

def fact(**more):
    return Fact(**{"id": "ID.made", "label": "Made", "rows": rows, "sums": ["things"], "by": {"name": "name"}, "screen": "ID.Thing"} | more)

def metric(**more):
    return Metric(**{"id": "ID.made", "label": "Made", "sentence": "What was made.", "fact": "ID.made", "sum": "things"} | more)

def board(**more):
    return Dashboard("ID", "Made", [Tile(**{"id": "made", "title": "Made", "metrics": ["ID.made"]} | more)])
'''
REFUSED = {
    "a name of somebody": ("facts", "fact(id='orders.made')", "it must be named ID.<name>"),
    "no sums": ("facts", "fact(sums=[])", "it adds up 1 to 8 columns"),
    "nine sums": ("facts", "fact(sums=list('abcdefghi'))", "it adds up 1 to 8 columns"),
    "a strange dimension": ("facts", "fact(kept=[('colour',)])", "it cannot be taken apart by “colour”"),
    "too many together": ("facts", "fact(by={n: n for n in 'abcd'}, kept=[tuple('abcd')])", "at most 3 dimensions are kept together"),
    "a list of somebody": ("facts", "fact(screen='orders.Order')", "must be named ID.<Model>"),
    "rows that take something": ("facts", "fact(rows=lambda db: None)", "rows cannot take what it is called with"),
    "a fact twice": ("facts", "fact(), fact()", "“ID.made” is there twice"),
    "a name that is none": ("metrics", "metric(id='made')", "it must be named like sales.net"),
    "neither fact nor formula": ("metrics", "metric(fact='', sum='')", "it needs a fact and a sum, or a formula"),
    "both": ("metrics", "metric(formula='a.b + c.d')", "it needs a fact and a sum, or a formula"),
    "a formula that cannot be read": ("metrics", "metric(fact='', sum='', formula='a.b +')", "its formula cannot be read"),
    "a unit": ("metrics", "metric(unit='miles')", "miles must be one of int, money, percent, decimal"),
    "an area": ("metrics", "metric(area='gossip')", "gossip must be one of sales, money"),
    "new of nothing": ("metrics", "metric(who='new')", "who is new can only be told of what is distinct"),
    "a time": ("dimensions", "Dimension('week', 'Week')", "a name is made of letters"),
    "half a way": ("dimensions", "Dimension('colour', 'Colour', through='name')", "through and pairs go together"),
    "words that take something else": ("dimensions", "Dimension('colour', 'Colour', words=lambda values: {})", "words cannot take what it is called with"),
    "a picture": ("dashboards", "board(kind='pie')", "there is no kind 'pie'"),
    "ranks of nothing": ("dashboards", "board(kind='ranked')", "needs metrics, and 1 dimensions"),
}  # fmt: skip


def written(tmp_path: Path, room: str, given: str) -> Written:
    return Written(tmp_path, hook(room, f"[{given}]", ROWS) + hook("screens", "[screen()]"))


@pytest.mark.parametrize("case", REFUSED)
def test_what_cannot_be_asked_is_refused_and_named(case: str, tmp_path: Path):
    room, given, why = REFUSED[case]
    one = written(tmp_path, room, given)
    assert why.replace("ID", one.id) in in_english(one.host.faults[one.id].sentence)
    assert list(one.host.parts) == ["core", "products"]


@pytest.mark.parametrize(
    ("room", "given"),
    [
        ("facts", "fact(), fact(id='ID.more', kept=[(), ('name', 'hour')], changed_by={'orders.order.paid@1': ('at',)})"), ("metrics", "metric(), metric(id='ID.half', fact='', sum='', formula='ID.made / 2')"),
        ("dimensions", "Dimension('colour', 'Colour')"), ("dashboards", "board(), "),
    ],
)  # fmt: skip
def test_what_can_be_asked_is_there(room: str, given: str, tmp_path: Path):
    one = written(tmp_path, room, given)
    assert (one.host.faults, one.host.findings) == ({}, [])
    assert len(one.host.parts[one.id].__dict__[room]) >= 1
