"""A private file is for who may see the row it belongs to; everybody else is told that there is none."""

from __future__ import annotations

import io
import os
import time
from datetime import timedelta

import pytest
from sqlalchemy import insert, select

from zhanggui.api import Invalid, NotFound, attach_private_file, readable_file, remove_private_files, save_private_file
from zhanggui.db.uow import reading, unit_of_work
from zhanggui.files import private
from zhanggui.files.models import PrivateFile
from zhanggui.kernel import clock

PDF = b"%PDF-1.7 the contract of Zhang San"
PNG = b"\x89PNG\r\n\x1a\n and so on"


def save(data=PDF, name="contract.pdf", **more):
    with unit_of_work() as db:
        return save_private_file(db, io.BytesIO(data), filename=name, now=clock.now(), **more)


@pytest.fixture
def paper(people):
    """``paper("clerk")``: a row that this person alone may see; its id."""
    from zhanggui_dossier.papers import PAPERS

    def make(who="clerk"):
        with unit_of_work() as db:
            return db.execute(insert(PAPERS).values(name="Paper", owner_id=people[who].id).returning(PAPERS.c.id)).scalar_one()

    return make


def on_disk(instance):
    return {path.name for path in (instance.data / "files").rglob("*") if path.is_file()}


def test_a_file_of_a_row_that_the_reader_may_not_see_is_not_there(instance, paper, people, sign_in):
    file = save(row=("dossier.Paper", paper("clerk")), actor=people["owner"])
    paths = (f"/private-files/{file.id}", f"/api/v1/core/files/{file.id}")
    for path in paths:
        assert [sign_in(who).get(path).status_code for who in ("clerk", "owner", "viewer")] == [200, 200, 404], path
    assert sign_in("clerk").get("/private-files/" + "a" * 24).status_code == 404


def test_who_has_not_signed_in_gets_none(instance, paper, people, site):
    from werkzeug.test import Client

    file = save(row=("dossier.Paper", paper()), actor=people["clerk"])
    assert Client(site).get(f"/private-files/{file.id}").status_code == 302
    assert Client(site).get(f"/api/v1/core/files/{file.id}").status_code == 401
    for size in ("thumb", "full"):
        assert Client(site).get(f"/files/{file.id}/{size}").status_code == 404


def test_a_field_rule_counts_beside_the_rule_of_the_row(instance, paper, people):
    row = ("dossier.Paper", paper("clerk"))
    file = save(row=row, field="salary", actor=people["owner"])
    with reading() as db:
        assert readable_file(db, file.id, actor=people["owner"]).name == "contract.pdf"
        with pytest.raises(NotFound):
            readable_file(db, file.id, actor=people["clerk"])


def test_it_is_sent_as_a_download_that_nobody_else_keeps(instance, paper, people, sign_in):
    name = "合同 of Zhang.pdf"
    file = save(name=f"../..\\{name[:5]}\ud800\r\n{name[5:]}", row=("dossier.Paper", paper()), actor=people["clerk"])
    clerk = sign_in("clerk")
    got = clerk.get(f"/private-files/{file.id}")
    assert (got.data, got.mimetype, file.name) == (PDF, "application/pdf", name)
    heads = got.headers
    assert heads["Content-Disposition"].startswith("attachment;") and "%E5%90%88" in heads["Content-Disposition"]
    assert (heads["X-Content-Type-Options"], heads["Cache-Control"]) == ("nosniff", "private, no-cache")
    assert "sandbox" in heads["Content-Security-Policy"]
    again = clerk.client.get(f"/private-files/{file.id}", headers={"If-None-Match": heads["ETag"]})
    assert again.status_code == 304
    assert os.stat(file.path).st_size == len(PDF)
    with reading() as db:
        stored = db.connection().exec_driver_sql("SELECT name FROM core__private_file").scalar_one()
    assert b"Zhang" not in bytes(stored)


