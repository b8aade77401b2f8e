"""Every rule of the core that looks before it writes, under 24 threads on both databases.

``docs/explanation/races.md`` lists the rules; each line there names its test.
"""

from __future__ import annotations

import itertools
import threading
from datetime import timedelta
from functools import partial

import pytest
from flask_appbuilder.security.sqla.models import Role, User, assoc_permissionview_role, assoc_user_role
from sqlalchemy import delete, func, insert, select, update
from werkzeug.security import generate_password_hash

from zhanggui import audit
from zhanggui.audit.models import AuditEntry
from zhanggui.auth import passwords, service, throttle
from zhanggui.auth.models import Profile, TakenName, UserSession
from zhanggui.auth.passwords import WrongPassword
from zhanggui.auth.principal import find_principal
from zhanggui.config import settings
from zhanggui.config.models import StoredSetting
from zhanggui.db.people import PersonKey
from zhanggui.db.uow import reading, unit_of_work
from zhanggui.host import current_host, generation, refresh
from zhanggui.host.host import Fault, Host
from zhanggui.host.models import PluginState, Repair
from zhanggui.host.service import PluginRefused, disable_plugin, enable_plugin, enabled_ids, record_repairs
from zhanggui.i18n import content
from zhanggui.importing.models import Import
from zhanggui.importing.runner import BeingImported, run_import
from zhanggui.jobs import dead_letters, scheduler, store
from zhanggui.jobs.models import Job
from zhanggui.kernel import clock
from zhanggui.kernel.actors import SYSTEM, Actor, acting_as
from zhanggui.kernel.errors import DomainError, Invalid, NotFound, StaleRow
from zhanggui.notices import mark_read, notify
from zhanggui.notices.models import Notice, ReadUpTo
from zhanggui.runtime import activated, open_runtime
from zhanggui.testing.fixtures import NOON
from zhanggui.testing.racing import at_once, race, refused

MANY = 24
CHEAP = generate_password_hash("the present one 7", method="pbkdf2:sha256:1")  # the rule is tried here, not the hash
_numbers = itertools.count(1)


@pytest.fixture(autouse=True)
def cheap_hashes(monkeypatch):
    """24 real password hashes take seconds, and no rule here depends on what they cost."""
    monkeypatch.setattr(passwords, "generate_password_hash", partial(generate_password_hash, method="pbkdf2:sha256:1"))


@pytest.fixture(scope="module", params=["sqlite", "postgresql"])
def shop(databases, request):
    """One shop for all of these tests: each uses rows of its own."""
    runtime = open_runtime(databases.fresh(request.param))
    with activated(runtime), acting_as(SYSTEM):
        refresh(runtime)
        yield runtime
    databases.drop(runtime)


def plant(role=None):
    """A member of staff, without the work of a real password."""
    name = f"planted{next(_numbers)}"
    with unit_of_work() as db:
        values = {"username": name, "first_name": name, "last_name": "", "email": f"{name}@x.invalid", "active": True, "password": CHEAP}
        user_id = db.execute(insert(User.__table__).values(**values)).inserted_primary_key[0]
        db.add(Profile(user_id=user_id, credentials_since=NOON))
        if role:
            role_id = db.scalar(select(Role.id).where(Role.name == role))
            db.execute(insert(assoc_user_role).values(user_id=user_id, role_id=role_id))
    return user_id


def new_role():
    with unit_of_work() as db:
        return service.create_role(db, name=f"Helpers {next(_numbers)}", grants=set(), actor=SYSTEM, now=NOON)


def counted(model, *where):
    with reading() as db:
        return db.scalar(select(func.count()).select_from(model).where(*where))


def done(outcomes):
    """Nobody was refused or failed."""
    assert refused(outcomes) == 0
    return outcomes


# -- staff and roles --------------------------------------------------------------------------------


def test_an_owner_stays_when_all_owners_disable_each_other(shop):
    owners = [plant("owner") for _ in range(MANY)]

    def act(db, number):
        other = owners[(number + 1) % MANY]
        if number % 2:
            service.disable_user(db, id=other, actor=SYSTEM, now=NOON)
        else:
            service.set_roles(db, id=other, roles=[], actor=SYSTEM, now=NOON)

    assert refused(race(MANY, act), service.LastOwner) == 1


