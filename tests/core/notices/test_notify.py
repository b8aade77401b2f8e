"""Notices: told to whom they concern, once, and read by each for himself."""

from __future__ import annotations

from datetime import UTC, datetime
from gettext import NullTranslations

import pytest

from zhanggui.db.uow import reading, unit_of_work
from zhanggui.i18n.texts import NOBODY, Reader, read_by
from zhanggui.i18n.texts import lazy_gettext as _l
from zhanggui.kernel.actors import ANONYMOUS, Actor
from zhanggui.kernel.money import Money
from zhanggui.notices import MOST, latest, mark_read, notify, unread_count

NOON = datetime(2026, 3, 2, 4, tzinfo=UTC)
OWNER = Actor("user", id=1, name="owner", everything=True)
CLERK = Actor("user", id=2, name="clerk", permissions=frozenset({("can_list", "orders.Order")}))
OUTSIDER = Actor("user", id=3, name="outsider")


def tell(title, **kwargs):
    with unit_of_work() as db:
        notify(db, kind="test", title=title, now=NOON, **kwargs)


def titles(actor):
    with reading() as db:
        return [notice.title for notice in latest(db, actor)]


def unread(actor):
    with reading() as db:
        return unread_count(db, actor)


@pytest.fixture(autouse=True)
def nobody():
    """Whoever reads, reads English."""
    read_by(NOBODY)


def test_it_reaches_those_who_hold_the_permission_or_are_named(workshop):
    tell("to all")
    tell("to clerks", permission=("can_list", "orders.Order"))
    tell("to the outsider", user_id=3)
    assert titles(OWNER) == ["to clerks", "to all"]
    assert titles(CLERK) == ["to clerks", "to all"]
    assert titles(OUTSIDER) == ["to the outsider", "to all"]


def test_each_reads_for_himself(workshop):
    tell("one")
    tell("two")
    with unit_of_work() as db:
        mark_read(db, CLERK, now=NOON)
        mark_read(db, CLERK, now=NOON)
    tell("three")
    assert (unread(CLERK), unread(OWNER)) == (1, 3)
    with reading() as db:
        assert [n.unread for n in latest(db, CLERK)] == [True, False, False]


def test_one_of_the_same_key_is_written_once(workshop):
    for _ in range(3):
        tell("low stock", key="TEA-250:2026-03-02")
    assert titles(OWNER) == ["low stock"]


def test_a_title_is_put_together_for_the_reader(workshop):
    tell(_l("%(sku)s is running low"), params={"sku": "TEA 100%"})
    tell(_l("%(sku)s is running low", sku="CUP"))
    tell("100% plain")
    assert titles(OWNER) == ["100% plain", "CUP is running low", "TEA 100% is running low"]


def test_the_number_of_unread_ones_is_bounded(workshop):
    with unit_of_work() as db:
        for n in range(MOST + 20):
            notify(db, kind="test", title=f"notice {n}", now=NOON)
    assert unread(OWNER) == MOST
    with reading() as db:
        assert len(latest(db, OWNER, limit=5)) == 5


def test_it_is_gone_when_the_business_fails(workshop):
    with pytest.raises(LookupError), unit_of_work() as db:
        notify(db, kind="test", title="never", now=NOON)
        raise LookupError("the business failed")
    assert titles(OWNER) == []


def test_nobody_has_read_for_those_without_an_account(workshop):
    tell("to all")
    with unit_of_work() as db:
        mark_read(db, ANONYMOUS, now=NOON)
    assert unread(CLERK) == 1


def test_money_is_written_as_each_reader_writes_it(workshop):
    tell(_l("%(number)s, %(amount)s", number="7", amount=Money(123450, "CNY")))
    assert titles(OWNER) == ["7, ¥1,234.50"]
    read_by(Reader("zh_CN", NullTranslations()))
    assert titles(OWNER) == ["7, ¥1,234.50"]
