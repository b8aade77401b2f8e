"""Kinds of messages are looked at when they are loaded; one that raises later harms itself alone."""

from __future__ import annotations

import itertools
import sys
from pathlib import Path

import pytest

from zhanggui.api import NotFound, notice_kind
from zhanggui.host.core_part import core_part
from zhanggui.host.faults import PluginTrouble
from zhanggui.i18n.texts import in_english

sys.path.insert(0, str(Path(__file__).parent))

import test_check_contributions as bad  # noqa: E402 - found by the line above
from test_check_contributions import Written, hook  # noqa: E402

bad._numbers = itertools.count(7001)  # names of plugins that the tests there have not used

SOLD = '''
from dataclasses import dataclass

@dataclass(frozen=True)
class Sold(Event, name="ID.thing.sold", key="id"):
    id: int

@hookimpl
def register_events():
    return [Sold]

def told(db, event):
    return [Recipient("customer", 1)]

def facts(db, event, locale):
    return {"number": "7"}

def key_of(event):
    return f"thing:{event['id']}"

def kind(**more):
    given = {
        "id": "ID.sold", "label": "Sold", "event": "ID.thing.sold@1", "audience": told, "load": facts, "key": key_of,
        "variables": [MessageVariable("number", "Number", "7")], "subject": "Sold {number}", "body": "It is sold.",
    }
    return MessageKind(**given | more)
'''
REFUSED = {
    "a strange variable": ("kind(body='It is {colour}.')", "its text names {colour}"),
    "a strange variable of the subject": ("kind(subject='{when} it was')", "its text names {when}"),
    "an event of somebody": ("kind(event='products.product.saved@1')", "it is not among the events that ID registers"),
    "an event of another version": ("kind(event='ID.thing.sold@2')", "it is not among the events"),
    "a category": ("kind(category='gossip')", "gossip must be one of security, service, care, marketing, staff"),
    "a name of somebody": ("kind(id='products.sold')", "it must be named ID.<name>"),
    "a kind twice": ("kind(), kind()", "“ID.sold” is there twice"),
    "whom to tell": ("kind(audience=lambda db: [])", "audience cannot take what it is called with: db, event"),
    "what to tell": ("kind(load=lambda db, event: {})", "load cannot take what it is called with: db, event, locale"),
    "whether it is true": ("kind(still_true=lambda event: True)", "still_true cannot take what it is called with: db, event"),
}  # fmt: skip


def written(tmp_path: Path, kinds: str) -> Written:
    return Written(tmp_path, hook("message_kinds", f"[{kinds}]", SOLD))


@pytest.mark.parametrize("case", REFUSED)
def test_a_kind_that_cannot_stand_is_refused_and_named(case: str, tmp_path: Path):
    kinds, why = REFUSED[case]
    one = written(tmp_path, kinds)
    assert why.replace("ID", one.id) in in_english(one.host.faults[one.id].sentence)
    assert list(one.host.parts) == ["core", "products"]


@pytest.mark.parametrize("kinds", ["kind()", "kind(still_true=lambda db, event: True)", "notice_kind('ID.low', 'Low')"])
def test_a_kind_that_can_stand_is_there(kinds: str, tmp_path: Path):
    one = written(tmp_path, kinds)
    assert (one.host.faults, one.host.findings) == ({}, [])
    assert [found.id.partition(".")[0] for found in one.host.every("message_kinds")] == ["core", one.id]


def test_a_kind_that_raises_is_contained_and_named(tmp_path: Path):
    one = written(tmp_path, "kind(audience=lambda db, event: 1 / 0, load=lambda db, event, locale: 1 / 0, still_true=lambda db, event: 1 / 0)")
    kind = one.host.parts[one.id].message_kinds[0]
    for call in (lambda: kind.audience(None, {}), lambda: kind.load(None, {}, "en"), lambda: kind.still_true(None, {})):
        with pytest.raises(PluginTrouble):
            call()
    assert kind.key({"id": 3}) == "thing:3"


def test_a_row_that_is_gone_is_said_as_it_is(tmp_path: Path):

    one = written(tmp_path, "kind(load=GONE)".replace("GONE", "lambda db, event, locale: (_ for _ in ()).throw(NotFound())"))
    with pytest.raises(NotFound):
        one.host.parts[one.id].message_kinds[0].load(None, {}, "en")


def test_notices_of_one_kind_are_told_to_whom_they_are_for():
    kind = notice_kind("inventory.low", "Low stock")
    event = {"notice_id": 4, "kind": "inventory.low", "user_id": None, "permission": "can_list inventory.StockLevel"}
    [told] = kind.audience(None, event)
    assert (told.kind, told.right) == ("staff", ("can_list", "inventory.StockLevel"))
    assert kind.audience(None, {**event, "kind": "orders.paid"}) == []
    assert kind.audience(None, {**event, "user_id": 3})[0].id == 3
    assert kind.key(event) == "notice:4"


def test_the_core_offers_its_notices():
    assert [kind.id for kind in core_part().message_kinds] == ["core.notice"]