def test_of_many_who_want_one_user_name_one_gets_it(shop):
    spellings = ["Lena", "lena", "LENA", "ｌｅｎａ", "1ena", "Iena"]

    def act(db, number):
        name = spellings[number % len(spellings)]
        return service.create_user(db, username=name, password="tiger blossom kettle", actor=SYSTEM, now=NOON)

    assert refused(race(MANY, act), Invalid) == MANY - 1


def test_of_many_who_want_one_role_name_one_gets_it(shop):
    spellings = ["夜班 Night", "夜班 night", "夜班　Ｎｉｇｈｔ"]
    outcomes = race(MANY, lambda db, n: service.create_role(db, name=spellings[n % 3], grants=set(), actor=SYSTEM, now=NOON))
    assert refused(outcomes, Invalid) == MANY - 1
    assert counted(TakenName, TakenName.folded.like("夜班%")) == 1


def test_of_many_who_save_the_rights_of_one_role_the_first_is_kept(shop):
    role = new_role()
    pairs = sorted(grant for grant in _wanted())[:MANY]

    def act(db, number):
        service.set_grants(db, role_id=role, grants={pairs[number]}, scope=None, actor=SYSTEM, now=NOON, row_version=1)

    assert refused(race(MANY, act), StaleRow) == MANY - 1
    assert counted(assoc_permissionview_role, assoc_permissionview_role.c.role_id == role) == 1


def test_one_right_given_by_many_is_given_once(shop):
    role, grants = new_role(), set(sorted(_wanted())[:2])
    done(race(MANY, lambda db, n: service.set_grants(db, role_id=role, grants=grants, scope=None, actor=SYSTEM, now=NOON)))
    assert counted(assoc_permissionview_role, assoc_permissionview_role.c.role_id == role) == 2


def _wanted():
    from zhanggui.host.permissions import wanted_permissions

    return wanted_permissions(current_host())[0]


def test_a_role_that_somebody_gets_is_not_deleted_and_one_that_is_deleted_nobody_gets(shop):
    role, people = new_role(), [plant() for _ in range(MANY)]
    with reading() as db:
        name = db.scalar(select(Role.name).where(Role.id == role))

    def act(db, number):
        if number % 2:
            service.delete_role(db, id=role, actor=SYSTEM, now=NOON)
        else:
            service.set_roles(db, id=people[number], roles=[name], actor=SYSTEM, now=NOON)

    refused(race(MANY, act), DomainError)
    assert (counted(Role, Role.id == role) == 0) == (counted(assoc_user_role, assoc_user_role.c.role_id == role) == 0)


def test_a_user_who_gets_roles_from_many_has_those_of_one(shop):
    user = plant()
    choices = [["clerk"], ["warehouse", "viewer"], []]
    done(race(MANY, lambda db, n: service.set_roles(db, id=user, roles=choices[n % 3], actor=SYSTEM, now=NOON)))
    with reading() as db:
        held = set(db.scalars(select(Role.name).join(assoc_user_role).where(assoc_user_role.c.user_id == user)))
    assert held in ({"clerk"}, {"warehouse", "viewer"}, set())


def test_preferences_of_somebody_without_a_profile_are_kept_by_all(shop):
    user = plant()
    with unit_of_work() as db:
        db.execute(delete(Profile).where(Profile.user_id == user))
    actor = Actor("user", id=user, name="x")
    done(race(MANY, lambda db, n: service.set_preferences(db, actor=actor, now=NOON, appearance="dark")))


# -- signing in -------------------------------------------------------------------------------------


def test_of_many_who_change_a_password_by_the_present_one_one_succeeds(shop):
    user = plant()
    actor = Actor("user", id=user, name="x")

    def act(db, number):
        new = f"kettle blossom tiger {number}"
        service.change_own_password(db, old="the present one 7", new=new, session_row=None, actor=actor, now=NOON)

    assert refused(race(MANY, act), WrongPassword) == MANY - 1


