"""Every plugin answers about a person: found, written out, erased, all of them or none."""

from __future__ import annotations

import json
import sys
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import Column, Integer, MetaData, Table, select

from zhanggui.api import Money, Pii, SealedJson, erase_person, export_person, find_person, request_approval, tokens
from zhanggui.approvals.models import Approval
from zhanggui.audit.models import AuditEntry
from zhanggui.auth import service as accounts
from zhanggui.auth.principal import find_principal
from zhanggui.cli.people import _person
from zhanggui.db.types import BlindIndex
from zhanggui.db.uow import reading, unit_of_work
from zhanggui.host import current_host, refresh
from zhanggui.host.service import build, disable_plugin, enable_plugin
from zhanggui.jobs.models import Job
from zhanggui.kernel import clock
from zhanggui.kernel.actors import SYSTEM, acting_as
from zhanggui.kernel.errors import DomainError, NotFound
from zhanggui.people import PluginIsAway, erase_again
from zhanggui_customers.facade import phone_index
from zhanggui_customers.models import Customer
from zhanggui_customers.services import addresses, identities
from zhanggui_orders.models import Order

sys.path.insert(0, str(Path(__file__).parents[2] / "plugins" / "orders"))

from shop import add_customer, add_product, place  # noqa: E402 - found by the line above

HOME = {"name": "Wang Wei", "phone": "13800138000", "region": ["浙江省", "杭州市"], "detail": "Lane 7"}
_phones = iter(range(13900000000, 13900001000))


@pytest.fixture
def wang(instance, doors):
    """A customer whom everybody knows: with an address, an identity, an order, a device, a request and a note."""
    phone = str(next(_phones))
    with unit_of_work() as db:
        number = add_customer(db, SYSTEM, "Wang Wei", phone)
        person = ("customers.Customer", number)
        tea = add_product(db, SYSTEM, sku=f"TEA-{int(phone) % 1000}", stock=10)
        home = addresses.add_address(db, customer_id=number, actor=SYSTEM, now=clock.now(), **{**HOME, "phone": phone})
        identities.link_identity(db, customer_id=number, provider="wechat", subject=f"openid-{phone}", actor=SYSTEM, now=clock.now())
        order = place(db, SYSTEM, (tea, 1), customer_id=number, address_id=home.public_id, note="Ring twice")
        guest = place(db, SYSTEM, (tea, 1), buyer_name="Wang Wei")
        guest.phone_index = phone_index(phone)
        tokens.issue(db, kind="storefront.session", owner=person, life=timedelta(days=1), now=clock.now())
        asker = accounts.create_user(db, username=f"a{phone}", password="correct horse 42", roles=["asker"], actor=SYSTEM, now=clock.now())
        doors.NOTES[person] = "Likes Oolong"
    with unit_of_work() as db:
        request_approval(
            db, "doors.gift", id=number, values={"amount": Money(500, "CNY")}, label="Wang Wei", reason="His birthday", subject=person,
            actor=find_principal(asker).actor(), now=clock.now(),
        )  # fmt: skip
    return {"person": person, "phone": phone, "order": order.id, "guest": guest.id}


def exported(person):
    with unit_of_work() as db:
        return export_person(db, person, actor=SYSTEM, now=clock.now())


def erase(person):
    with unit_of_work() as db:
        erase_person(db, person, actor=SYSTEM, now=clock.now())


def test_everything_is_written_out_by_plugin_and_that_it_was_is_in_the_trail(wang):
    told = exported(wang["person"])
    assert set(told["known"]) == {"customers", "orders", "doors", "core"}
    text = json.dumps(told, ensure_ascii=False)
    for planted in ("Wang Wei", wang["phone"], "Lane 7", f"openid-{wang['phone']}", "Ring twice", "Likes Oolong", "His birthday", "storefront.session"):
        assert planted in text, planted
    assert told["known"]["orders"]["orders"][0]["lines"][0]["sku"] == f"TEA-{int(wang['phone']) % 1000}"
    with reading() as db:
        entry = db.scalars(select(AuditEntry).where(AuditEntry.action == "core.person.exported").order_by(AuditEntry.id.desc())).first()
        assert (entry.subject_type, entry.subject_id) == ("customers.Customer", str(wang["person"][1]))


def test_after_erasing_nobody_knows_anything_and_the_books_stand(wang):
    erase(wang["person"])
    text = json.dumps(exported(wang["person"]), ensure_ascii=False)
    for planted in ("Wang Wei", wang["phone"], "Lane 7", "openid", "Ring twice", "Likes Oolong", "His birthday", "storefront.session"):
        assert planted not in text, planted
    with reading() as db:
        order, request = db.get_one(Order, wang["order"]), db.scalars(select(Approval).where(Approval.target_id == wang["person"][1])).one()
        assert (order.buyer_name, order.address, order.total) == ("***", None, order.goods_total)
        assert (request.label, request.frozen, request.state) == (None, {}, "outdated")
        assert db.get_one(Order, wang["guest"]).buyer_name == "Wang Wei"  # of that order nobody knows that it is his
        assert db.scalars(select(Job).where(Job.name == erase_again.name)).first() is not None


