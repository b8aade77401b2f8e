"""Notes, written by services that check and record nothing; the same table once more, without any; a nickname for each product."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date, datetime
from typing import Any

from sqlalchemy import BigInteger, Date, ForeignKey, String, delete, insert, select, update
from sqlalchemy.orm import Mapped, Session, mapped_column

from zhanggui.api import (
    Action,
    Actor,
    BigKey,
    Card,
    Column,
    Field,
    JobDef,
    Model,
    Money,
    Reader,
    Screen,
    Slot,
    Versioned,
    clock,
    create_row,
    hookimpl,
    job,
)


class Note(Model, Versioned):
    __tablename__ = "notes__note"
    id: Mapped[int] = mapped_column(BigKey, primary_key=True)
    code: Mapped[str] = mapped_column(String(20), unique=True)
    title: Mapped[str] = mapped_column(String(80))
    price: Mapped[int | None] = mapped_column(BigInteger)
    due: Mapped[date | None] = mapped_column(Date)
    done: Mapped[bool] = mapped_column(default=False)


class Nickname(Model):
    __tablename__ = "notes__nickname"
    product_id: Mapped[int] = mapped_column(BigKey, primary_key=True, autoincrement=False)
    name: Mapped[str] = mapped_column(String(40))


class Pin(Model):
    __tablename__ = "notes__pin"
    id: Mapped[int] = mapped_column(BigKey, primary_key=True)
    note_id: Mapped[int] = mapped_column(ForeignKey("notes__note.id"))


def write(db: Session, *, actor: Actor, now: datetime, price: Money | None = None, **values: Any) -> int:
    """No check, no trail, and an error of the database for a code that is taken."""
    key = db.execute(insert(Note).values(done=False, price=price.amount if price else None, **values)).inserted_primary_key
    return int(key[0])  # type: ignore[index]


def rewrite(db: Session, *, id: int, row_version: int | None, actor: Actor, now: datetime, **values: Any) -> None:
    """Writes over whatever others did."""
    plain = {name: value.amount if isinstance(value, Money) else value for name, value in values.items()}
    db.execute(update(Note).where(Note.id == id).values(**plain, row_version=Note.row_version + 1))


def tear(db: Session, *, id: int, actor: Actor, now: datetime) -> None:
    db.execute(delete(Note).where(Note.id == id))


def finish(db: Session, *, id: int, actor: Actor, now: datetime, when: date | None = None) -> None:
    db.execute(update(Note).where(Note.id == id).values(done=True, due=when, row_version=Note.row_version + 1))


ASKED_BY: list[Actor] = []  # for whom nicknames were loaded


def nicknames(db: Session, reader: Reader, ids: Sequence[int]) -> Mapping[int, str]:
    ASKED_BY.append(reader.actor)
    rows = db.execute(select(Nickname.product_id, Nickname.name).where(Nickname.product_id.in_(list(ids))))
    return {row.product_id: row.name for row in rows}


def give_nickname(db: Session, *, id: int, value: str | None, actor: Actor, now: datetime) -> None:
    db.execute(delete(Nickname).where(Nickname.product_id == id))
    if value:
        db.execute(insert(Nickname).values(product_id=id, name=value))


@job()
def remind(db: Session, *, code: str, **_from_newer_releases: object) -> None:
    """Writes a note as an automation would, without a request."""
    who = Actor("system", name="reminder", everything=True)
    values = {"code": code, "title": {"zh_CN": "提醒", "en": "Reminder"}, "price": Money(1990, "CNY"), "due": date(2026, 3, 9)}
    create_row(db, resource="notes.Plain", values=values, actor=who, now=clock.now(), key=f"remind-{code}")


FIELDS = (
    Field("code", "Code", "code", required=True, max_length=20), Field("title", "Title", required=True, max_length=80),
    Field("price", "Price", "money", minimum=0), Field("due", "Due", "date"),
)  # fmt: skip
COLUMNS = (Column("code", "Code"), Column("title", "Title"), Column("price", "Price", "money"), Column("due", "Due", "date"), Column("done", "Done", "bool"))
FORGETFUL = Screen(
    resource="notes.Note", source=Note, route="/notes", title="Notes", singular="Note", columns=COLUMNS, card=Card(title="code"), label="code",
    fields=lambda: FIELDS, actions=(Action("finish", "Finish", finish, fields=(Field("when", "When", "date"),)),),
    create=write, update=rewrite, delete=tear,
)  # fmt: skip
PLAIN = Screen(
    resource="notes.Plain", source=Note, route="/plain-notes", title="Plain notes", singular="Plain note", columns=COLUMNS, card=Card(title="code"),
    label="code", fields=(FIELDS[0], Field("title", "Title", "translations", required=True, max_length=80), *FIELDS[2:], Field("done", "Done", "bool")),
    create="generic", update="generic", delete="generic",
)  # fmt: skip


@hookimpl
def register_models() -> Sequence[type[Any]]:
    return [Note, Nickname, Pin]


@hookimpl
def register_screens() -> Sequence[Screen]:
    return [FORGETFUL, PLAIN]


@hookimpl
def register_slots() -> Sequence[Slot]:
    return [Slot("products.Product", Field("nickname", "Nickname", max_length=40), load=nicknames, save=give_nickname)]


@hookimpl
def register_jobs() -> Sequence[JobDef]:
    return [remind]