@pytest.mark.parametrize(
    ("data", "name", "more"),
    [(b"", "a.pdf", {}), (b"<html><script>", "a.pdf", {}), (PDF, "a.html", {}), (PDF, "a.png", {}), (b"a,b\0", "a.csv", {"kinds": ["csv"]}),
     (PDF, "a.pdf", {"max_bytes": len(PDF) - 1}), (b"a" * 70_000 + b"\0", "a.txt", {"kinds": ["text"]})],
    ids=["nothing", "html", "unknown ending", "another ending", "no text", "too large", "no text to its end"],
)  # fmt: skip
def test_what_is_none_of_the_declared_kinds_or_too_large_is_refused(instance, people, data, name, more):
    with pytest.raises(Invalid):
        save(data, name, actor=people["clerk"], **more)
    assert on_disk(instance) == set()


def test_until_it_is_attached_only_who_brought_it_gets_it_and_then_it_stays(instance, paper, people):
    file, row = save(actor=people["clerk"]), ("dossier.Paper", paper("viewer"))
    with reading() as db:
        assert readable_file(db, file.id, actor=people["clerk"])
        for who in ("viewer", "owner"):
            with pytest.raises(NotFound):
                readable_file(db, file.id, actor=people[who])
    with pytest.raises(NotFound), unit_of_work() as db:
        attach_private_file(db, file.id, row, actor=people["viewer"])
    with unit_of_work() as db:
        attach_private_file(db, file.id, row, actor=people["clerk"])
    with reading() as db:
        assert readable_file(db, file.id, actor=people["viewer"])
        with pytest.raises(NotFound):
            readable_file(db, file.id, actor=people["clerk"])
    with pytest.raises(NotFound), unit_of_work() as db:
        attach_private_file(db, file.id, ("dossier.Paper", paper("clerk")), actor=people["clerk"])


def test_it_goes_with_its_row_and_not_before_the_commit(instance, paper, people):
    row = ("dossier.Paper", paper())
    file = save(row=row, actor=people["clerk"])
    with pytest.raises(LookupError), unit_of_work() as db:
        remove_private_files(db, row=row)
        raise LookupError
    assert on_disk(instance) == {file.id}
    with unit_of_work() as db:
        assert remove_private_files(db, row=row) == 1
    assert on_disk(instance) == set()


def test_what_nobody_attached_or_was_rolled_back_is_swept_up_after_a_day(instance, paper, people):
    kept = save(row=("dossier.Paper", paper()), actor=people["clerk"])
    loose = save(actor=people["clerk"])
    with pytest.raises(LookupError), unit_of_work() as db:
        lost = save_private_file(db, io.BytesIO(PDF), filename="a.pdf", actor=people["clerk"], now=clock.now())
        raise LookupError
    young, _path = private.new_path()
    private.path_of(young).write_bytes(b"being written")
    yesterday = time.time() - 90_000
    for file in (kept, loose, lost):
        os.utime(file.path, (yesterday, yesterday))
    with unit_of_work() as db:
        assert private.sweep(db) == 1
        assert private.remove_ended(db, clock.now()) == 0
        assert private.remove_ended(db, clock.now() + timedelta(days=2)) == 1
    assert on_disk(instance) == {kept.id, young}


# -- as a field of a form ---------------------------------------------------------------------------


def sent(data, name):
    return (io.BytesIO(data), name)


def the_row():
    from zhanggui_dossier.papers import PAPERS

    with reading() as db:
        return db.execute(select(PAPERS)).one()