def test_no_session_outlives_the_password_that_began_it(shop):
    user = plant()
    principal = find_principal(user)
    passwords.check_password("kettle blossom tiger")  # its lists are read once, and not while the others wait
    begun, changed = threading.Event(), threading.Event()

    def act(number):
        with unit_of_work() as db:
            if number == 0:
                begun.wait(10)
                service.set_password(db, id=user, password="kettle blossom tiger", actor=SYSTEM, now=NOON + timedelta(hours=1))
                changed.set()
                return
            service.start_session(db, principal, ip=None, device="", now=clock.now())
            if number == 1:  # still open when the password is changed: the change waits for it
                begun.set()
                changed.wait(0.7)

    refused(at_once(MANY, act), service.WrongCredentials)
    assert counted(UserSession, UserSession.user_id == user, UserSession.revoked_at.is_(None)) == 0


def test_a_session_is_ended_once(shop):
    user = plant()
    with unit_of_work() as db:
        row, _secret = service.start_session(db, find_principal(user), ip=None, device="", now=clock.now())
    outcomes = race(MANY, lambda db, n: service.revoke_session(db, row, user_id=user, actor=SYSTEM, now=NOON))
    assert refused(outcomes, NotFound) == MANY - 1
    assert counted(AuditEntry, AuditEntry.action == "core.session.revoked", AuditEntry.target_id == str(row)) == 1


def test_of_many_guesses_at_once_ten_are_looked_at(shop):
    outcomes = race(MANY, lambda db, n: throttle.sign_in_tried(db, "raced", f"10.0.0.{n}", device=None, known_place=False))
    assert sorted(tried.full for tried in done(outcomes)) == [False] * throttle.LIMIT + [True] * (MANY - throttle.LIMIT)


def test_who_has_waited_gets_one_try_of_many(shop):
    def tried(db, _number):
        return throttle.sign_in_tried(db, "patient", "10.1.1.1", device=None, known_place=False).full

    with unit_of_work() as db:
        for n in range(11):
            throttle.sign_in_tried(db, "patient", f"10.2.2.{n}", device=None, known_place=False)
        assert tried(db, 0)
    with clock.hold(clock.now() + throttle.WINDOW), unit_of_work() as db:
        for n in range(11):
            throttle.sign_in_tried(db, "patient", f"10.2.2.{n}", device=None, known_place=False)
    with clock.hold(clock.now() + throttle.WINDOW):
        assert done(race(9, tried)).count(False) == 1


# -- settings and plugins ---------------------------------------------------------------------------


def test_of_many_who_save_the_settings_the_first_is_kept(shop):
    with reading() as db:
        shown = settings.seen(db)

    def act(db, number):
        settings.save(db, {"instance.name": f"Shop {number}"}, shown=shown, actor=SYSTEM, now=NOON)

    assert refused(race(MANY, act), StaleRow) == MANY - 1


def test_a_setting_that_many_change_for_the_first_time_is_one_row(shop):
    key = "plugin.storefront.token_days"
    done(race(MANY, lambda db, n: settings.set(db, key, n + 1, actor=SYSTEM, now=NOON)))
    assert counted(StoredSetting, StoredSetting.key == key) == 1


def test_every_change_moves_the_generation(shop):
    with reading() as db:
        before = generation.read(db)
    done(race(MANY, lambda db, n: generation.bump(db, "security")))
    with reading() as db:
        assert generation.read(db).security == before.security + MANY


def test_nothing_runs_without_what_it_requires(shop):
    with unit_of_work() as db:
        db.execute(update(PluginState).values(enabled=PluginState.id == "products"))

    def act(number):
        if number:
            disable_plugin("products", actor=SYSTEM, now=NOON)
        else:
            enable_plugin("inventory", actor=SYSTEM, now=NOON)

    refused(at_once(MANY, act), PluginRefused)
    with unit_of_work() as db:
        left = enabled_ids(db)
        db.execute(update(PluginState).values(enabled=True))
        generation.bump(db, "plugins")
    refresh(shop)
    assert left in (set(), {"products", "inventory"})


