"""While a request only asks, nothing can be written but what is recorded about asking."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from flask import Response, stream_with_context
from sqlalchemy import delete, func, insert, select, text, update
from werkzeug.test import Client

from zhanggui import audit
from zhanggui.app import Site
from zhanggui.audit.models import AuditEntry
from zhanggui.auth import throttle
from zhanggui.auth.models import UserSession
from zhanggui.auth.permissions import public
from zhanggui.config.models import StoredSetting
from zhanggui.db.asking import WriteWhileAsking, asking
from zhanggui.db.uow import reading, recording, unit_of_work
from zhanggui.kernel.actors import SYSTEM
from zhanggui.testing.fixtures import NOON

ROW = {"key": "planted", "value": True}


def stored() -> int:
    with reading() as db:
        return db.scalar(select(func.count()).where(StoredSetting.key == "planted")) or 0


def write() -> None:
    with unit_of_work() as db:
        db.add(StoredSetting(**ROW))


def trail() -> int:
    with reading() as db:
        return db.scalar(select(func.count()).select_from(AuditEntry)) or 0


def test_a_unit_of_work_is_refused_and_the_next_request_may_write_again(instance: Any):
    with asking(), pytest.raises(WriteWhileAsking):
        write()
    assert stored() == 0
    write()
    assert stored() == 1


def test_no_other_way_leads_to_a_connection_that_writes(instance: Any):
    with asking(), instance.engine.connect() as connection:
        for _again in range(2):
            with pytest.raises(WriteWhileAsking):
                connection.execute(insert(StoredSetting.__table__), ROW)
            with pytest.raises(WriteWhileAsking):
                connection.exec_driver_sql("DELETE FROM core__audit")
    assert stored() == 0


def test_what_is_recorded_about_reading_goes_through(instance: Any):
    before = trail()
    with asking(), recording() as db:
        audit.record(db, "test.thing.exported", actor=SYSTEM, now=NOON, subject=("test.Person", 1), pii={"phone": "13800138000"})
        throttle.count(db, ["test:1"])
        db.execute(update(UserSession).where(UserSession.id == 0).values(last_seen_at=NOON))
    assert trail() == before + 1


@pytest.mark.parametrize("asked", [True, False])
@pytest.mark.parametrize(
    "statement",
    [
        insert(StoredSetting).values(**ROW), delete(AuditEntry), update(AuditEntry).values(label=""), delete(UserSession), insert(UserSession),
        update(UserSession).values(last_seen_at=NOON, revoked_at=None), update(UserSession).values(data={}),
        text("DELETE FROM core__setting"), select(insert(StoredSetting).values(**ROW).returning(StoredSetting.key).cte("hidden").c.key),
    ],
    ids=["another table", "delete", "update", "sessions end", "sessions begin", "a session comes back", "a session remembers", "plain text", "hidden in a query"],
)  # fmt: skip
def test_nothing_else_goes_through_that_door(instance: Any, statement: Any, asked: bool):
    before = trail(), stored()
    if asked:
        with asking(), pytest.raises(WriteWhileAsking), recording() as db:
            db.execute(statement)
    else:
        with pytest.raises(WriteWhileAsking), recording() as db:
            db.execute(statement)
    assert (trail(), stored()) == before


@pytest.mark.parametrize("kind", ["sqlite"], indirect=True)
class TestOverHttp:
    """A handler that was written wrongly."""

    @pytest.fixture
    def client(self, site: Site) -> Client:
        @public("only for this test")
        def at_once() -> str:
            write()
            return "done"

        @public("only for this test")
        def while_streaming() -> Response:
            def parts() -> Iterator[str]:
                yield "first"
                write()
                yield "second"

            return Response(stream_with_context(parts()))

        app = site.app({})
        for name, view in (("at_once", at_once), ("while_streaming", while_streaming)):
            app.add_url_rule(f"/{name}", f"{name}_get", view)
            app.add_url_rule(f"/{name}", f"{name}_post", view, methods=["POST"])
            app.extensions["csrf"].exempt(view)
        return Client(site)

    @pytest.mark.parametrize("method", ["GET", "HEAD", "get"])
    def test_it_is_a_bug_that_is_written_down(self, client: Client, method: str, caplog: pytest.LogCaptureFixture):
        assert client.open("/at_once", method=method).status_code == 500
        assert "WriteWhileAsking" in caplog.text
        assert stored() == 0

    def test_it_holds_while_the_answer_is_being_sent(self, client: Client):
        with pytest.raises(WriteWhileAsking):
            client.get("/while_streaming").get_data()
        assert stored() == 0

    @pytest.mark.parametrize("path", ["/at_once", "/while_streaming"])
    def test_a_post_may_write(self, client: Client, path: str):
        assert client.post(path).text in ("done", "firstsecond")
        assert stored() == 1