def test_a_field_takes_it_shows_it_replaces_it_and_lets_it_go(instance, people, sign_in):
    clerk, me = sign_in("clerk"), str(people["clerk"].id)
    typed = {"name": "Mine", "owner_id": me}
    assert clerk.post("/papers/add", {**typed, "contract__new": sent(PDF, "first.pdf")}).status_code == 303
    first = the_row()
    page = clerk.get(f"/papers/{first.id}").get_data(as_text=True)
    assert f'<a href="/private-files/{first.contract}" download>first.pdf</a>' in page
    assert "first.pdf" in clerk.get("/papers/").get_data(as_text=True)
    form = clerk.get(f"/papers/{first.id}/edit").get_data(as_text=True)
    assert 'accept=".pdf,.png"' in form and "multipart/form-data" in form and "first.pdf" in form
    assert b"first.pdf" in clerk.get("/papers/export.csv").data
    version = str(first.row_version)
    clerk.post(f"/papers/{first.id}/edit", {**typed, "contract": first.contract, "row_version": version, "name": "Still mine"})
    assert the_row().contract == first.contract
    clerk.post(f"/papers/{first.id}/edit", {**typed, "contract": first.contract, "contract__new": sent(PNG, "second.png")})
    second = the_row()
    assert on_disk(instance) == {second.contract} != {first.contract}
    clerk.post(f"/papers/{first.id}/edit", typed)
    assert (the_row().contract, on_disk(instance)) == (None, set())
    clerk.post(f"/papers/{first.id}/edit", {**typed, "contract__new": sent(PDF, "third.pdf")})
    clerk.post(f"/papers/{first.id}/delete")
    assert on_disk(instance) == set()


def test_what_is_wrong_with_it_is_told_beside_the_field(instance, people, sign_in):
    clerk, me = sign_in("clerk"), str(people["clerk"].id)
    for data, name, said in ((b"MZ\x90", "a.pdf", "none of these kinds: .pdf, .png"), (PDF * 100, "a.pdf", "at most 0.00191 MB")):
        answer = clerk.post("/papers/add", {"name": "Mine", "owner_id": me, "contract__new": sent(data, name)})
        assert (answer.status_code, said in answer.get_data(as_text=True)) == (422, True)
    with reading() as db:
        assert db.scalars(select(PrivateFile.id)).all() == []


def test_the_id_of_a_file_that_one_may_not_see_is_no_choice(instance, paper, people, sign_in):
    theirs = save(row=("dossier.Paper", paper("viewer")), actor=people["viewer"])
    answer = sign_in("clerk").post("/papers/add", {"name": "Mine", "owner_id": str(people["clerk"].id), "contract": theirs.id})
    assert (answer.status_code, "contract.pdf" in answer.get_data(as_text=True)) == (422, False)


def test_programs_see_what_it_is_called_and_where_it_is(instance, people, sign_in):
    clerk, me = sign_in("clerk"), people["clerk"].id
    file = save(actor=people["clerk"])
    clerk.get("/papers/add")
    head = {"X-CSRFToken": clerk.token, "Accept": "application/json"}
    made = clerk.client.post("/api/v1/dossier/papers/", json={"name": "Mine", "owner_id": me, "contract": file.id}, headers=head)
    assert made.status_code == 201
    row = clerk.client.get(f"/api/v1/dossier/papers/{made.get_json()['id']}").get_json()
    assert row["contract"] == {
        "id": file.id, "name": "contract.pdf", "media_type": "application/pdf", "size": len(PDF), "href": f"/api/v1/core/files/{file.id}",
    }  # fmt: skip
    assert clerk.client.get(row["contract"]["href"]).data == PDF


def test_programs_bring_one_and_a_field_takes_only_what_it_declares(instance, people, sign_in):
    owner = sign_in("owner")
    owner.get("/papers/add")
    head = {"X-CSRFToken": owner.token, "Accept": "application/json"}

    def bring(data, name):
        return owner.client.post("/api/v1/core/files/", data={"file": sent(data, name)}, headers=head)

    good, text, large = (bring(*file).get_json()["id"] for file in ((PDF, "a.pdf"), (b"hello", "a.txt"), (PDF * 100, "b.pdf")))
    for file_id, status in ((text, 422), (large, 422), (good, 201)):
        made = owner.client.post("/api/v1/dossier/papers/", json={"name": "Mine", "contract": file_id}, headers=head)
        assert made.status_code == status, made.data
    assert bring(b"<html>", "a.html").status_code == 422
    clerk = sign_in("clerk")
    clerk.get("/papers/add")
    refused = clerk.client.post("/api/v1/core/files/", data={"file": sent(PDF, "a.pdf")}, headers={**head, "X-CSRFToken": clerk.token})
    assert refused.status_code == 403
