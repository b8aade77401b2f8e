"""An event carries ids and codes; a text that has to travel is sealed for the person it is about."""

from __future__ import annotations

from dataclasses import dataclass

import pytest
from labor import run_due
from sqlalchemy import text

from zhanggui.db.people import erase_person, opened
from zhanggui.db.uow import reading, unit_of_work
from zhanggui.events import Event, Sealed, publish
from zhanggui.events.models import OutboxEvent
from zhanggui.kernel.errors import WiringError
from zhanggui.kernel.ids import Code


@dataclass(frozen=True)
class Said(Event, name="labor.thing.said", version=1, person=("customers.Customer", "customer_id")):
    """Somebody said something."""

    customer_id: int | None
    code: Code
    words: Sealed | None


@dataclass(frozen=True)
class Spoken(Event, name="labor.thing.spoken", version=1):
    """Carries a text as anybody could write it."""

    words: list[str]


def test_one_that_could_carry_a_text_is_refused_when_its_plugin_is_loaded():
    Said.check()
    with pytest.raises(WiringError, match=r"Spoken.words of labor.thing.spoken@1"):
        Spoken.check()


def test_a_sealed_field_reaches_handlers_until_the_person_is_erased(workshop):
    with unit_of_work() as db:
        publish(db, Said(customer_id=7, code=Code("A-1"), words="王小明搬家了"))
        publish(db, Said(customer_id=None, code=Code("A-2"), words="店里的话"))
    run_due()
    with reading() as db:
        hers, nobodys = db.query(OutboxEvent.payload).order_by(OutboxEvent.id).all()
        assert hers.payload["words"] != "王小明搬家了"
        assert opened(db, hers.payload) == {"customer_id": 7, "code": "A-1", "words": "王小明搬家了"}
        stored = [bytes(row[0]) for row in db.execute(text("SELECT payload FROM core__event"))]
        assert not any("王".encode() in one or b"A-1" in one for one in stored)
    with unit_of_work() as db:
        erase_person(db, ("customers.Customer", 7))
    with reading() as db:
        assert opened(db, hers.payload)["words"] is None
        assert opened(db, nobodys.payload)["words"] == "店里的话"
