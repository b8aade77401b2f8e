"""Whether the trail is the one that was written: rows, places, ends that were kept elsewhere, and the guards of the database."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, text

from ..config import settings
from ..db.append_only import guards
from ..db.uow import reading
from ..i18n.texts import lazy_gettext as _l
from ..jobs import job
from ..kernel import clock
from ..kernel.errors import DomainError
from ..runtime import Runtime, current_runtime
from . import chain
from .canonical import of_row

_TABLES = (("core__audit", [["id"]], "the audit trail"), ("core__audit_link", [["number"], ["audit_id"]], "the chain of the audit trail"))


class BentTrail(DomainError):
    """The trail is not the one that was written."""

    code = "bent_trail"


@dataclass(frozen=True)
class Head:
    """The end of the chain at a moment, kept where who bends the trail does not come to."""

    number: int
    digest: str
    at: str


@dataclass(frozen=True)
class Verdict:
    """``number`` is the first bad place of the chain, 0 where none is; ``why`` says what is wrong there, and is empty when all is well."""

    rows: int
    head: Head
    number: int = 0
    why: Any = ""

    @property
    def whole(self) -> bool:
        """Whether nothing was found."""
        return not self.why


def verify(connection: Connection, heads: Iterable[Head] = ()) -> Verdict:
    """Follow the chain from its beginning, in one snapshot of the database.

    :param heads: ends that were kept elsewhere; without them a trail that was cut at its end, or written anew as a whole, looks like a shorter one.
    """
    known = {head.number: head.digest for head in heads}
    last, number, count = chain.START, 0, 0

    def verdict(bad: int = 0, why: Any = "") -> Verdict:
        return Verdict(count, Head(number, last, clock.now().isoformat()), bad, why)

    for found, audit_id, link, row in chain.read(connection):
        if found != number + 1:
            return verdict(number + 1, _l("the link is missing"))
        if row is None:
            return verdict(found, _l("row %(id)s is gone", id=audit_id))
        if chain.digest(last, found, audit_id, of_row(row)) != link:
            return verdict(found, _l("row %(id)s, or its link, is not what was written", id=audit_id))
        if known.get(found, link) != link:
            return verdict(found, _l("it was written anew: the end that was kept elsewhere is another one"))
        last, number, count = link, found, count + 1
    beyond = sorted(kept for kept in known if kept > number)
    if beyond:
        return verdict(number + 1, _l("the end was cut off: an end was kept with the number %(number)s", number=beyond[-1]))
    strangers = chain.unlinked(connection)
    if strangers:
        return verdict(number + 1, _l("row %(id)s was written past the program: it has no link", id=strangers[0]))
    gone = missing_guards(connection)
    if gone:
        return verdict(number, _l("the guard %(name)s of the database is gone or was changed", name=gone[0]))
    return verdict()


def missing_guards(connection: Connection) -> list[str]:
    """Triggers that are not there, asleep, or that say something else than they did."""
    return _missing_postgresql(connection) if connection.dialect.name == "postgresql" else _missing_sqlite(connection)


def _missing_sqlite(connection: Connection) -> list[str]:
    there = {row.name: row.sql for row in connection.execute(text("SELECT name, sql FROM sqlite_master WHERE type = 'trigger'"))}
    wanted = {_named(statement): statement for table, keys, what in _TABLES for statement in guards("sqlite", table, keys, what)}
    return [name for name, statement in wanted.items() if _plain(there.get(name, "")) != _plain(statement)]


def _missing_postgresql(connection: Connection) -> list[str]:
    rows = connection.execute(text(
        "SELECT t.tgname AS name, t.tgenabled AS state, p.proname AS runs, p.prosrc AS body FROM pg_trigger t JOIN pg_class c ON c.oid = t.tgrelid "
        "JOIN pg_proc p ON p.oid = t.tgfoid WHERE c.relnamespace = current_schema()::regnamespace"
    )).all()  # fmt: skip
    there = {row.name: row for row in rows}
    gone = []
    for table, keys, what in _TABLES:
        body = next(found[1] for found in (re.search(r"\$\$(.*)\$\$", statement) for statement in guards("postgresql", table, keys, what)) if found)
        for name in (f"{table}_no_change", f"{table}_no_truncate"):
            row = there.get(name)
            state = row.state.decode() if row is not None and isinstance(row.state, bytes) else row.state if row is not None else ""
            if row is None or state != "A" or row.runs != f"{table}_refuse" or _plain(row.body) != _plain(body):
                gone.append(name)
    return gone


def _named(statement: str) -> str:
    return statement.split()[2]


def _plain(statement: str) -> str:
    return " ".join(statement.split()).strip("; ")


# -- ends that are kept elsewhere -------------------------------------------------------------------


def heads_file(runtime: Runtime) -> Path:
    """Where ends of the chain are written to; better a place that who runs the database cannot write."""
    named = str(settings.get("audit.heads_file") or "")
    return Path(named) if named else runtime.data / "audit-heads.jsonl"


def read_heads(path: Path) -> list[Head]:
    """The ends in a file; none where it is not there.

    :raises BentTrail: when a line in it is none.
    """
    if not path.is_file():
        return []
    heads = []
    for place, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1):
        try:
            told = json.loads(line)
            heads.append(Head(int(told["number"]), str(told["digest"]), str(told["at"])))
        except (ValueError, KeyError, TypeError):
            raise BentTrail(_l("Line %(line)s of %(file)s is no end of the trail."), line=place, file=str(path)) from None
    return heads


def export_head(path: Path, now: datetime) -> Head | None:
    """Add the present end to a file; None when it stands there already, or there is none."""
    with reading() as db:
        number, digest = chain.head(db)
    known = read_heads(path)
    if not number or (known and known[-1].number == number and known[-1].digest == digest):
        return None
    head = Head(number, digest, now.isoformat())
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("a", encoding="utf-8") as out:
        out.write(json.dumps({"number": head.number, "digest": head.digest, "at": head.at}) + "\n")
    return head


@job(_l("Keep the end of the audit trail elsewhere"), max_attempts=3)
def keep_head() -> None:
    """Once an hour."""
    export_head(heads_file(current_runtime()), clock.now())


def lines(connection: Connection) -> Iterable[str]:
    """The trail as lines of JSON, each a row with its number and its digest, as the hash is made of it."""
    from .canonical import plain_of

    for number, audit_id, link, row in chain.read(connection):
        yield json.dumps({"number": number, "id": audit_id, "digest": link, "row": plain_of(row) if row is not None else None}, ensure_ascii=False, sort_keys=True)


__all__: Sequence[str] = ("BentTrail", "Head", "Verdict", "export_head", "heads_file", "keep_head", "lines", "missing_guards", "read_heads", "verify")
