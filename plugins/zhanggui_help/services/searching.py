"""Finding articles: by whole terms, forgiving a slip of the finger and words that mean the same."""

from __future__ import annotations

import math
import re
from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from zhanggui.api import Hit, Reader, articles, words

from ..models import LONGEST_QUESTION, Entry, Term, Word

LEAST = 0.6  # of the parts of a question must be in what is found
MOST, CANDIDATES, NEAR, WAYS = 20, 200, 600, 4
_LATIN = re.compile(r"[a-z]{4,}\Z")


@dataclass(frozen=True)
class Found:
    """One answer; ``other`` is its language where it is not the reader's."""

    ref: str
    title: str
    lead: str
    owner: str
    other: str = ""

    @property
    def href(self) -> str:
        return f"/help/a/{self.ref}"


def search(db: Session, reader: Reader, question: str, *, audience: str = "staff", limit: int = MOST) -> list[Found]:
    """What answers a question, the best first, in the reader's language before others: nothing that he may not read."""
    best: dict[int, float] = {}
    for way in ways(question):
        for entry_id, score in _by_terms(db, way):
            best[entry_id] = max(best.get(entry_id, 0), score)
    ids = sorted(best, key=lambda entry_id: -best[entry_id])[:CANDIDATES]
    if not ids:
        return []
    entries = [e for e in db.scalars(select(Entry).where(Entry.id.in_(ids))) if _may_read(e, reader, audience)]
    entries.sort(key=lambda e: (e.locale != reader.locale, -best[e.id], e.ref))
    found: dict[str, Found] = {}
    for e in entries:
        found.setdefault(e.ref, Found(e.ref, e.title, e.lead, e.owner, "" if e.locale == reader.locale else e.locale))
    return list(found.values())[:limit]


def hits(db: Session, reader: Reader, text: str, limit: int) -> Sequence[Hit]:
    """Articles beside orders and products, in the search over everything."""
    return [Hit(one.title, one.lead[:80], one.href, "help") for one in search(db, reader, text, limit=limit)]


def _may_read(entry: Entry, reader: Reader, audience: str) -> bool:
    shown = {"staff": ("staff", "developer"), "customer": ("customer",)}[audience]
    return entry.audience in shown and (not entry.rights or any(reader.may(*right) for right in entry.rights))


def ways(question: str) -> list[str]:
    """The question, and the same with other words that mean the same."""
    folded = words.fold(question[:LONGEST_QUESTION])
    found = [folded]
    for group in articles.library().synonyms:
        said = next((word for word in map(words.fold, group) if word in folded), None)
        if said is not None:
            found += [folded.replace(said, words.fold(other)) for other in group if words.fold(other) != said]
    return list(dict.fromkeys(found))[:WAYS]


def _by_terms(db: Session, question: str) -> Sequence[tuple[int, float]]:
    parts = [part for part in words.parts(question) if any(ch.isalnum() for ch in part)]
    if not parts:
        return []
    known = dict(db.execute(select(Word.term, Word.entries).where(Word.term.in_(parts))).tuples().all())
    wanted = {part: part if part in known else near for part in parts if part in known or (near := _near(db, part, known))}
    needed = math.ceil(len(parts) * LEAST)
    terms = sorted(set(wanted.values()), key=lambda term: known[term])
    if len(terms) < needed:
        return []
    # Whatever has enough of the terms has one of the rarest: only those are looked at.
    rarest = terms[: len(terms) - needed + 1]
    some = select(Term.entry_id).where(Term.term.in_(rarest))
    score = func.sum(Term.weight)
    query = select(Term.entry_id, func.count(), score).where(Term.term.in_(terms), Term.entry_id.in_(some)).group_by(Term.entry_id)
    query = query.having(func.count() >= needed).order_by(func.count().desc(), score.desc(), Term.entry_id).limit(CANDIDATES)
    return [(entry_id, count * 100 + int(weight)) for entry_id, count, weight in db.execute(query).tuples()]


def _near(db: Session, part: str, known: dict[str, int]) -> str:
    """The term that was probably meant: one that begins with what was typed, else a word with a slip or two."""
    begins = select(Word.term, Word.entries).where(Word.term > part, Word.term < part + "\U0010fffd").order_by(Word.entries.desc()).limit(1)
    beginning = db.execute(begins).first()
    if beginning is not None:
        known[beginning.term] = beginning.entries
        return str(beginning.term)
    if not _LATIN.match(part):
        return ""
    slips = 1 if len(part) < 8 else 2
    first, after = part[0], chr(ord(part[0]) + 1)
    alike = select(Word.term, Word.entries).where(Word.term >= first, Word.term < after, func.length(Word.term).between(len(part) - slips, len(part) + slips))
    letters, best = set(part), (slips + 1, 0, "")
    for term, entries in db.execute(alike.order_by(Word.entries.desc()).limit(NEAR)).tuples():
        if len(letters ^ set(term)) <= 2 * slips:  # what differs in more letters is farther away: not worth counting
            best = min(best, (distance(part, term, slips), -entries, term))
    if best[0] > slips:
        return ""
    known[best[2]] = -best[1]
    return best[2]


def distance(one: str, other: str, most: int) -> int:
    """How many letters were left out, added, changed or swapped with their neighbor; ``most + 1`` stands for more."""
    if abs(len(one) - len(other)) > most:
        return most + 1
    before: list[int] = []
    row = list(range(len(other) + 1))
    for i, a in enumerate(one, 1):
        last, before, row = before, row, [i]
        for j, b in enumerate(other, 1):
            cost = min(before[j] + 1, row[j - 1] + 1, before[j - 1] + (a != b))
            if i > 1 and j > 1 and a == other[j - 2] and one[i - 2] == b:
                cost = min(cost, last[j - 2] + 1)
            row.append(cost)
        if min(row) > most:
            return most + 1
    return row[-1]