def test_what_was_written_at_the_same_moment_is_erased_a_little_later(wang):
    erase(wang["person"])
    with unit_of_work() as db:
        db.get_one(Order, wang["order"]).note = "Ring thrice"
        erase_again.function(db, person=list(wang["person"]))
    with reading() as db:
        assert db.get_one(Order, wang["order"]).note is None


def test_a_guest_is_found_by_his_phone_and_erased_by_his_order(wang):
    with unit_of_work() as db:
        assert find_person(db, wang["phone"], actor=SYSTEM) == [wang["person"], ("orders.Order", wang["guest"])]
    erase(("orders.Order", wang["guest"]))
    with reading() as db:
        assert db.get_one(Order, wang["guest"]).buyer_name == "***"
        assert db.get_one(Order, wang["order"]).buyer_name == "Wang Wei"
    erase(("orders.Order", wang["order"]))  # an order of a customer is no guest
    with reading() as db:
        assert db.get_one(Order, wang["order"]).buyer_name == "Wang Wei"


def test_who_may_not_reveal_finds_nobody(wang, outsider):
    with reading() as db:
        assert find_person(db, wang["phone"], actor=outsider) == []
        assert find_person(db, "Likes Oolong", actor=outsider) == [wang["person"]]  # what a plugin answers is its own business


def test_one_that_fails_stops_all(wang, doors):
    doors.FAILS.append(RuntimeError("no"))
    with pytest.raises(DomainError, match="Nothing was done about this person: the plugin “Door keeper” failed."):
        erase(wang["person"])
    with reading() as db:
        assert db.get_one(Customer, wang["person"][1]).erased_at is None


def test_one_that_is_switched_off_is_not_passed_over(wang):
    disable_plugin("doors", actor=SYSTEM, now=clock.now())
    refresh()
    try:
        for act in (erase, exported):
            with pytest.raises(PluginIsAway, match="Door keeper"):
                act(wang["person"])
        with reading() as db:
            assert db.get_one(Customer, wang["person"][1]).erased_at is None
    finally:
        enable_plugin("doors", actor=SYSTEM, now=clock.now())
        refresh()


def test_the_button_of_a_customer_has_everybody_forget(wang, boss, doors):
    assert boss.post(f"/customers/{wang['person'][1]}/erase").status_code == 303
    assert wang["person"] not in doors.NOTES
    assert boss.post(f"/customers/{wang['person'][1]}/erase").status_code == 409


def test_a_person_is_named_on_the_command_line(wang):
    with acting_as(SYSTEM):
        assert _person(f"customers.Customer:{wang['person'][1]}") == wang["person"]
        with pytest.raises(DomainError, match=f"orders.Order:{wang['guest']}"):
            _person(wang["phone"])
        erase(wang["person"])
        assert _person(wang["phone"]) == ("orders.Order", wang["guest"])
        with pytest.raises(NotFound):
            _person("19900000000")


class _Fake:
    """Stands for a mapped class, without leaving a table behind in the metadata of all."""

    def __init__(self, kind):
        self.__tablename__, self.__name__ = "doors__note", "Note"
        self.__table__ = Table("doors__note", MetaData(), Column("id", Integer, primary_key=True), Column("text", kind))


@pytest.mark.parametrize("column", [Pii, SealedJson, BlindIndex])
def test_a_table_with_personal_text_and_no_answer_is_a_fault(instance, doors, monkeypatch, column):
    note = type("Note", (), vars(_Fake(column)))
    monkeypatch.setattr(doors, "register_models", doors.hookimpl(lambda: [note]), raising=False)
    assert "doors__note.text is personal data, and register_personal_data does not answer for Note" in str(build(instance).faults["doors"].sentence)
    answer = doors.PersonalData("notes", [note], because="a note names nobody")
    monkeypatch.setattr(doors, "register_personal_data", doors.hookimpl(lambda: [answer]))
    assert "doors" not in build(instance).faults


@pytest.mark.parametrize("given", [{}, {"find": print, "export": print}, {"find": print, "export": print, "erase": print, "because": "no"}])
def test_half_an_answer_is_a_fault(instance, doors, monkeypatch, given):
    monkeypatch.setattr(doors, "register_personal_data", doors.hookimpl(lambda: [doors.PersonalData("notes", [], **given)]))
    assert "find, export and erase are needed, or because" in str(build(instance).faults["doors"].sentence)


def test_every_bundled_plugin_with_personal_text_answers(instance):
    answered = {model.__tablename__ for part in current_host().parts.values() for data in part.personal_data for model in data.tables}
    assert {"customers__customer", "customers__identity", "customers__address", "orders__order", "payments__attempt", "payments__refund", "payments__case"} <= answered