def test_a_fault_that_every_process_meets_is_one_repair(shop):
    host = Host(current_host().manager)
    host.faults["loyalty"] = Fault("loyalty", "build", "it cannot be built")
    done(at_once(MANY, lambda n: record_repairs(host)))
    assert counted(Repair) == 1
    host.faults.clear()
    done(at_once(MANY, lambda n: record_repairs(host)))
    assert counted(Repair) == 0


# -- work -------------------------------------------------------------------------------------------


def test_one_scheduler_leads(shop):
    outcomes = race(MANY, lambda db, n: scheduler.lead(db, f"holder{n}"))
    assert done(outcomes).count(True) == 1


def planted_job(**more):
    values = {"name": "core.clean_up", "kwargs": {}, "state": "ready", "run_at": NOON, "correlation": "x", "created_at": NOON}
    with unit_of_work() as db:
        return db.execute(insert(Job.__table__).values(**(values | more))).inserted_primary_key[0]


def test_one_worker_gets_a_job(shop):
    job = planted_job()
    assert sum(len(ids) for ids, _token in done(race(MANY, lambda db, n: store.claim(db, Job.id == job)))) == 1


def test_a_lost_job_is_taken_back_once(shop):
    planted_job(state="running", attempts=8, max_attempts=8, lease_until=NOON, lease_token="gone")
    assert sum(len(lost) for lost in done(race(MANY, lambda db, n: store.take_back(db)))) == 1


def test_a_dead_job_is_tried_again_once(shop):
    job = planted_job(state="dead")
    assert sum(done(race(MANY, lambda db, n: dead_letters.requeue(db, [job], actor=SYSTEM, now=NOON)))) == 1


def test_a_unique_job_is_added_once(shop):
    job = next(iter(current_host().jobs.values()))
    outcomes = race(MANY, lambda db, n: store.add_job(db, job, {}, unique="raced", correlation="x"))
    assert sum(added is not None for added in done(outcomes)) == 1


def test_a_file_that_many_import_is_imported_once(shop, tmp_path):
    path = tmp_path / "customers.csv"
    path.write_text("客户编号,姓名,手机\n88,王小明,13800138000\n", encoding="utf-8")
    outcomes = at_once(MANY, lambda n: run_import(shop, "customers", path, quiet=True))
    refused(outcomes, BeingImported)
    new = [report for report in outcomes if not isinstance(report, Exception) and not report.already]
    assert len(new) == 1
    assert counted(Import) == 1


# -- what is told and kept --------------------------------------------------------------------------


def test_a_notice_of_one_key_is_written_once(shop):
    done(race(MANY, lambda db, n: notify(db, kind="test", title="low", now=NOON, key="raced")))
    assert counted(Notice, Notice.key == "raced") == 1


def test_what_was_read_stays_read(shop):
    reader = Actor("user", id=10**6, name="x", everything=True)

    def act(db, number):
        notify(db, kind="test", title="t", now=NOON, key=f"read{number}")
        mark_read(db, reader, now=NOON)

    done(race(MANY, act))
    with reading() as db:
        newest = db.scalar(select(func.max(Notice.id)))
        assert db.scalar(select(ReadUpTo.notice_id).where(ReadUpTo.user_id == reader.id)) == newest


def test_a_person_has_one_key(shop):
    subject = ("customers.Customer", 10**6)
    done(race(MANY, lambda db, n: audit.record(db, "core.test.sealed", subject=subject, pii={"n": n}, actor=SYSTEM, now=NOON)))
    assert counted(PersonKey, PersonKey.subject_id == str(10**6)) == 1
    with reading() as db:
        entries = db.scalars(select(AuditEntry).where(AuditEntry.action == "core.test.sealed")).all()
        assert sorted(audit.read_pii(db, entry)["n"] for entry in entries) == list(range(MANY))


def test_a_translation_that_many_write_is_one_row(shop):
    def act(db, number):
        content.set_texts(db, "test.Thing", 1, {"name": ({"en": f"tea {number}"}, "茶")})

    done(race(MANY, act))
    assert counted(content.Translation, content.Translation.resource == "test.Thing") == 1
